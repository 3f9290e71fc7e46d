import { sizeOf } from '../core/tensor.js';
import { readElement } from './nested.js';
import { emptyRecord, type InputSpec, type Label, type Row, type RowsSpec, rowsError } from './rows.js';

/** Splits one line of CSV: cells may be quoted, a doubled quote stands for a quote. Cells do not span lines. */
export function splitCells(line: string, separator: string): string[] {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (line[at] === '"') {
      let cell = '';
      for (at++; at < line.length; at++) {
        if (line[at] !== '"') cell += line[at];
        else if (line[at + 1] === '"') cell += line[at++];
        else break;
      }
      cells.push(cell);
      const next = line.indexOf(separator, at);
      if (next < 0) return cells;
      at = next + 1;
    } else {
      const next = line.indexOf(separator, at);
      cells.push(line.slice(at, next < 0 ? undefined : next).trim());
      if (next < 0) return cells;
      at = next + 1;
    }
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

type Slot = { readonly input: InputSpec; readonly element: number } | 'label';

/** Which input element each column of a CSV file feeds. */
export type CsvLayout = readonly Slot[];

function plainLayout(spec: RowsSpec): Slot[] {
  return spec.inputs.flatMap((input) =>
    Array.from({ length: sizeOf(input.shape) }, (_, element): Slot => ({ input, element })),
  );
}

function isHeader(cells: readonly string[]): boolean {
  return cells.every((cell) => !NUMBER.test(cell)) && cells.some((cell) => /[A-Za-z_]/.test(cell));
}

/** Columns `NAME` (one element) or `NAME[i]`, in any order; null where the header names something else. */
function namedLayout(cells: readonly string[], spec: RowsSpec): Slot[] | null {
  const slots: Slot[] = [];
  for (const cell of cells) {
    const match = /^(.*?)(?:\[(\d+)\])?$/.exec(cell);
    const input =
      spec.inputs.find((one) => one.name === cell && sizeOf(one.shape) === 1) ??
      spec.inputs.find((one) => one.name === match?.[1] && match[2] !== undefined);
    if (input) slots.push({ input, element: input.name === cell ? 0 : Number(match?.[2]) });
    else if (cell === 'label') slots.push('label');
    else return null;
  }
  return slots;
}

/**
 * Decides the layout from the first line.
 * @returns the layout and whether that line was a header
 * @throws ZkinferError ROWS_SHAPE where the columns are not the model's inputs
 */
export function readCsvLayout(
  first: readonly string[],
  spec: RowsSpec,
  where: string,
): { layout: CsvLayout; header: boolean } {
  const plain = plainLayout(spec);
  const header = isHeader(first);
  const labelAt = header ? first.indexOf('label') : -1;
  const bareCount = first.length - (labelAt >= 0 ? 1 : 0);
  let layout: Slot[] | null = header ? namedLayout(first, spec) : null;
  if (layout === null && spec.inputs.length === 1 && bareCount === plain.length) {
    layout = labelAt < 0 ? plain : [...plain.slice(0, labelAt), 'label', ...plain.slice(labelAt)];
  }
  if (layout === null && !header && first.length === plain.length) layout = plain;
  const given = (layout ?? []).filter((slot) => slot !== 'label').map((slot) => `${slot.input.name}[${slot.element}]`);
  const wanted = plain.map((slot) => (slot === 'label' ? '' : `${slot.input.name}[${slot.element}]`));
  if (layout === null || given.length !== wanted.length || !wanted.every((name) => given.includes(name))) {
    throw rowsError(
      'ROWS_SHAPE',
      'the columns are not the inputs of the model',
      [
        `at ${where}`,
        `expected ${wanted.length} columns: ${wanted.slice(0, 6).join(', ')}${wanted.length > 6 ? ', …' : ''}`,
        `given ${first.length} columns: ${first.slice(0, 6).join(', ')}${first.length > 6 ? ', …' : ''}`,
      ],
      'a header may name columns INPUT or INPUT[i], and one column label',
    );
  }
  return { layout, header };
}

/** One line of CSV as a row. @throws ZkinferError ROWS_SHAPE, ROWS_VALUE */
export function readCsvRow(
  cells: readonly string[],
  layout: CsvLayout,
  spec: RowsSpec,
  where: string,
): { row: Row; label?: Label } {
  if (cells.length !== layout.length) {
    throw rowsError('ROWS_SHAPE', 'a line has the wrong number of cells', [
      `at ${where}`,
      `expected ${layout.length} cells`,
      `given ${cells.length}`,
    ]);
  }
  const row = emptyRecord<Float64Array>();
  for (const input of spec.inputs) row[input.name] = new Float64Array(sizeOf(input.shape));
  let label: Label | undefined;
  cells.forEach((cell, column) => {
    const slot = layout[column];
    const number = NUMBER.test(cell) ? Number(cell) : undefined;
    if (slot === 'label') label = number ?? cell;
    else row[slot.input.name][slot.element] = readElement(number ?? cell, slot.input, `${where}, column ${column + 1}`);
  });
  return label === undefined ? { row } : { row, label };
}
