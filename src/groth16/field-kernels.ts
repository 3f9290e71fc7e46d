import type { Code, CodeBuilder, FunctionBuilder, ModuleBuilder } from 'wasmbuilder';

/** Bits of a limb: nine of them hold 256 bits, and a column of eighteen products stays below 2^63. */
const LIMB_BITS = 29n;
const LIMBS = 9;
const MASK = (1n << LIMB_BITS) - 1n;
/** Bits reduced in the last step, so that nine steps divide by 2^256, the Montgomery radix of the whole module. */
const LAST_BITS = 24n;
const LAST_MASK = (1n << LAST_BITS) - 1n;
const WORDS = 4;

/**
 * Replaces the arithmetic of a field of the module by faster code with the same results: products by columns of 29-bit
 * limbs, which need no carry before the column is complete, and sums without branches. Every kernel that calls the field
 * gains.
 * @param prefix `f1m` or `frm`
 * @param modulus below 2^254
 */
export function improveField(module: ModuleBuilder, prefix: string, modulus: bigint): void {
  rewrite(module, `${prefix}_mul`, (f, c) => emitProduct(f, c, modulus, 'x', 'y'));
  rewrite(module, `${prefix}_square`, (f, c) => emitProduct(f, c, modulus, 'x', 'x'));
  rewrite(module, `${prefix}_add`, (f, c) => emitSum(f, c, modulus));
  rewrite(module, `${prefix}_sub`, (f, c) => emitDifference(f, c, modulus));
}

function rewrite(module: ModuleBuilder, name: string, emit: (f: FunctionBuilder, c: CodeBuilder) => void): void {
  const f = module.functions[module.functionIdxByName[name]];
  f.code = [];
  f.locals = [];
  f.nextLocal = f.params.length;
  for (const local of Object.keys(f.localIdxByName)) {
    if (f.localIdxByName[local] >= f.params.length) delete f.localIdxByName[local];
  }
  emit(f, f.getCodeBuilder());
}

