import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { readNpyRows, readNpzRows } from './array-rows.js';
import { readCsvLayout, readCsvRow, splitCells } from './csv.js';
import { readBareRow, readJsonRows, readNamedRow, withLabels } from './json-rows.js';
import { parseJsonText } from './json-text.js';
import {
  FILE_CAP_BYTES,
  type Label,
  type Row,
  type Rows,
  type RowsSpec,
  type RowWithPlace,
  rowsError,
} from './rows.js';

type Layout = 'json' | 'ndjson' | 'csv' | 'npy' | 'npz';

const BY_EXTENSION: Readonly<Record<string, Layout>> = {
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.npy': 'npy',
  '.npz': 'npz',
};

async function readAll(path: string): Promise<Buffer> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    if (size > FILE_CAP_BYTES) {
      throw rowsError(
        'ROWS_TOO_LARGE',
        'this file is over the cap for files that are read as a whole',
        [path, `${size} bytes, cap ${FILE_CAP_BYTES}`],
        'write NDJSON or CSV, which are read row by row',
      );
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function openFile(path: string) {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw rowsError('ROWS_FILE', 'this is a folder, not a rows file', [path]);
    return await open(path, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined || (cause as { kind?: unknown }).kind) throw cause;
    throw rowsError(
      'ROWS_FILE',
      'the rows file cannot be read',
      [path, (cause as Error).message],
      'give the path of a JSON, NDJSON, CSV, .npy or .npz file that you may read',
    );
  }
}

function parseLine(text: string, spec: RowsSpec, where: string): { row: Row; label?: Label } {
  const value = parseJsonText(text, where);
  const path = `${where}: $`;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? readNamedRow(value as Record<string, unknown>, spec, path)
    : readBareRow(value, spec, path);
}

async function* readLines(path: string): AsyncGenerator<{ text: string; number: number }> {
  await (await openFile(path)).close();
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  for await (const line of lines) {
    const text = number++ === 0 ? line.replace(/^\uFEFF/, '') : line;
    if (text.trim() !== '') yield { text, number };
  }
}

async function* streamNdjson(path: string, spec: RowsSpec): AsyncGenerator<RowWithPlace> {
  let index = 0;
  for await (const { text, number } of readLines(path)) {
    yield { ...parseLine(text, spec, `${path}, line ${number}`), index: index++ };
  }
}

async function* streamCsv(path: string, spec: RowsSpec): AsyncGenerator<RowWithPlace> {
  let index = 0;
  let read: ReturnType<typeof readCsvLayout> | undefined;
  let separator = ',';
  for await (const { text, number } of readLines(path)) {
    const where = `${path}, line ${number}`;
    if (read === undefined) {
      separator = [',', '\t', ';'].find((one) => text.includes(one)) ?? ',';
      read = readCsvLayout(splitCells(text, separator), spec, where);
      if (read.header) continue;
    }
    yield { ...readCsvRow(splitCells(text, separator), read.layout, spec, where), index: index++ };
  }
}

/** Tells the layout from the name and, where that says JSON or nothing, from the first bytes. */
function decideLayout(path: string): Layout {
  return BY_EXTENSION[extname(path).toLowerCase()] ?? 'json';
}

/** Several JSON values on lines of their own, though the file is called .json. */
function looksLikeNdjson(text: string): boolean {
  const end = text.indexOf('\n');
  if (end < 0 || text.slice(end).trim() === '') return false;
  try {
    JSON.parse(text.slice(0, end));
    return true;
  } catch {
    return false;
  }
}

async function readWhole(path: string, layout: Layout, spec: RowsSpec): Promise<Rows> {
  const bytes = await readAll(path);
  if (layout === 'npy' || bytes.subarray(0, 6).toString('latin1') === '\x93NUMPY')
    return readNpyRows(bytes, spec, path);
  if (layout === 'npz' || bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04')
    return readNpzRows(bytes, spec, path);
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (looksLikeNdjson(text)) {
    const lines = text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [{ line, number: i + 1 }]));
    return withLabels(lines.map(({ line, number }) => parseLine(line, spec, `${path}, line ${number}`)));
  }
  return readJsonRows(parseJsonText(text, path), spec);
}

/**
 * Reads a rows file: zkml-rows/1, a JSON array of rows, a JSON object by input name, a JSON array of such objects, NDJSON,
 * CSV, `.npy` or `.npz`. Every value is checked against the model's inputs.
 * @throws ZkinferError (exit code 2) with the place, the expected and the given shape
 */
export async function readRows(path: string, spec: RowsSpec): Promise<Rows> {
  const layout = decideLayout(path);
  const read =
    layout === 'ndjson' || layout === 'csv'
      ? withLabels(await collect(openRows(path, spec)))
      : await readWhole(path, layout, spec);
  if (read.rows.length === 0) throw rowsError('ROWS_EMPTY', 'there are no rows', [`in ${path}`]);
  return read;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/**
 * Reads a rows file row by row. NDJSON and CSV are streamed in bounded memory; other layouts are read as a whole first.
 * @throws ZkinferError as readRows, when the row concerned is reached
 */
export async function* openRows(path: string, spec: RowsSpec): AsyncGenerator<RowWithPlace> {
  const layout = decideLayout(path);
  if (layout === 'ndjson') return yield* streamNdjson(path, spec);
  if (layout === 'csv') return yield* streamCsv(path, spec);
  const { rows, labels } = await readWhole(path, layout, spec);
  for (let index = 0; index < rows.length; index++) {
    yield { row: rows[index], index, ...(labels && { label: labels[index] }) };
  }
}
