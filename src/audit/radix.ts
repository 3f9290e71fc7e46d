import type { Knowledge } from './known.js';

/** Coefficients beyond this are no small ratios. */
const LARGE = 1n << 128n;

/** A variable of a row: the row moves by a multiple of `unit`, at most `span`, between two assignments. */
export interface Digit {
  readonly variable: number;
  readonly unit: bigint;
  readonly span: bigint;
}

/**
 * The radix rule. Two assignments with the same inputs differ, in a row, only by `Σ c_i d_i ≡ 0` over its undetermined
 * variables, each `c_i d_i` a multiple of its unit and at most its span in size. If the spans add up to less than the
 * modulus the sum is 0 over the integers, and then every variable whose unit exceeds the spans of all smaller ones
 * together has `d_i = 0`.
 * @returns the variables that the row determines, largest unit first.
 */
export function findRadixDigits(knowledge: Knowledge, row: number): number[] {
  const digits = collectDigits(knowledge, row);
  return digits === null ? [] : takeDominant(digits, knowledge.system.field.modulus);
}

/** The digits that differ from all smaller ones together, largest unit first. */
export function takeDominant(digits: Digit[], modulus: bigint): number[] {
  let rest = digits.reduce((sum, { span }) => sum + span, 0n);
  if (rest >= modulus) return [];
  digits.sort((x, y) => (x.unit < y.unit ? 1 : x.unit > y.unit ? -1 : 0));
  const found: number[] = [];
  for (const { variable, unit, span } of digits) {
    rest -= span;
    if (unit <= rest) break;
    found.push(variable);
  }
  return found;
}

function collectDigits({ system, ranges, how, productKnown }: Knowledge, row: number): Digit[] | null {
  const { start, variable, integer, integers, product, field } = system;
  if (product[row] >= 0 && !productKnown[product[row]]) return null;
  const open: number[] = [];
  for (let at = start[row]; at < start[row + 1]; at++) {
    if (how[variable[at]]) continue;
    if (!ranges.has(variable[at])) return null;
    open.push(at);
  }
  let factors = open.map((at) => integers.big[integer[at]]);
  // Where the determined terms have coefficients that are no small ratios, the others may be on their own.
  if (factors.some((factor) => factor > LARGE || factor < -LARGE)) factors = field.toIntegers(factors).integers;
  return open.map((at, k) => {
    const [low, high] = ranges.get(variable[at]);
    const factor = factors[k] < 0n ? -factors[k] : factors[k];
    const span = factor * (high - low);
    return { variable: variable[at], unit: ranges.isTwoValued(variable[at]) ? span : factor, span };
  });
}
