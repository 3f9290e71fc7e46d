import { decisionOf, type OutputRow, type OutputSpec, type Truth } from './accuracy.js';

/** Float and integer outputs side by side, small enough to keep with the model and to draw. */
export interface Comparison {
  /** Elements of real-valued outputs, `[float, integer]`, ascending, spread evenly over all of them. */
  readonly pairs: readonly (readonly [number, number])[];
  /** How many elements have which `integer - float`, in equal bins over `[-limit, limit]`. */
  readonly errors: { readonly limit: number; readonly counts: readonly number[] };
  /** Rows by decision of the float model (outer) and of the integer model (inner); null where there is none, or too many. */
  readonly decisions: {
    readonly labels: readonly (string | number)[];
    readonly counts: readonly (readonly number[])[];
  } | null;
}

const MOST_PAIRS = 200;
const BINS = 21;
const MOST_CLASSES = 24;
const DIGITS = 5;

const short = (value: number) => Number(value.toPrecision(DIGITS));

/** Compares outputs element by element and decision by decision. Pairs come sorted, so that no row can be put together again. */
export function compareOutputs(
  outputs: readonly OutputSpec[],
  float: readonly OutputRow[],
  integer: readonly OutputRow[],
  truths?: readonly Truth[],
): Comparison {
  const pairs: [number, number][] = [];
  for (const { name, size } of outputs.filter(({ isInteger }) => !isInteger))
    for (const [r, row] of float.entries())
      for (let i = 0; i < size; i++) {
        const pair: [number, number] = [row[name][i], integer[r][name][i]];
        if (pair.every(Number.isFinite)) pairs.push(pair);
      }
  pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return {
    pairs: thin(pairs).map(([a, b]) => [short(a), short(b)]),
    errors: countErrors(pairs),
    decisions: countDecisions(outputs, float, integer, truths),
  };
}

function thin<T>(items: readonly T[]): readonly T[] {
  if (items.length <= MOST_PAIRS) return items;
  return Array.from({ length: MOST_PAIRS }, (_, i) => items[Math.round((i * (items.length - 1)) / (MOST_PAIRS - 1))]);
}

function countErrors(pairs: readonly (readonly [number, number])[]): Comparison['errors'] {
  const limit = pairs.reduce((most, [a, b]) => Math.max(most, Math.abs(b - a)), 0);
  const counts = new Array<number>(BINS).fill(0);
  for (const [a, b] of pairs) {
    const at = limit === 0 ? 0.5 : (b - a + limit) / (2 * limit);
    counts[Math.min(BINS - 1, Math.floor(at * BINS))]++;
  }
  return { limit: short(limit), counts };
}

function countDecisions(
  outputs: readonly OutputSpec[],
  float: readonly OutputRow[],
  integer: readonly OutputRow[],
  truths?: readonly Truth[],
): Comparison['decisions'] {
  const decide = decisionOf(outputs, truths);
  if (decide === null || float.length === 0) return null;
  const both = float.map((row, r) => [decide(row), decide(integer[r])] as const);
  const decider = outputs.find((output) => output.isInteger && output.size === 1) ?? outputs[0];
  const highest = both.flat().reduce((a, b) => Math.max(a, b), 0);
  const classes = Math.max(decider.isInteger ? (decider.labels?.length ?? 0) : decider.size, highest + 1);
  const isIndex = both.flat().every((decision) => Number.isInteger(decision) && decision >= 0);
  if (!isIndex || classes < 2 || classes > MOST_CLASSES) return null;
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [a, b] of both) counts[a][b]++;
  return { labels: Array.from({ length: classes }, (_, i) => decider.labels?.[i] ?? i), counts };
}
