import { invertField, toField } from '../../core/field.js';
import { type Component, indexedNames, type WireSink } from '../component.js';
import { bindBoolean, type EmitConstraint, Lc } from '../lc.js';
import { type AffineRows, affineArguments, affineLc, affineValues } from './affine.js';

/**
 * `y = clamp(floor((x + 2^(shift-1)) / 2^shift), 0, 2^outBits - 1)` of one row x; shift 0 adds nothing, which without
 * saturation is ReLU. With `signed` the rounded sum lies in `[-2^bits, 2^bits)` (where `over` is 0, in
 * `[2^shift - 2^bits, 2^bits)`), else in `[0, 2^bits)`.
 * `over` bits above the output's decide saturation: `bits - shift - outBits`, or 0 where the rounded sum stays below
 * `2^(shift + outBits)` anyway. Not `signed` with `over` 0 needs `shift >= 1` and `bits = shift + outBits`.
 *
 * `signed` with `over` 0 writes the rounded sum z as a remainder and the magnitude of its quotient Q: `q = |Q|`, `y` is 0 or q by
 * `y (y - q) = 0`, and `z = 2^shift (2y - q) + r`, so that `2y - q = Q`. Given z, r and Q are unique (digits of a radix, one of them
 * signed), and so are `q = |Q|` and `y = (Q + q) / 2`. Fewer than `bits + 1` constraints can't do it: the values of z up to 2^shift - 1
 * all lie in the hyperplane y = 0, where c constraints leave at most 2^(c - 1) points.
 */
export interface RequantizeRow {
  readonly bits: number;
  readonly shift: number;
  readonly outBits: number;
  readonly signed: boolean;
  readonly over: number;
}

/** Constraints of one row, without the linear one of a materialized sum. */
export function requantizeCost(row: RequantizeRow): number {
  const { over } = row;
  const sign = row.signed ? 1 : 0;
  if (over === 0) return row.bits + sign;
  if (over === 1) return row.bits + 2 * sign + 1;
  return row.bits + sign + 2;
}

interface Counts {
  bits: number;
  signs: number;
  flags: number;
  cofactors: number;
}

function countWires(row: RequantizeRow): Counts {
  const { over } = row;
  const inOutput = over === 0 && !row.signed;
  return {
    bits: row.bits - (inOutput ? 2 : 1),
    signs: row.signed && over > 0 ? 1 : 0,
    flags: over === 1 && row.signed ? 1 : 0,
    cofactors: over > 1 ? 1 : 0,
  };
}

const inverses = new Map<number, bigint>();

function inverseOf(value: number): bigint {
  let inverse = inverses.get(value);
  if (inverse === undefined) {
    inverse = invertField(BigInt(value));
    if (inverses.size < 1 << 16) inverses.set(value, inverse);
  }
  return inverse;
}

