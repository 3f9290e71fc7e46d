import { type Shape, shapesEqual, sizeOf } from '../core/tensor.js';
import { joinColumns } from './json-rows.js';
import { acceptedShapes, printShape, readElement, shapeError } from './nested.js';
import { type NpyArray, readNpy } from './npy.js';
import { checkNames, emptyRecord, type InputSpec, type Label, type Rows, type RowsSpec, rowsError } from './rows.js';
import { INFLATE_CAP_BYTES, readZip } from './zip.js';

/** Number of rows in an array for this input, where its shape fits: one row, or a leading axis of rows. */
function countRows(shape: Shape, input: InputSpec): number | null {
  const accepted = acceptedShapes(input.shape);
  if (shape.length > 0 && accepted.some((one) => shapesEqual(one, shape.slice(1)))) return shape[0];
  return accepted.some((one) => shapesEqual(one, shape)) ? 1 : null;
}

function splitRows(array: NpyArray, input: InputSpec, where: string): Float64Array[] {
  const count = countRows(array.shape, input);
  if (count === null) throw shapeError(input, printShape(array.shape), where, 'the first axis may count rows');
  const size = sizeOf(input.shape);
  return Array.from({ length: count }, (_, row) =>
    Float64Array.from({ length: size }, (_unused, i) =>
      readElement(array.data[row * size + i], input, `${where}, row ${row}, element ${i}`),
    ),
  );
}

/** Rows from one `.npy` array, for a model with one input. */
export function readNpyRows(bytes: Uint8Array, spec: RowsSpec, where: string): Rows {
  if (spec.inputs.length !== 1) {
    throw rowsError(
      'ROWS_MISSING_INPUT',
      'one array cannot feed several inputs',
      [`in ${where}`, `the model has ${spec.inputs.map((input) => JSON.stringify(input.name)).join(', ')}`],
      'write an .npz with one array an input',
    );
  }
  const [input] = spec.inputs;
  return { rows: joinColumns({ [input.name]: splitRows(readNpy(bytes, where), input, where) }, where) };
}

/** The widest numbers that numpy writes. */
const ELEMENT_BYTES = 8;
/** More than what stands before the numbers of an array; enough for a few rows, or a text label, too. */
const HEADER_BYTES = 2 ** 16;

/** Most bytes that an `.npz` archive with one row of this model inflates to, its label among them. */
export function capOfOneRow({ inputs }: RowsSpec): number {
  const elements = inputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return Math.min(INFLATE_CAP_BYTES, elements * ELEMENT_BYTES + (inputs.length + 1) * HEADER_BYTES);
}

/**
 * Rows from an `.npz` archive: one array an input, and `labels` where no input has that name.
 * @param capBytes what the archive may inflate to; see `readZip`
 */
export function readNpzRows(bytes: Buffer, spec: RowsSpec, where: string, capBytes?: number): Rows {
  const members = readZip(bytes, where, capBytes);
  const names = [...members.keys()].map((name) => name.replace(/\.npy$/, ''));
  const hasLabels = names.includes('labels') && !spec.inputs.some((input) => input.name === 'labels');
  checkNames(
    names.filter((name) => !(hasLabels && name === 'labels')),
    spec,
    where,
  );
  const read = (name: string) =>
    readNpy(members.get(`${name}.npy`) ?? (members.get(name) as Buffer), `${where}:${name}`);
  const columns = emptyRecord<Float64Array[]>();
  for (const input of spec.inputs) columns[input.name] = splitRows(read(input.name), input, `${where}:${input.name}`);
  const rows = joinColumns(columns, where);
  if (!hasLabels) return { rows };
  const labels = Array.from<Label>(read('labels').data);
  if (labels.length !== rows.length) {
    throw rowsError('ROWS_LABEL', 'there must be one label a row', [
      `at ${where}:labels`,
      `expected ${rows.length} labels`,
      `given ${labels.length}`,
    ]);
  }
  return { rows, labels };
}
