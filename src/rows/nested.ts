import { type Shape, sizeOf } from '../core/tensor.js';
import { type InputSpec, rowsError } from './rows.js';

/** A shape in an error message: with its brackets, so that a scalar and a batch of one can be told apart. */
export function printShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** What a JSON value looks like as a tensor: `[2, 3]`, `ragged [2, …]`, `a string`. */
export function describeShape(value: unknown): string {
  if (!Array.isArray(value)) return describeKind(value);
  const shape: number[] = [];
  let level: unknown[] = [value];
  while (level.length > 0 && level.every(Array.isArray)) {
    const lengths = new Set((level as unknown[][]).map((part) => part.length));
    if (lengths.size > 1)
      return `ragged: ${printShape(shape)} of lengths ${[...lengths].sort((a, b) => a - b).join(', ')}`;
    shape.push((level[0] as unknown[]).length);
    level = (level as unknown[][]).flat();
  }
  return level.some(Array.isArray) ? `ragged: numbers and arrays mixed below ${printShape(shape)}` : printShape(shape);
}

function describeKind(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string')
    return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return `the ${typeof value} ${String(value)}`;
}

/** Shapes that one row of this input may have: the model's own, and that without a leading batch of 1. */
export function acceptedShapes(shape: Shape): readonly Shape[] {
  return shape.length > 0 && shape[0] === 1 ? [shape, shape.slice(1)] : [shape];
}

/** The error of a value whose shape is not the input's. */
export function shapeError(input: InputSpec, given: string, path: string, hint?: string): Error {
  const expected = acceptedShapes(input.shape).map(printShape).join(' or ');
  return rowsError(
    'ROWS_SHAPE',
    `input ${JSON.stringify(input.name)} has the wrong shape`,
    [`at ${path}`, `expected ${expected}`, `given ${given}`],
    hint ?? 'nest the arrays as the model declares them; only zkml-rows/1, CSV and the rows of a 1-D input are flat',
  );
}

/** One element of an input, checked: a finite number, an integer where the model wants one. */
export function readElement(value: unknown, input: InputSpec, path: string): number {
  if (input.type === 'bool' && typeof value === 'boolean') return value ? 1 : 0;
  const fail = (expected: string, given: string) =>
    rowsError(
      'ROWS_VALUE',
      `input ${JSON.stringify(input.name)} holds something that is not ${expected}`,
      [`at ${path}`, `expected ${expected} in shape ${printShape(input.shape)}`, `given ${given}`],
      'write plain JSON numbers; missing values must be filled in before proving',
    );
  if (typeof value !== 'number') throw fail('a number', describeKind(value));
  if (!Number.isFinite(value)) throw fail('a finite number', String(value));
  if (input.type === 'int' && !Number.isSafeInteger(value)) throw fail('an integer within ±(2^53 - 1)', String(value));
  if (input.type === 'bool' && value !== 0 && value !== 1) throw fail('0, 1, true or false', String(value));
  return value;
}

/** How deep arrays nest, judged by first elements; 0 for anything else. */
export function depthOf(value: unknown): number {
  let depth = 0;
  for (let at = value; Array.isArray(at); at = at[0]) depth++;
  return depth;
}

/**
 * One row of one input from nested JSON arrays.
 * @returns its elements, row-major
 * @throws ZkinferError ROWS_SHAPE or ROWS_VALUE, with the JSON path
 */
export function readNested(value: unknown, input: InputSpec, path: string): Float64Array {
  const depth = depthOf(value);
  const shape =
    acceptedShapes(input.shape).find((accepted) => accepted.length === depth) ??
    (sizeOf(input.shape) === 1 && depth <= input.shape.length ? new Array<number>(depth).fill(1) : undefined);
  if (shape === undefined) {
    if (depth === 0 && typeof value !== 'number') readElement(value, input, path);
    throw shapeError(input, describeShape(value), path);
  }
  const elements = new Float64Array(sizeOf(shape));
  let at = 0;
  const visit = (part: unknown, axis: number, where: string): void => {
    if (axis === shape.length) {
      if (Array.isArray(part)) throw shapeError(input, describeShape(value), path);
      elements[at++] = readElement(part, input, where);
      return;
    }
    if (!Array.isArray(part)) {
      if (typeof part !== 'number') readElement(part, input, where);
      throw shapeError(input, describeShape(value), path);
    }
    if (part.length !== shape[axis]) throw shapeError(input, describeShape(value), path);
    for (let i = 0; i < part.length; i++) visit(part[i], axis + 1, `${where}[${i}]`);
  };
  visit(value, 0, path);
  return elements;
}

/** One flat row of one input (zkml-rows/1). */
export function readFlat(value: unknown, input: InputSpec, path: string): Float64Array {
  const size = sizeOf(input.shape);
  if (!Array.isArray(value) || value.length !== size) {
    const expected = `${size} numbers, ${printShape(input.shape)} flattened row by row`;
    throw rowsError('ROWS_SHAPE', `input ${JSON.stringify(input.name)} has the wrong shape`, [
      `at ${path}`,
      `expected ${expected}`,
      `given ${describeShape(value)}`,
    ]);
  }
  return Float64Array.from(value, (element, i) => readElement(element, input, `${path}[${i}]`));
}

/**
 * The rows of one input from a JSON value that is either one row or an array of rows; the depth of the nesting tells which.
 */
export function readCollection(value: unknown, input: InputSpec, path: string): Float64Array[] {
  const depth = depthOf(value);
  const rank = input.shape.length;
  const scalar = sizeOf(input.shape) === 1;
  const dropsBatch = rank > 0 && input.shape[0] === 1;
  const holdsRows =
    Array.isArray(value) &&
    (depth === rank + 1 || (dropsBatch && depth === rank) || (scalar && depth >= 1 && depth <= rank));
  if (!holdsRows) return [readNested(value, input, path)];
  return value.map((row, i) => readNested(row, input, `${path}[${i}]`));
}
