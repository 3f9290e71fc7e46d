import { sizeOf } from '../core/tensor.js';
import { printKey } from './json-text.js';
import { acceptedShapes, printShape, readCollection, readFlat, readNested } from './nested.js';
import { checkNames, emptyRecord, type Label, type Row, type Rows, type RowsSpec, rowsError } from './rows.js';

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A label as files write it. @throws ZkinferError ROWS_LABEL */
export function readLabel(value: unknown, path: string): Label {
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  if (Array.isArray(value) && value.every((part) => typeof part === 'number' && Number.isFinite(part))) return value;
  throw rowsError('ROWS_LABEL', 'a label is neither a number nor a string', [
    `at ${path}`,
    `given ${JSON.stringify(value)}`,
  ]);
}

/** One row written as an object by input name. `label` beside the inputs is the row's label, unless an input has that name. */
export function readNamedRow(value: JsonObject, spec: RowsSpec, path: string): { row: Row; label?: Label } {
  const hasLabel = 'label' in value && !spec.inputs.some((input) => input.name === 'label');
  checkNames(
    Object.keys(value).filter((key) => !(hasLabel && key === 'label')),
    spec,
    path,
  );
  const row = emptyRecord<Float64Array>();
  for (const input of spec.inputs) row[input.name] = readNested(value[input.name], input, path + printKey(input.name));
  return hasLabel ? { row, label: readLabel(value.label, `${path}.label`) } : { row };
}

/** One row written as a bare array or number, for a model with one input. */
export function readBareRow(value: unknown, spec: RowsSpec, path: string): { row: Row } {
  const input = requireSingleInput(spec, path);
  const row = emptyRecord<Float64Array>();
  row[input.name] = readNested(value, input, path);
  return { row };
}

function requireSingleInput(spec: RowsSpec, path: string): RowsSpec['inputs'][number] {
  if (spec.inputs.length === 1) return spec.inputs[0];
  const names = spec.inputs.map((input) => JSON.stringify(input.name)).join(', ');
  throw rowsError(
    'ROWS_MISSING_INPUT',
    'a bare array does not say which input it is for',
    [`at ${path}`, `expected an object with ${names}`],
    `write { ${spec.inputs.map((input) => `${JSON.stringify(input.name)}: …`).join(', ')} }`,
  );
}

/** Rows by position from columns by name. All must be equally long. */
export function joinColumns(columns: Readonly<Record<string, readonly Float64Array[]>>, path: string): Row[] {
  const names = Object.keys(columns);
  const counts = names.map((name) => columns[name].length);
  if (new Set(counts).size > 1) {
    throw rowsError('ROWS_SHAPE', 'the inputs have different numbers of rows', [
      `at ${path}`,
      ...names.map((name, i) => `${JSON.stringify(name)}: ${counts[i]} rows`),
    ]);
  }
  return Array.from({ length: counts[0] ?? 0 }, (_, i) => {
    const row = emptyRecord<Float64Array>();
    for (const name of names) row[name] = columns[name][i];
    return row;
  });
}

/** Reads any of the JSON layouts from a parsed document. */
export function readJsonRows(document: unknown, spec: RowsSpec): Rows {
  if (isObject(document)) {
    if (typeof document.format === 'string' && !spec.inputs.some((input) => input.name === 'format')) {
      return readZkmlRows(document, spec);
    }
    checkNames(Object.keys(document), spec, '$');
    const columns = emptyRecord<Float64Array[]>();
    for (const input of spec.inputs) {
      columns[input.name] = readCollection(document[input.name], input, `$${printKey(input.name)}`);
    }
    return { rows: joinColumns(columns, '$') };
  }
  if (Array.isArray(document) && isObject(document[0])) return readObjectArray(document, spec);
  const input = requireSingleInput(spec, '$');
  const rows = readCollection(document, input, '$');
  return { rows: joinColumns({ [input.name]: rows }, '$') };
}

function readObjectArray(document: readonly unknown[], spec: RowsSpec): Rows {
  const read = document.map((value, i) => {
    if (!isObject(value)) {
      throw rowsError('ROWS_FORMAT', 'rows of different kinds in one array', [`at $[${i}]`, 'expected an object']);
    }
    return readNamedRow(value, spec, `$[${i}]`);
  });
  return withLabels(read);
}

/** Rows with their labels, which are either on every row or on none. */
export function withLabels(read: readonly { row: Row; label?: Label }[]): Rows {
  const rows = read.map((one) => one.row);
  const labelled = read.filter((one) => one.label !== undefined).length;
  if (labelled === 0) return { rows };
  if (labelled < read.length) {
    throw rowsError('ROWS_LABEL', 'some rows have a label and some have none', [
      `${labelled} of ${read.length} rows have one`,
      `the first without: row ${read.findIndex((one) => one.label === undefined)}`,
    ]);
  }
  return { rows, labels: read.map((one) => one.label as Label) };
}

