import { findImplications } from './implications.js';
import { hull, type Interval, largest, scaleInterval, smallest } from './interval.js';
import type { Occurrences } from './occurrences.js';
import type { Ranges } from './ranges.js';
import type { Factors, System } from './system.js';

/** `scale · variable + offset` of one factor. */
export function boundFactor(system: System, ranges: Ranges, factors: Factors, product: number): [bigint, bigint] {
  const { big } = system.integers;
  const offset = big[factors.offset[product]];
  const [low, high] = scaleInterval(big[factors.scale[product]], ranges.get(factors.variable[product]));
  return [low + offset, high + offset];
}

/** Interval of a product, its multiplier included; both factors must have one. */
export function boundProduct(system: System, ranges: Ranges, product: number): [bigint, bigint] {
  const [a, b] = boundFactor(system, ranges, system.left, product);
  const [c, d] = boundFactor(system, ranges, system.right, product);
  let low = smallest(a * c, a * d, b * c, b * d);
  const high = largest(a * c, a * d, b * c, b * d);
  const isSquare =
    system.left.variable[product] === system.right.variable[product] &&
    system.left.scale[product] === system.right.scale[product] &&
    system.left.offset[product] === system.right.offset[product];
  if (isSquare) low = a <= 0n && b >= 0n ? 0n : smallest(a * a, b * b);
  return scaleInterval(system.integers.big[system.multiplier[product]], [low, high]);
}

/**
 * Bounds the one variable of a row that has no interval yet by splitting on a factor with two values and expanding the
 * other factor: with it, `out = best + g·(x - best)` lies in the hull of `best` and `x`.
 */
export function boundRowByCases(
  system: System,
  occurrences: Occurrences,
  ranges: Ranges,
  row: number,
): { variable: number; low: bigint; high: bigint } | null {
  const product = system.product[row];
  const [selector, other] = ranges.isTwoValued(system.left.variable[product])
    ? [system.left, system.right]
    : [system.right, system.left];
  const choice = selector.variable[product];
  if (!ranges.isTwoValued(choice) || system.left.variable[product] === system.right.variable[product]) return null;
  let target = -1;
  for (let at = system.start[row]; at < system.start[row + 1]; at++) {
    if (!ranges.has(system.variable[at])) target = system.variable[at];
  }
  if (target < 0) return null;
  const { big } = system.integers;
  let bounds: Interval | null = null;
  for (const value of ranges.get(choice)) {
    const weight =
      big[system.multiplier[product]] * (big[selector.scale[product]] * value + big[selector.offset[product]]);
    const implied = findImplications(system, occurrences, ranges, choice, value);
    const terms = new Map<number, bigint>();
    const add = (variable: number, factor: bigint) => {
      if (variable === choice) terms.set(0, (terms.get(0) ?? 0n) + factor * value);
      else terms.set(variable, (terms.get(variable) ?? 0n) + factor);
    };
    for (let at = system.start[row]; at < system.start[row + 1]; at++)
      add(system.variable[at], big[system.integer[at]]);
    add(0, weight * big[other.offset[product]]);
    expand(system, other.variable[product], weight * big[other.scale[product]], add);
    const factor = terms.get(target) ?? 0n;
    if (factor % system.field.modulus === 0n) return null;
    let [low, high] = [0n, 0n];
    for (const [variable, coefficient] of terms) {
      if (variable === target || coefficient === 0n) continue;
      if (!ranges.has(variable) || coefficient % factor !== 0n) return null;
      const interval = implied.get(variable) ?? ranges.get(variable);
      const [least, most] = scaleInterval(-coefficient / factor, interval);
      low += least;
      high += most;
    }
    bounds = bounds ? hull(bounds, [low, high]) : [low, high];
  }
  return bounds && { variable: target, low: bounds[0], high: bounds[1] };
}

/** Adds `factor` times a variable, as the combination that defines it where it is short. */
export function expand(
  system: System,
  variable: number,
  factor: bigint,
  add: (variable: number, factor: bigint) => void,
): void {
  const row = variable < system.wireCount ? -1 : system.definition[variable - system.wireCount];
  if (row < 0 || system.start[row + 1] - system.start[row] > 64) {
    add(variable, factor);
    return;
  }
  for (let at = system.start[row]; at < system.start[row + 1]; at++) {
    const own = system.variable[at];
    if (own !== variable) add(own, factor * system.integers.big[system.integer[at]]);
  }
}
