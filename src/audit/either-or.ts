import { hull, type Interval, scaleInterval } from './interval.js';
import type { Occurrences } from './occurrences.js';
import { expand } from './product-ranges.js';
import type { Ranges } from './ranges.js';
import type { Factors, System } from './system.js';

/** `h·F = 0` and `h·v + G = 0` for one h: where h is not 0 the first gives F = 0, where it is the second gives G = 0. */
export interface EitherOr {
  /** The product h·F, and the side that F is on. */
  readonly product: number;
  readonly side: Factors;
  /** The row of h·v. */
  readonly row: number;
}

/** Products of one factor that are looked at: a factor of many is a selector, and no pair of this kind. */
const PARTNERS = 8;

/** All such pairs of a system. */
export function findEitherOrs(system: System, occurrences: Occurrences): EitherOr[] {
  const { left, right, productRow, start } = system;
  const { products } = occurrences;
  const found: EitherOr[] = [];
  for (let product = 0; product < productRow.length; product++) {
    const row = productRow[product];
    if (start[row] !== start[row + 1] || left.variable[product] === right.variable[product]) continue;
    for (const [test, side] of [
      [left, right],
      [right, left],
    ]) {
      const own = test.variable[product];
      if (products.start[own + 1] - products.start[own] > PARTNERS) continue;
      for (let at = products.start[own]; at < products.start[own + 1]; at++) {
        const other = products.item[at];
        const same = left.variable[other] === own ? left : right;
        if (other === product || same.scale[other] !== test.scale[product]) continue;
        if (same.offset[other] !== test.offset[product]) continue;
        const partner = productRow[other];
        if (start[partner] !== start[partner + 1]) found.push({ product, side, row: partner });
      }
    }
  }
  return found;
}

/** The one variable of G without an interval, if F has it too: it lies in the hull of what F = 0 and what G = 0 say. */
export function boundEitherOr(
  system: System,
  ranges: Ranges,
  { product, side, row }: EitherOr,
): { variable: number; low: bigint; high: bigint } | null {
  const { start, variable, integer, integers } = system;
  let target = -1;
  const second = new Map<number, bigint>();
  for (let at = start[row]; at < start[row + 1]; at++) {
    second.set(variable[at], integers.big[integer[at]]);
    if (ranges.has(variable[at])) continue;
    if (target >= 0) return null;
    target = variable[at];
  }
  if (target < 0) return null;
  const first = new Map<number, bigint>([[0, integers.big[side.offset[product]]]]);
  expand(system, side.variable[product], integers.big[side.scale[product]], (own, factor) => {
    first.set(own, (first.get(own) ?? 0n) + factor);
  });
  const [whenNot, whenZero] = [first, second].map((terms) => solveFor(target, terms, ranges));
  if (!whenNot || !whenZero) return null;
  const [low, high] = hull(whenNot, whenZero);
  return { variable: target, low, high };
}

/** Interval of a variable that a sum of 0 gives, all its other terms having one. */
function solveFor(target: number, terms: ReadonlyMap<number, bigint>, ranges: Ranges): Interval | null {
  const own = terms.get(target) ?? 0n;
  if (own % ranges.modulus === 0n) return null;
  let [low, high] = [0n, 0n];
  for (const [variable, factor] of terms) {
    if (variable === target || factor === 0n) continue;
    if (!ranges.has(variable) || factor % own !== 0n) return null;
    const [least, most] = scaleInterval(-factor / own, ranges.get(variable));
    [low, high] = [low + least, high + most];
  }
  return [low, high];
}
