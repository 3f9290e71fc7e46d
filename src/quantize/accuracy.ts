/** What a row should have given: a class, or target values. */
export type Truth = string | number | readonly number[];

/** Elements of each output of one row, by name, in real units. */
export type OutputRow = Readonly<Record<string, ArrayLike<number>>>;

/** How an output is judged. */
export interface OutputSpec {
  readonly name: string;
  readonly size: number;
  /** Whether the output is an integer, such as a class index. */
  readonly isInteger: boolean;
  readonly labels?: readonly (string | number)[];
}

export interface Accuracy {
  /** Float model against the labels: accuracy for classes, R² for targets; null without labels. */
  readonly floatScore: number | null;
  readonly integerScore: number | null;
  readonly metric: 'accuracy' | 'r2' | null;
  /** Share of rows on which both models decide alike; null where there is no decision. */
  readonly top1Agreement: number | null;
  /** Largest difference between float and integer outputs, in real units, over real-valued outputs. */
  readonly maxAbsError: number;
  /** Root mean square difference over the standard deviation of the float output, worst output. */
  readonly relativeError: number;
}

function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** How a row is decided: by the first integer output of one element, else by the largest of the first output. Null where nothing decides. */
export function decisionOf(
  outputs: readonly OutputSpec[],
  truths: readonly Truth[] | undefined,
): ((row: OutputRow) => number) | null {
  const label = outputs.find((output) => output.isInteger && output.size === 1);
  if (label) return (row) => row[label.name][0];
  const [first] = outputs;
  const isClass = truths?.every(
    (truth) => typeof truth === 'string' || (typeof truth === 'number' && Number.isInteger(truth)),
  );
  if (first.size > 1 && (truths === undefined || isClass)) return (row) => argMax(row[first.name]);
  const isBinary = isClass && truths?.every((truth) => truth === 0 || truth === 1);
  return first.size === 1 && isBinary ? (row) => (row[first.name][0] > 0.5 ? 1 : 0) : null;
}

/** R² over all targets together: 1 - residual sum of squares over total sum of squares. */
function rSquared(truths: readonly (readonly number[])[], given: readonly ArrayLike<number>[]): number {
  const all = truths.flat();
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  let [residual, total] = [0, 0];
  for (const [r, truth] of truths.entries())
    for (const [i, value] of truth.entries()) {
      residual += (value - given[r][i]) ** 2;
      total += (value - mean) ** 2;
    }
  return 1 - residual / total;
}

/** Compares the outputs of the float and the integer model row by row, and both with the labels where there are any. */
export function measureAccuracy(
  outputs: readonly OutputSpec[],
  float: readonly OutputRow[],
  integer: readonly OutputRow[],
  truths?: readonly Truth[],
): Accuracy {
  const decide = decisionOf(outputs, truths);
  const label = outputs.find((output) => output.isInteger && output.size === 1);
  const named = (decision: number) => label?.labels?.[decision] ?? outputs[0].labels?.[decision] ?? decision;
  const hits = (rows: readonly OutputRow[]) =>
    rows.filter((row, r) => String(named(decide?.(row) as number)) === String(truths?.[r])).length / rows.length;
  const [first] = outputs;
  const targets = truths?.map((truth) => (Array.isArray(truth) ? truth : [truth])) as number[][] | undefined;
  const isRegression =
    !decide && targets?.every((target) => target.length === first.size && target.every(Number.isFinite));
  const r2 = (rows: readonly OutputRow[]) =>
    rSquared(
      targets as number[][],
      rows.map((row) => row[first.name]),
    );
  const score = truths && decide ? hits : isRegression ? r2 : null;
  return {
    floatScore: score ? score(float) : null,
    integerScore: score ? score(integer) : null,
    metric: score === null ? null : decide ? 'accuracy' : 'r2',
    top1Agreement: decide ? float.filter((row, r) => decide(row) === decide(integer[r])).length / float.length : null,
    ...measureError(outputs, float, integer),
  };
}

function measureError(outputs: readonly OutputSpec[], float: readonly OutputRow[], integer: readonly OutputRow[]) {
  let maxAbsError = 0;
  let relativeError = 0;
  for (const { name, isInteger, size } of outputs) {
    let [error, sum, squares, count] = [0, 0, 0, 0];
    for (const [r, row] of float.entries())
      for (let i = 0; i < size; i++) {
        const difference = Math.abs(row[name][i] - integer[r][name][i]);
        if (!isInteger) maxAbsError = Math.max(maxAbsError, difference);
        error += difference ** 2;
        sum += row[name][i];
        squares += row[name][i] ** 2;
        count++;
      }
    const variance = squares / count - (sum / count) ** 2;
    if (!isInteger && variance > 0) relativeError = Math.max(relativeError, Math.sqrt(error / count / variance));
  }
  return { maxAbsError, relativeError };
}
