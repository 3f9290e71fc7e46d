import { type Interval, scaleInterval } from './interval.js';
import type { Ranges } from './ranges.js';
import type { System } from './system.js';

/** `y · (y - F) = 0`: y is 0, or the sum F. */
export interface Choice {
  readonly variable: number;
  /** The variable that stands for y - F, up to its sign and constant. */
  readonly gap: number;
  /** F, its constant under 0; never empty of variables. */
  readonly sum: ReadonlyMap<number, bigint>;
}

/** Longest sum that is looked at. */
const TERM_LIMIT = 512;

const known = new WeakMap<System, readonly Choice[]>();

/** All products that say so; looked for once. */
export function findChoices(system: System): readonly Choice[] {
  const found = known.get(system) ?? listChoices(system);
  known.set(system, found);
  return found;
}

function listChoices(system: System): Choice[] {
  const { left, right, productRow, start } = system;
  const found: Choice[] = [];
  for (let product = 0; product < productRow.length; product++) {
    const row = productRow[product];
    if (start[row] !== start[row + 1] || left.variable[product] === right.variable[product]) continue;
    const choice = readChoice(system, product, true) ?? readChoice(system, product, false);
    if (choice) found.push(choice);
  }
  return found;
}

function readChoice(system: System, product: number, isLeft: boolean): Choice | null {
  const { left, right, integers, start, variable, integer, wireCount } = system;
  const [own, other] = isLeft ? [left, right] : [right, left];
  const [y, gap] = [own.variable[product], other.variable[product]];
  const { big } = integers;
  if (big[own.offset[product]] !== 0n || gap < wireCount || big[other.scale[product]] !== 1n) return null;
  const row = system.definition[gap - wireCount];
  if (start[row + 1] - start[row] > TERM_LIMIT || !variable.subarray(start[row], start[row + 1]).includes(y))
    return null;
  const sum = new Map<number, bigint>();
  for (let at = start[row]; at < start[row + 1]; at++)
    if (variable[at] !== gap) sum.set(variable[at], big[integer[at]]);
  const sign = sum.get(y);
  if (sign !== 1n && sign !== -1n) return null;
  sum.delete(y);
  for (const [one, factor] of sum) sum.set(one, -sign * factor);
  sum.set(0, -sign * big[other.offset[product]]);
  return { variable: y, gap, sum };
}

/** Where a sum lies; null where one of its variables has no interval. */
export function boundSum(ranges: Ranges, sum: ReadonlyMap<number, bigint>): Interval | null {
  let [low, high] = [0n, 0n];
  for (const [variable, factor] of sum) {
    if (factor === 0n) continue;
    if (!ranges.has(variable)) return null;
    const [least, most] = scaleInterval(factor, ranges.get(variable));
    [low, high] = [low + least, high + most];
  }
  return [low, high];
}