const NON_FINITE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function readStatedOutput(value: unknown, path: string): Float64Array {
  if (!Array.isArray(value)) throw rowsError('ROWS_FORMAT', 'an output row is not an array', [`at ${path}`]);
  return Float64Array.from(value, (element, i) => {
    const number =
      typeof element === 'string' ? NON_FINITE[element] : typeof element === 'boolean' ? +element : element;
    if (typeof number === 'number') return number;
    throw rowsError('ROWS_VALUE', 'a stated output is not a number', [
      `at ${path}[${i}]`,
      `given ${JSON.stringify(element)}`,
    ]);
  });
}

function readColumn(column: unknown, path: string): { dims: readonly number[]; rows: readonly unknown[] } {
  if (!isObject(column) || !Array.isArray(column.rows) || !Array.isArray(column.dims)) {
    throw rowsError('ROWS_FORMAT', 'a column of zkml-rows/1 needs "dims" and "rows"', [`at ${path}`]);
  }
  if (!column.dims.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw rowsError('ROWS_FORMAT', '"dims" must be integers', [
      `at ${path}.dims`,
      `given ${JSON.stringify(column.dims)}`,
    ]);
  }
  return { dims: column.dims, rows: column.rows };
}

function readZkmlRows(document: JsonObject, spec: RowsSpec): Rows {
  if (document.format !== 'zkml-rows/1') {
    throw rowsError('ROWS_FORMAT', 'unknown format of rows', [
      'expected "zkml-rows/1"',
      `given ${JSON.stringify(document.format)}`,
    ]);
  }
  if (!isObject(document.inputs)) throw rowsError('ROWS_FORMAT', 'there is no object "inputs"', ['at $.inputs']);
  checkNames(Object.keys(document.inputs), spec, '$.inputs');
  const columns = emptyRecord<Float64Array[]>();
  for (const input of spec.inputs) {
    const path = `$.inputs${printKey(input.name)}`;
    const column = readColumn(document.inputs[input.name], path);
    const fits = acceptedShapes(input.shape).some((shape) => printShape(shape) === printShape(column.dims));
    if (!fits || sizeOf(column.dims) !== sizeOf(input.shape)) {
      throw rowsError('ROWS_SHAPE', `input ${JSON.stringify(input.name)} has the wrong shape`, [
        `at ${path}.dims`,
        `expected ${printShape(input.shape)}`,
        `given ${printShape(column.dims)}`,
      ]);
    }
    columns[input.name] = column.rows.map((row, i) => readFlat(row, input, `${path}.rows[${i}]`));
  }
  const rows = joinColumns(columns, '$.inputs');
  if (document.count !== undefined && document.count !== rows.length) {
    throw rowsError('ROWS_FORMAT', '"count" is not the number of rows', [
      'at $.count',
      `expected ${rows.length}`,
      `given ${JSON.stringify(document.count)}`,
    ]);
  }
  const labels = document.labels === undefined ? undefined : readLabels(document.labels, rows.length);
  const outputs = document.outputs === undefined ? undefined : readOutputs(document.outputs, rows.length);
  return { rows, ...(labels && { labels }), ...(outputs && { outputs }) };
}

function readLabels(value: unknown, count: number): Label[] {
  if (!Array.isArray(value) || value.length !== count) {
    throw rowsError('ROWS_LABEL', 'there must be one label a row', [
      'at $.labels',
      `expected ${count} labels`,
      `given ${Array.isArray(value) ? value.length : typeof value}`,
    ]);
  }
  return value.map((label, i) => readLabel(label, `$.labels[${i}]`));
}

function readOutputs(value: unknown, count: number): Record<string, Float64Array>[] {
  if (!isObject(value)) throw rowsError('ROWS_FORMAT', '"outputs" is not an object', ['at $.outputs']);
  const columns = emptyRecord<Float64Array[]>();
  for (const [name, column] of Object.entries(value)) {
    const path = `$.outputs${printKey(name)}`;
    if (isObject(column) && column.type === 'string') continue;
    columns[name] = readColumn(column, path).rows.map((row, i) => readStatedOutput(row, `${path}.rows[${i}]`));
    if (columns[name].length !== count) {
      throw rowsError('ROWS_FORMAT', 'an output has another number of rows than the inputs', [
        `at ${path}.rows`,
        `expected ${count}`,
        `given ${columns[name].length}`,
      ]);
    }
  }
  return Object.keys(columns).length === 0
    ? Array.from({ length: count }, () => emptyRecord<Float64Array>())
    : joinColumns(columns, '$.outputs');
}
