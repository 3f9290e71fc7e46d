import { countLimbs, LIMB_BYTES } from '../../core/limbs.js';
import { bitLength } from '../../core/range.js';
import { type Component, indexedNames } from '../component.js';
import { bindBoolean, Lc } from '../lc.js';

/** One piece of the byte string: `factor · x + offset` in `bytes` bytes, big-endian; a factor of 0 is a constant without x. */
export interface PackPart {
  readonly bytes: number;
  readonly factor: number;
  readonly offset: number;
}

interface Term {
  readonly limb: number;
  readonly part: number;
  readonly coefficient: bigint;
}

/** Places the parts in limbs; byte 0 is the most significant of limb 0. No part may cross a limb's border. */
function placeParts(parts: readonly PackPart[]): Term[] {
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  let at = 0;
  return parts.map(({ bytes }, part) => {
    const limb = Math.floor(at / LIMB_BYTES);
    const end = Math.min((limb + 1) * LIMB_BYTES, total);
    at += bytes;
    if (at > end) throw new Error(`internal: part ${part} crosses the border of limb ${limb}`);
    return { limb, part, coefficient: 256n ** BigInt(end - at) };
  });
}

/** Limbs that are one plain wire. */
function findCopies(parts: readonly PackPart[], terms: readonly Term[]): Set<number> {
  const byLimb = new Map<number, Term[]>();
  for (const term of terms) byLimb.set(term.limb, [...(byLimb.get(term.limb) ?? []), term]);
  const isPlain = ({ part, coefficient }: Term) =>
    coefficient === 1n && parts[part].factor === 1 && parts[part].offset === 0;
  return new Set([...byLimb].filter(([, own]) => own.length === 1 && isPlain(own[0])).map(([limb]) => limb));
}

/**
 * `limb[k] = Σ part · 256^position`: one constraint a limb, linear but where the limb is one plain wire: circom would drop
 * `limb = x` and rename a wire, so that equality is written as a square that is zero. Inputs are the parts that are not
 * constant, in order.
 */
export function definePack(parts: readonly PackPart[]): Component {
  const limbs = countLimbs(parts.reduce((sum, part) => sum + part.bytes, 0));
  const wired = parts.flatMap((part, index) => (part.factor !== 0 ? [index] : []));
  const inputOf = new Map(wired.map((part, input) => [part, input]));
  const terms = placeParts(parts);
  return {
    template: 'Pack',
    file: 'statement/pack.circom',
    inputs: wired.length,
    outputs: limbs,
    ownWires: limbs,
    constraints: limbs,
    ownNames: () => indexedNames('y', limbs),
    parameters: () => [
      wired.length,
      limbs,
      parts.length,
      parts.map((part) => part.bytes),
      parts.map((part) => part.factor),
      parts.map((part) => part.offset),
    ],
    constrain: (emit) => {
      const sums = Array.from({ length: limbs }, (_, k) => new Lc().add(1 + wired.length + k, -1));
      const copies = findCopies(parts, terms);
      for (const { limb, part, coefficient } of terms) {
        const input = inputOf.get(part);
        sums[limb].add(0, coefficient * BigInt(parts[part].offset));
        if (input !== undefined) sums[limb].add(1 + input, coefficient * BigInt(parts[part].factor));
      }
      sums.forEach((sum, k) => {
        if (copies.has(k)) emit(sum, sum, new Lc());
        else emit(new Lc(), new Lc(), sum);
      });
    },
    compute: (x, own) => {
      const sums = new Array<bigint>(limbs).fill(0n);
      for (const { limb, part, coefficient } of terms) {
        const input = inputOf.get(part);
        const { factor, offset } = parts[part];
        sums[limb] += coefficient * BigInt(input === undefined ? offset : factor * x.get(input) + offset);
      }
      sums.forEach((sum, k) => {
        own.setWide(k, sum);
      });
    },
  };
}

/**
 * `x[j] = high[j] · 2^lowBits[j] + low[j]`, for an element whose bytes cross a limb's border. Both parts are range-checked:
 * one constraint a bit of `max[j]`, and the linear one that ties them to x. Outputs are high[0], low[0], high[1], …
 */
export function defineSplit(lowBits: readonly number[], max: readonly number[]): Component {
  const count = max.length;
  const highBits = max.map((top, j) => Math.max(1, bitLength(top) - lowBits[j]));
  const bitCount = lowBits.reduce((sum, low, j) => sum + low + highBits[j] - 2, 0);
  return {
    template: 'Split',
    file: 'statement/pack.circom',
    inputs: count,
    outputs: 2 * count,
    ownWires: 2 * count + bitCount,
    constraints: bitCount + 3 * count,
    ownNames: () => [...indexedNames('y', 2 * count), ...indexedNames('b', bitCount)],
    parameters: () => [count, lowBits, highBits],
    constrain: (emit) => {
      let bit = 1 + 3 * count;
      for (let j = 0; j < count; j++) {
        const high = 1 + count + 2 * j;
        emit(
          new Lc(),
          new Lc(),
          new Lc()
            .add(1 + j, -1)
            .add(high, 2 ** lowBits[j])
            .add(high + 1, 1),
        );
        for (const [wire, bits] of [
          [high, highBits[j]],
          [high + 1, lowBits[j]],
        ]) {
          const rest = new Lc().add(wire, 1);
          for (let i = 1; i < bits; i++) {
            bindBoolean(emit, new Lc().add(bit, 1));
            rest.add(bit++, -(2 ** i));
          }
          bindBoolean(emit, rest);
        }
      }
    },
    compute: (x, own) => {
      let bit = 2 * count;
      for (let j = 0; j < count; j++) {
        const high = Math.floor(x.get(j) / 2 ** lowBits[j]);
        const low = x.get(j) - high * 2 ** lowBits[j];
        own.set(2 * j, high);
        own.set(2 * j + 1, low);
        for (let i = 1; i < highBits[j]; i++) own.set(bit++, Math.floor(high / 2 ** i) % 2);
        for (let i = 1; i < lowBits[j]; i++) own.set(bit++, Math.floor(low / 2 ** i) % 2);
      }
    },
  };
}
