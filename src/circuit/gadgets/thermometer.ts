import { bitLength } from '../../core/range.js';
import { type Component, indexedNames } from '../component.js';
import { bindBoolean, type EmitConstraint, Lc } from '../lc.js';
import { type AffineRows, affineArguments, affineLc, affineValues } from './affine.js';

/** Bits of the largest distance from a threshold to the last integer before the next one. */
export function gapBits(min: number, max: number, thresholds: readonly number[]): number {
  const ends = [min, ...thresholds, max + 1];
  let widest = 0;
  for (let i = 1; i < ends.length; i++) widest = Math.max(widest, ends[i] - ends[i - 1]);
  return bitLength(widest - 1);
}

/** Whether every gap is exactly `2^bits`: then one check of the distance to the threshold below is enough. */
function isUniform(min: number, max: number, thresholds: readonly number[], bits: number): boolean {
  const ends = [min, ...thresholds, max + 1];
  return ends.every((end, i) => i === 0 || end - ends[i - 1] === 2 ** bits);
}

export function thermometerCost(min: number, max: number, thresholds: readonly number[]): number {
  const bits = gapBits(min, max, thresholds);
  if (bits === 0) return thresholds.length + 1;
  return thresholds.length + (isUniform(min, max, thresholds, bits) ? bits : 2 * bits);
}

/**
 * `y[t] = [row(x) >= thresholds[t]]` for a row in `[min, max]` and strictly ascending thresholds in `(min, max]`: one
 * constraint a threshold, and two range checks that pin the row between its neighbours.
 */
export function defineThermometer(row: AffineRows, min: number, max: number, thresholds: readonly number[]): Component {
  const count = thresholds.length;
  const bits = gapBits(min, max, thresholds);
  const checks = bits === 0 ? 0 : isUniform(min, max, thresholds, bits) ? 1 : 2;
  const bitCount = checks * Math.max(bits - 1, 0);
  // Where every gap is one integer the row is the sum of the flags: two checks of no bits, one equation.
  const pinned = bits === 0 ? 1 : 0;
  const ends = [min, ...thresholds, max + 1];
  const wireOf = (own: number) => row.inputs + 1 + own;

  /** Distance above the threshold below, or to the last integer before the threshold above. */
  const distance = (side: number): Lc => {
    const sign = side === 0 ? 1 : -1;
    const lc = affineLcSigned(row, sign).add(0, side === 0 ? -ends[0] : ends[1] - 1);
    for (let t = 0; t < count; t++) lc.add(wireOf(t), sign * (ends[t + side] - ends[t + side + 1]));
    return lc;
  };

  return {
    template: 'Thermometer',
    file: 'gadgets/thermometer.circom',
    inputs: row.inputs,
    outputs: count,
    ownWires: count + bitCount,
    constraints: count + checks * bits + pinned,
    ownNames: () => [...indexedNames('y', count), ...indexedNames('b', bitCount)],
    parameters: () => [...affineArguments(row), count, min, max, thresholds, bits, checks],
    constrain: (emit) => {
      for (let t = 0; t < count; t++) {
        const flag = new Lc().add(wireOf(t), 1);
        if (t === 0) bindBoolean(emit, flag);
        else emit(flag, new Lc().add(wireOf(t), 1).add(wireOf(t - 1), -1), new Lc());
      }
      if (pinned) emit(new Lc(), new Lc(), distance(0));
      for (let side = 0; side < checks; side++)
        checkBits(emit, distance(side), bits, wireOf(count + side * (bits - 1)));
    },
    compute: (x, own) => {
      const value = affineValues(row, x)[0];
      let level = 0;
      for (let t = 0; t < count; t++) {
        const above = value >= thresholds[t] ? 1 : 0;
        level += above;
        own.set(t, above);
      }
      const sides = [value - ends[level], ends[level + 1] - 1 - value];
      for (let side = 0; side < checks; side++)
        for (let i = 1; i < bits; i++) own.set(count + side * (bits - 1) + i - 1, Math.floor(sides[side] / 2 ** i) % 2);
    },
  };
}

function affineLcSigned(row: AffineRows, sign: number): Lc {
  return new Lc().plus(affineLc(row, 0), sign);
}

/** `0 <= value < 2^bits`, with bits 1 … as wires from `firstBit` on and bit 0 what they leave. */
export function checkBits(emit: EmitConstraint, value: Lc, bits: number, firstBit: number): void {
  for (let i = 1; i < bits; i++) {
    bindBoolean(emit, new Lc().add(firstBit + i - 1, 1));
    value.add(firstBit + i - 1, -(2 ** i));
  }
  bindBoolean(emit, value);
}