/** Requantization of several rows over the same inputs; `materialized` gives each rounded sum a wire (long rows). */
export function defineRequantize(rows: AffineRows, specs: readonly RequantizeRow[], materialized: boolean): Component {
  const count = specs.length;
  const total: Counts = { bits: 0, signs: 0, flags: 0, cofactors: 0 };
  let constraints = materialized ? count : 0;
  for (const spec of specs) {
    const own = countWires(spec);
    total.bits += own.bits;
    total.signs += own.signs;
    total.flags += own.flags;
    total.cofactors += own.cofactors;
    constraints += requantizeCost(spec);
  }
  const bitsAt = count;
  const signsAt = bitsAt + total.bits;
  const flagsAt = signsAt + total.signs;
  const cofactorsAt = flagsAt + total.flags;
  const sumsAt = cofactorsAt + total.cofactors;
  const wireOf = (own: number) => rows.inputs + 1 + own;

  function constrain(emit: EmitConstraint): void {
    let [bit, sign, flag, cofactor] = [bitsAt, signsAt, flagsAt, cofactorsAt].map(wireOf);
    for (let j = 0; j < count; j++) {
      const { bits, shift, outBits, signed, over } = specs[j];
      const y = wireOf(j);
      const isMagnitude = signed && over === 0;
      let sum = affineLc(rows, j).add(0, (shift > 0 ? 2 ** (shift - 1) : 0) + (signed ? 2 ** bits : 0));
      if (materialized) {
        const z = wireOf(sumsAt + j);
        emit(new Lc(), new Lc(), sum.add(z, -1));
        sum = Lc.of().add(z, 1);
      }
      // Bit 0 is what the others leave of the sum, so that a long row stands in one constraint only.
      const bit0 = sum;
      const sumOnly = isMagnitude && shift === 0 ? new Lc().plus(sum) : new Lc();
      const low = new Lc();
      const high = new Lc();
      const inOutput = over === 0 && !signed;
      const top = new Lc().add(y, 1);
      for (let i = 1; i < bits; i++) {
        if (inOutput && i === shift) continue;
        const weight = 2 ** i;
        bindBoolean(emit, new Lc().add(bit, 1));
        if (isMagnitude && i >= shift) bit0.add(bit, weight);
        else if (!inOutput || i < shift) bit0.add(bit, -weight);
        if (inOutput && i > shift) top.add(bit, -(2 ** (i - shift)));
        if (i >= shift && (isMagnitude || i < shift + outBits)) low.add(bit, 2 ** (i - shift));
        if (over > 0 && i >= shift + outBits) high.add(bit, 2 ** (i - shift - outBits));
        bit++;
      }
      if (inOutput) {
        bit0.add(y, -(2 ** shift));
        bindBoolean(emit, bit0);
        bindBoolean(emit, top);
        continue;
      }
      if (isMagnitude) {
        // Bit 0 belongs to the remainder, or without one to the magnitude, which is 2y - z then.
        const rest = new Lc()
          .plus(bit0)
          .add(0, -(2 ** bits))
          .add(y, -(2 ** (shift + 1)));
        bindBoolean(emit, shift > 0 ? rest : new Lc().plus(rest, -1));
        const positive = shift > 0 ? low : new Lc().plus(sumOnly).add(0, -(2 ** bits));
        emit(new Lc().add(y, 1), new Lc().add(y, 1).plus(positive, -1), new Lc());
        continue;
      }
      const pos = signed ? new Lc().add(sign, 1) : Lc.of(1);
      if (signed) {
        bindBoolean(emit, pos);
        bit0.add(sign++, -(2 ** bits));
      }
      bindBoolean(emit, bit0);
      if (shift === 0) low.plus(bit0);
      if (over === 0) {
        emit(low, pos, new Lc().add(y, 1));
        continue;
      }
      const largest = 2 ** outBits - 1;
      if (over > 1) {
        // Out of range the first makes y an end; within it excess is 0, and the second makes y the low bits.
        const excess = high.add(0, -(2 ** over)).plus(pos, 2 ** over);
        emit(excess, new Lc().add(y, 1).plus(pos, -largest), new Lc());
        emit(excess, new Lc().add(cofactor++, 1), new Lc().add(y, 1).plus(low, -1));
        continue;
      }
      let within = Lc.of(1).add(high.wires[0], -1);
      if (signed) {
        const t = flag++;
        emit(within, pos, new Lc().add(t, 1));
        within = new Lc().add(t, 1);
      }
      emit(low, within, new Lc().add(y, 1).plus(pos, -largest).plus(within, largest));
    }
  }

  function computeRow(j: number, acc: number, at: Counts, own: WireSink): void {
    const { bits, shift, outBits, signed, over } = specs[j];
    const half = shift > 0 ? 2 ** (shift - 1) : 0;
    const sum = acc + half + (signed ? 2 ** bits : 0);
    if (materialized) own.set(sumsAt + j, sum);
    const pos = signed ? (sum >= 2 ** bits ? 1 : 0) : 1;
    let rest = signed ? sum - pos * 2 ** bits : sum;
    const quotient = Math.floor(rest / 2 ** shift);
    const inOutput = over === 0 && !signed;
    if (signed && over === 0) {
      const magnitude = pos === 1 ? quotient : 2 ** (bits - shift) - quotient;
      rest = magnitude * 2 ** shift + (rest % 2 ** shift);
      // Never beyond its range: an assertion that fails should be refused, not break what reads it.
      own.set(j, pos * Math.min(magnitude, 2 ** outBits - 1));
    }
    rest = Math.floor(rest / 2);
    for (let i = 1; i < bits; i++) {
      if (!(inOutput && i === shift)) own.set(at.bits++, rest % 2);
      rest = Math.floor(rest / 2);
    }
    if (signed && over === 0) return;
    if (signed) own.set(at.signs++, pos);
    const largest = 2 ** outBits - 1;
    const high = Math.floor(quotient / 2 ** outBits);
    const y = pos === 0 ? 0 : Math.min(quotient, largest);
    own.set(j, y);
    if (over === 1 && signed) own.set(at.flags++, high === 0 && pos === 1 ? 1 : 0);
    if (over > 1) {
      const excess = high + (pos - 1) * 2 ** over;
      const beyond = y - (quotient - high * 2 ** outBits);
      if (excess === 0 || beyond === 0) own.set(at.cofactors++, 0);
      else own.setWide(at.cofactors++, toField(BigInt(beyond) * inverseOf(excess)));
    }
  }

  return {
    template: 'Requantize',
    file: 'gadgets/requantize.circom',
    inputs: rows.inputs,
    outputs: count,
    ownWires: sumsAt + (materialized ? count : 0),
    constraints,
    ownNames: () => [
      ...indexedNames('y', count),
      ...indexedNames('b', total.bits),
      ...indexedNames('pos', total.signs),
      ...indexedNames('t', total.flags),
      ...indexedNames('v', total.cofactors),
      ...indexedNames('z', materialized ? count : 0),
    ],
    parameters: () => [
      ...affineArguments(rows),
      specs.map((spec) => spec.bits),
      specs.map((spec) => spec.shift),
      specs.map((spec) => spec.outBits),
      specs.map((spec) => (spec.signed ? 1 : 0)),
      specs.map((spec) => spec.over),
      materialized ? 1 : 0,
    ],
    constrain,
    compute: (x, own) => {
      const at = { bits: bitsAt, signs: signsAt, flags: flagsAt, cofactors: cofactorsAt };
      const sums = affineValues(rows, x);
      for (let j = 0; j < count; j++) computeRow(j, sums[j], at, own);
    },
  };
}
