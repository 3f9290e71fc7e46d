import type { Choice } from './choices.js';
import { hull, type Interval, intersect, scaleInterval } from './interval.js';
import type { Knowledge } from './known.js';
import type { Occurrences } from './occurrences.js';
import { takeDominant } from './radix.js';
import type { Ranges } from './ranges.js';
import type { System } from './system.js';

/** A sum that is 0: `a·y + b·f` and the rest by variable, the constant under 0; f is the other factor of the choice. */
interface Balance {
  readonly a: bigint;
  readonly b: bigint;
  readonly rest: ReadonlyMap<number, bigint>;
}

/** Rows of one variable that are tried. */
const ROWS = 256;

/**
 * The magnitude rule: `y·f = 0`, and a balance `a·y + b·f + rest = known` whose two terms lie on opposite sides of 0. Then their
 * sum t is one of them, and its sign says which: y and f are functions of t. As a digit of the balance, a multiple of gcd(a, b),
 * t is determined where the radix rule says so.
 * @returns whether it settled the choice.
 */
export function applyMagnitude(knowledge: Knowledge, choice: Choice): boolean {
  const { system, how } = knowledge;
  const { modulus } = system.field;
  const balances = listBalances(system, knowledge.occurrences, choice);
  const bounds = boundFactors(system, knowledge.ranges, balances);
  if (!bounds || bounds.flat().some((end) => end <= -modulus || end >= modulus)) return false;
  for (const { a, b, rest } of balances) {
    const [first, second] = [scaleInterval(a, bounds[0]), scaleInterval(b, bounds[1])];
    if (!(first[0] >= 0n && second[1] <= 0n) && !(first[1] <= 0n && second[0] >= 0n)) continue;
    const open = [...rest].filter(([variable]) => !how[variable]);
    if (open.some(([variable]) => !knowledge.ranges.has(variable))) continue;
    const digits = open.map(([variable, factor]) => toDigit(knowledge, variable, factor));
    const span = first[1] - first[0] + (second[1] - second[0]);
    const found = takeDominant([...digits, { variable: choice.variable, unit: gcd(a, b), span }], modulus);
    if (!found.includes(choice.variable)) continue;
    const isNews = knowledge.mark(choice.variable, 'magnitude');
    return knowledge.mark(choice.gap, 'magnitude') || isNews;
  }
  return false;
}

function toDigit({ ranges }: Knowledge, variable: number, factor: bigint) {
  const [low, high] = ranges.get(variable);
  const size = factor < 0n ? -factor : factor;
  const span = size * (high - low);
  return { variable, unit: ranges.isTwoValued(variable) ? span : size, span };
}

/**
 * Intervals that a balance gives to what else it names: of `a·y` and `b·f` one is 0, so their sum lies in the hull of both, which
 * their intervals one by one don't show.
 */
export function boundBalances(
  system: System,
  occurrences: Occurrences,
  ranges: Ranges,
  choice: Choice,
): { readonly variable: number; readonly interval: Interval }[] {
  const balances = listBalances(system, occurrences, choice);
  const bounds = boundFactors(system, ranges, balances);
  if (!bounds) return [];
  return balances.flatMap(({ a, b, rest }) => {
    const spans = new Map(
      [...rest].flatMap(([own, by]) => (ranges.has(own) ? [[own, scaleInterval(by, ranges.get(own))]] : [])),
    );
    if (spans.size < rest.size - 1) return [];
    let [low, high] = hull(scaleInterval(a, bounds[0]), scaleInterval(b, bounds[1]));
    for (const [least, most] of spans.values()) [low, high] = [low + least, high + most];
    return [...rest].flatMap(([variable, factor]) => {
      if (variable === 0 || (factor !== 1n && factor !== -1n)) return [];
      const own = spans.get(variable);
      if (!own && spans.size === rest.size) return [];
      if (own && spans.size < rest.size) return [];
      const [from, to] = own ? [low - own[0], high - own[1]] : [low, high];
      return [{ variable, interval: factor === 1n ? ([-to, -from] as const) : ([from, to] as const) }];
    });
  });
}

