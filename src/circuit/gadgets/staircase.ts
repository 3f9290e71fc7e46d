import { bitLength } from '../../core/range.js';
import { type Component, indexedNames } from '../component.js';
import { bindBoolean, Lc } from '../lc.js';
import { type AffineRows, affineArguments, affineLc, affineValues } from './affine.js';
import {
  computePolynomial,
  computePowers,
  constrainPolynomial,
  constrainPowers,
  interpolateTable,
  interpolationDegree,
  planPolynomial,
  polynomialCost,
} from './polynomial.js';
import { checkBits, gapBits } from './thermometer.js';

/** Lower ends and upper ends (inclusive) of the levels that the thresholds cut `[min, max]` into. */
function levelEnds(min: number, max: number, thresholds: readonly number[]): { lower: number[]; upper: number[] } {
  return { lower: [min, ...thresholds], upper: [...thresholds, max + 1].map((end) => end - 1) };
}

/** Degree that both polynomials are evaluated at. */
function staircaseDegree(lower: readonly number[], upper: readonly number[]): number {
  return Math.max(2, interpolationDegree(lower), interpolationDegree(upper));
}

export function staircaseCost(min: number, max: number, thresholds: readonly number[]): number {
  const { lower, upper } = levelEnds(min, max, thresholds);
  const plan = planPolynomial(staircaseDegree(lower, upper), 2);
  return bitLength(thresholds.length) + polynomialCost(plan, 2) + 2 * gapBits(min, max, thresholds);
}

/**
 * `y = #{t : thresholds[t] <= row(x)}` for a row in `[min, max]`: y is guessed, range-checked, and the row is shown to lie
 * between level y's ends, which are two polynomials of y. At least two thresholds, gaps of more than one integer.
 */
export function defineStaircase(row: AffineRows, min: number, max: number, thresholds: readonly number[]): Component {
  const count = thresholds.length;
  const levelBits = bitLength(count);
  const bits = gapBits(min, max, thresholds);
  const { lower, upper } = levelEnds(min, max, thresholds);
  const degree = staircaseDegree(lower, upper);
  const plan = planPolynomial(degree, 2);
  let known: bigint[][] | undefined;
  const coefficients = () => {
    known ??= [lower, upper].map((ends) => {
      const all = interpolateTable(ends);
      if (all.slice(degree + 1).some((c) => c !== 0n))
        throw new Error(`internal: a staircase of degree above ${degree}`);
      return Array.from({ length: degree + 1 }, (_, i) => all[i] ?? 0n);
    });
    return known;
  };
  const topWeight = count - (2 ** (levelBits - 1) - 1);
  const levelAt = 1;
  const powersAt = levelAt + levelBits - 1;
  const hornerAt = powersAt + plan.powers;
  const endsAt = hornerAt + 2 * (plan.horner - 1);
  const gapsAt = endsAt + 2;
  const wireOf = (own: number) => row.inputs + 1 + own;
  return {
    template: 'Staircase',
    file: 'gadgets/staircase.circom',
    inputs: row.inputs,
    outputs: 1,
    ownWires: gapsAt + 2 * (bits - 1),
    constraints: levelBits + polynomialCost(plan, 2) + 2 * bits,
    ownNames: () => [
      'y[0]',
      ...indexedNames('level', levelBits - 1),
      ...indexedNames('power', plan.powers),
      ...indexedNames('horner', 2 * (plan.horner - 1)),
      ...indexedNames('end', 2),
      ...indexedNames('b', 2 * (bits - 1)),
    ],
    parameters: () => [...affineArguments(row), count, thresholds, levelBits, degree, plan.step, coefficients(), bits],
    constrain: (emit) => {
      const y = new Lc().add(wireOf(0), 1);
      const rest = new Lc().plus(y);
      for (let i = 1; i < levelBits; i++) {
        bindBoolean(emit, new Lc().add(wireOf(levelAt + i - 1), 1));
        rest.add(wireOf(levelAt + i - 1), i === levelBits - 1 ? -topWeight : -(2 ** i));
      }
      bindBoolean(emit, rest);
      const powers = constrainPowers(emit, y, wireOf(powersAt), plan);
      for (let side = 0; side < 2; side++) {
        const hints = wireOf(hornerAt + side * (plan.horner - 1));
        constrainPolynomial(emit, coefficients()[side], powers, plan, hints, wireOf(endsAt + side));
        const sign = side === 0 ? 1 : -1;
        const distance = new Lc().plus(affineLc(row, 0), sign).add(wireOf(endsAt + side), -sign);
        checkBits(emit, distance, bits, wireOf(gapsAt + side * (bits - 1)));
      }
    },
    compute: (x, own) => {
      const value = affineValues(row, x)[0];
      const level = thresholds.reduce((n, threshold) => n + (threshold <= value ? 1 : 0), 0);
      own.set(0, level);
      const top = levelBits > 1 && level >= 2 ** (levelBits - 1) ? 1 : 0;
      const rest = level - top * topWeight;
      for (let i = 1; i < levelBits; i++)
        own.set(levelAt + i - 1, i === levelBits - 1 ? top : Math.floor(rest / 2 ** i) % 2);
      const powers = computePowers(BigInt(level), plan);
      for (let k = 2; k <= plan.step; k++) own.setWide(powersAt + k - 2, powers[k]);
      const distances = [value - lower[level], upper[level] - value];
      for (let side = 0; side < 2; side++) {
        const { hints, value: end } = computePolynomial(coefficients()[side], powers, plan);
        hints.forEach((hint, i) => {
          own.setWide(hornerAt + side * (plan.horner - 1) + i, hint);
        });
        own.setWide(endsAt + side, end);
        for (let i = 1; i < bits; i++)
          own.set(gapsAt + side * (bits - 1) + i - 1, Math.floor(distances[side] / 2 ** i) % 2);
      }
    },
  };
}