function declare(f: FunctionBuilder, names: readonly string[]): void {
  for (const name of names) f.addLocal(name, 'i64');
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Montgomery product `x · y / 2^256`, below the modulus when one factor is. */
function emitProduct(f: FunctionBuilder, c: CodeBuilder, modulus: bigint, x: 'x', y: 'x' | 'y'): void {
  const operands = x === y ? [x] : [x, y];
  for (const operand of operands)
    declare(
      f,
      range(LIMBS).map((limb) => `${operand}${limb}`),
    );
  declare(
    f,
    range(LIMBS).map((limb) => `m${limb}`),
  );
  declare(f, ['sum', ...range(WORDS).map((word) => `w${word}`), 'l']);
  for (const operand of operands) emitSplit(f, c, operand);

  const limbOf = (value: bigint, limb: number): bigint => (value >> (LIMB_BITS * BigInt(limb))) & MASK;
  // -1 / modulus, modulo a limb.
  let inverse = 1n;
  for (let round = 0; round < 6; round++) inverse = (inverse * (2n - modulus * inverse)) & MASK;
  const negated = (MASK + 1n - inverse) & MASK;

  const get = (name: string): Code => c.getLocal(name);
  const constant = (value: bigint): Code => c.i64_const(value);
  for (let column = 0; column < 2 * LIMBS - 1; column++) {
    const terms: Code[] = [];
    const [low, high] = [Math.max(0, column - LIMBS + 1), Math.min(column, LIMBS - 1)];
    if (x === y) {
      // Equal products of mirrored limbs are computed once.
      const doubled: Code[] = [];
      for (let i = low; i <= high && i < column - i; i++) doubled.push(c.i64_mul(get(`x${i}`), get(`x${column - i}`)));
      if (doubled.length > 0) terms.push(c.i64_shl(addAll(c, doubled), constant(1n)));
      if (column % 2 === 0) terms.push(c.i64_mul(get(`x${column / 2}`), get(`x${column / 2}`)));
    } else {
      for (let i = low; i <= high; i++) terms.push(c.i64_mul(get(`x${i}`), get(`y${column - i}`)));
    }
    for (let i = low; i <= high && i < column; i++) {
      if (i < LIMBS && column - i < LIMBS) terms.push(c.i64_mul(get(`m${i}`), constant(limbOf(modulus, column - i))));
    }
    // What is ready last is added last: the processor works on the products of a column while the one before is reduced.
    const carried = column === 0 ? [] : [get('sum')];
    f.addCode(c.setLocal('sum', addAll(c, [...terms, ...carried])));
    if (column >= LIMBS) {
      emitPlace(f, c, column);
    } else {
      const mask = column === LIMBS - 1 ? LAST_MASK : MASK;
      f.addCode(c.setLocal(`m${column}`, c.i64_and(c.i64_mul(get('sum'), constant(negated)), constant(mask))));
      const product = c.i64_mul(get(`m${column}`), constant(limbOf(modulus, 0)));
      f.addCode(c.setLocal('sum', c.i64_add(get('sum'), product)));
      if (column === LIMBS - 1) emitPlace(f, c, column);
    }
    f.addCode(c.setLocal('sum', c.i64_shr_u(get('sum'), constant(LIMB_BITS))));
  }
  emitReduced(f, c, modulus);
}

/** Puts the bits of a finished column into the words of the result. */
function emitPlace(f: FunctionBuilder, c: CodeBuilder, column: number): void {
  const position = Number(LIMB_BITS) * (column - LIMBS + 1) - Number(LAST_BITS);
  const last = column === 2 * LIMBS - 2;
  const bits = c.getLocal('sum');
  if (position < 0) {
    const kept = c.i64_and(
      c.i64_shr_u(bits, c.i64_const(LAST_BITS)),
      c.i64_const((1n << (LIMB_BITS - LAST_BITS)) - 1n),
    );
    f.addCode(c.setLocal('w0', kept));
    return;
  }
  f.addCode(c.setLocal('l', last ? bits : c.i64_and(bits, c.i64_const(MASK))));
  const [word, shift] = [position >> 6, position & 63];
  const shifted = c.i64_shl(c.getLocal('l'), c.i64_const(BigInt(shift)));
  f.addCode(c.setLocal(`w${word}`, c.i64_or(c.getLocal(`w${word}`), shifted)));
  if (shift + Number(LIMB_BITS) > 64 && word + 1 < WORDS) {
    f.addCode(c.setLocal(`w${word + 1}`, c.i64_shr_u(c.getLocal('l'), c.i64_const(BigInt(64 - shift)))));
  }
}

/** Splits the 256 bits at an address into limbs. */
function emitSplit(f: FunctionBuilder, c: CodeBuilder, operand: string): void {
  for (const word of range(WORDS)) f.addCode(c.setLocal(`w${word}`, c.i64_load(c.getLocal(operand), word * 8)));
  for (const limb of range(LIMBS)) {
    const position = limb * Number(LIMB_BITS);
    const [word, shift] = [position >> 6, position & 63];
    let bits = c.getLocal(`w${word}`);
    if (shift > 0) bits = c.i64_shr_u(bits, c.i64_const(BigInt(shift)));
    if (shift + Number(LIMB_BITS) > 64 && word + 1 < WORDS) {
      bits = c.i64_or(bits, c.i64_shl(c.getLocal(`w${word + 1}`), c.i64_const(BigInt(64 - shift))));
    }
    f.addCode(c.setLocal(`${operand}${limb}`, limb === LIMBS - 1 ? bits : c.i64_and(bits, c.i64_const(MASK))));
  }
}

/** Stores `w0 … w3` at `r`, less the modulus when that is not negative. */
function emitReduced(f: FunctionBuilder, c: CodeBuilder, modulus: bigint): void {
  declare(f, [...range(WORDS).map((word) => `d${word}`), 'borrow']);
  const get = (name: string): Code => c.getLocal(name);
  range(WORDS).forEach((word) => {
    const part = c.i64_const(BigInt.asIntN(64, (modulus >> BigInt(64 * word)) & 0xffffffffffffffffn));
    emitSubtractWord(f, c, get(`w${word}`), part, word);
  });
  range(WORDS).forEach((word) => {
    const chosen = [...get(`w${word}`), ...get(`d${word}`), ...c.i32_wrap_i64(get('borrow')), 0x1b];
    f.addCode(c.i64_store(c.getLocal('r'), word * 8, chosen));
  });
}

/** `d_word = a - b - borrow`, and the new borrow. */
function emitSubtractWord(f: FunctionBuilder, c: CodeBuilder, a: Code, b: Code, word: number): void {
  const difference = c.i64_sub(a, b);
  if (word === 0) {
    f.addCode(c.setLocal('d0', difference));
    f.addCode(c.setLocal('borrow', c.i64_extend_i32_u(c.i64_lt_u(a, b))));
    return;
  }
  f.addCode(c.setLocal(`d${word}`, c.i64_sub(difference, c.getLocal('borrow'))));
  // Borrows when a < b, or when a = b and a borrow came in: then the result is above a, or equals all ones.
  const below = c.i64_lt_u(a, b);
  const chained = c.i32_and(c.i64_eq(a, b), c.i32_wrap_i64(c.getLocal('borrow')));
  f.addCode(c.setLocal('borrow', c.i64_extend_i32_u(c.i32_or(below, chained))));
}

function emitSum(f: FunctionBuilder, c: CodeBuilder, modulus: bigint): void {
  declare(f, [...range(WORDS).map((word) => `w${word}`), 'a', 'carry']);
  range(WORDS).forEach((word) => {
    f.addCode(c.setLocal('a', c.i64_load(c.getLocal('x'), word * 8)));
    const sum = c.i64_add(c.getLocal('a'), c.i64_load(c.getLocal('y'), word * 8));
    f.addCode(c.setLocal(`w${word}`, sum));
    const overflow = c.i64_extend_i32_u(c.i64_lt_u(c.getLocal(`w${word}`), c.getLocal('a')));
    if (word === 0) {
      f.addCode(c.setLocal('carry', overflow));
      return;
    }
    f.addCode(c.setLocal('a', overflow));
    f.addCode(c.setLocal(`w${word}`, c.i64_add(c.getLocal(`w${word}`), c.getLocal('carry'))));
    const again = c.i64_extend_i32_u(c.i64_lt_u(c.getLocal(`w${word}`), c.getLocal('carry')));
    if (word < WORDS - 1) f.addCode(c.setLocal('carry', c.i64_or(c.getLocal('a'), again)));
  });
  emitReduced(f, c, modulus);
}

function emitDifference(f: FunctionBuilder, c: CodeBuilder, modulus: bigint): void {
  declare(f, [...range(WORDS).flatMap((word) => [`d${word}`, `b${word}`]), 'a', 'borrow', 'carry', 'mask']);
  range(WORDS).forEach((word) => {
    f.addCode(c.setLocal('a', c.i64_load(c.getLocal('x'), word * 8)));
    f.addCode(c.setLocal(`b${word}`, c.i64_load(c.getLocal('y'), word * 8)));
    emitSubtractWord(f, c, c.getLocal('a'), c.getLocal(`b${word}`), word);
  });
  // Adds the modulus where the difference is negative.
  f.addCode(c.setLocal('mask', c.i64_sub(c.i64_const(0n), c.getLocal('borrow'))));
  range(WORDS).forEach((word) => {
    const part = c.i64_const(BigInt.asIntN(64, (modulus >> BigInt(64 * word)) & 0xffffffffffffffffn));
    f.addCode(c.setLocal('a', c.i64_and(c.getLocal('mask'), part)));
    f.addCode(c.setLocal(`d${word}`, c.i64_add(c.getLocal(`d${word}`), c.getLocal('a'))));
    const overflow = c.i64_extend_i32_u(c.i64_lt_u(c.getLocal(`d${word}`), c.getLocal('a')));
    if (word === 0) {
      f.addCode(c.setLocal('carry', overflow));
    } else {
      f.addCode(c.setLocal('a', overflow));
      f.addCode(c.setLocal(`d${word}`, c.i64_add(c.getLocal(`d${word}`), c.getLocal('carry'))));
      const again = c.i64_extend_i32_u(c.i64_lt_u(c.getLocal(`d${word}`), c.getLocal('carry')));
      f.addCode(c.setLocal('carry', c.i64_or(c.getLocal('a'), again)));
    }
    f.addCode(c.i64_store(c.getLocal('r'), word * 8, c.getLocal(`d${word}`)));
  });
}

function addAll(c: CodeBuilder, terms: readonly Code[]): Code {
  return terms.slice(1).reduce((sum, term) => c.i64_add(sum, term), terms[0]);
}