/** Intervals of y and f: where f = 0 a balance gives y, otherwise y = 0 and it gives f. */
function boundFactors(system: System, ranges: Ranges, balances: readonly Balance[]): [Interval, Interval] | null {
  let [y, f]: (Interval | null)[] = [null, null];
  const narrow = (known: Interval | null, factor: bigint, [low, high]: Interval): Interval | null => {
    if (factor !== 1n && factor !== -1n) return known;
    const found = hull([0n, 0n], factor === 1n ? [-high, -low] : [low, high]);
    if (found[1] - found[0] >= system.field.modulus) return known;
    if (!known) return found;
    const [least, most] = hull(known, found);
    return most - least < system.field.modulus ? intersect(known, found) : known;
  };
  for (const { a, b, rest } of balances) {
    if ([...rest.keys()].some((variable) => !ranges.has(variable))) continue;
    let [low, high] = [0n, 0n];
    for (const [variable, factor] of rest) {
      const [least, most] = scaleInterval(factor, ranges.get(variable));
      [low, high] = [low + least, high + most];
    }
    [y, f] = [narrow(y, a, [low, high]), narrow(f, b, [low, high])];
  }
  return y && f && y[0] <= y[1] && f[0] <= f[1] ? [y, f] : null;
}

/** The definition of f, alone and with a multiple of each row taken off that cancels one of its other variables. */
function listBalances(system: System, occurrences: Occurrences, choice: Choice): Balance[] {
  const { rows } = occurrences;
  const own = system.definition[choice.gap - system.wireCount];
  const definition = readRow(system, own);
  const offset = readOffset(choice, definition);
  const found = [toBalance(definition, choice, offset)];
  const count = (variable: number) => rows.start[variable + 1] - rows.start[variable];
  const others = [...choice.sum.keys()].filter((variable) => variable !== 0);
  if (others.length === 0) return found;
  const shared = others.reduce((least, variable) => (count(variable) < count(least) ? variable : least));
  const through = count(choice.variable) < count(shared) ? choice.variable : shared;
  if (count(through) > ROWS) return found;
  for (let at = rows.start[through]; at < rows.start[through + 1]; at++) {
    const row = rows.item[at];
    if (row === own || system.product[row] >= 0) continue;
    const other = readRow(system, row);
    const factor = other.get(shared);
    if (factor === undefined) continue;
    const by = definition.get(shared)!;
    const divisor = gcd(factor, by);
    const sum = new Map<number, bigint>();
    for (const [variable, value] of definition) sum.set(variable, (value * factor) / divisor);
    for (const [variable, value] of other) sum.set(variable, (sum.get(variable) ?? 0n) - (value * by) / divisor);
    found.push(toBalance(sum, choice, offset));
  }
  return found.filter(({ a, b }) => a !== 0n && b !== 0n);
}

/** f is the gap's variable and this constant. */
function readOffset({ variable, sum }: Choice, definition: ReadonlyMap<number, bigint>): bigint {
  return -definition.get(variable)! * (sum.get(0) ?? 0n);
}

function readRow({ start, variable, integer, integers }: System, row: number): Map<number, bigint> {
  const terms = new Map<number, bigint>();
  for (let at = start[row]; at < start[row + 1]; at++) terms.set(variable[at], integers.big[integer[at]]);
  return terms;
}

function toBalance(terms: ReadonlyMap<number, bigint>, { variable, gap }: Choice, offset: bigint): Balance {
  const [a, b] = [terms.get(variable) ?? 0n, terms.get(gap) ?? 0n];
  const rest = new Map(terms);
  rest.delete(variable);
  rest.delete(gap);
  rest.set(0, (rest.get(0) ?? 0n) - b * offset);
  for (const [one, factor] of rest) if (factor === 0n) rest.delete(one);
  return { a, b, rest };
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
