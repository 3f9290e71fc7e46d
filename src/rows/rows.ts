import { ZkinferError } from '../core/error.js';
import type { ElementType, Shape } from '../core/tensor.js';

/** What a model wants of a row: every input by name, with its concrete shape (batch 1). */
export interface InputSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Where `int`, values must be integers within ±2^53; where `bool`, 0, 1, true or false. Default `float`. */
  readonly type?: ElementType;
}

export interface RowsSpec {
  readonly inputs: readonly InputSpec[];
}

/** One inference: the elements of every input, row-major, in real units. Has no prototype, so any name is safe as a key. */
export type Row = Record<string, Float64Array>;

/** What the truth of a row is: a class (number or name), or the numbers of a regression with several targets. */
export type Label = string | number | readonly number[];

export interface Rows {
  readonly rows: readonly Row[];
  readonly labels?: readonly Label[];
  /** Outputs that the file itself states, by name (zkml-rows/1 only). These may hold NaN and infinities. */
  readonly outputs?: readonly Record<string, Float64Array>[];
}

/** One row of a stream, with where it stood in its file. */
export interface RowWithPlace {
  readonly row: Row;
  readonly label?: Label;
  /** Position in the file, from 0. */
  readonly index: number;
}

/** Largest file that is read as a whole, in bytes. Streams (NDJSON, CSV) have no such bound. */
export const FILE_CAP_BYTES = 512 * 2 ** 20;

/** An error about the content of a rows file; always the user's, exit code 2. */
export function rowsError(code: string, message: string, facts: readonly string[], hint?: string): ZkinferError {
  return new ZkinferError({ code, kind: 'usage', message, facts, hint });
}

/** A record without a prototype, so that any name is an ordinary key of it. */
export function emptyRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

/** Refuses inputs that are missing or that the model does not have. `path` is where the object stands. */
export function checkNames(given: readonly string[], spec: RowsSpec, path: string): void {
  const wanted = spec.inputs.map((input) => input.name);
  const missing = wanted.filter((name) => !given.includes(name));
  const extra = given.filter((name) => !wanted.includes(name));
  if (missing.length === 0 && extra.length === 0) return;
  const list = (names: readonly string[]) => names.map((name) => JSON.stringify(name)).join(', ');
  throw rowsError(
    missing.length > 0 ? 'ROWS_MISSING_INPUT' : 'ROWS_EXTRA_INPUT',
    missing.length > 0 ? `input ${list(missing)} is missing` : `the model has no input ${list(extra)}`,
    [`at ${path}`, `expected ${list(wanted)}`, `given ${list(given) || 'nothing'}`],
    'name every input of the model exactly once',
  );
}
