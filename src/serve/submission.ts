import { SchemaError } from '../bundle/schema.js';
import { type Binding, bindOffChain } from '../commitment/context.js';
import { ZkinferError } from '../core/error.js';
import { sizeOf } from '../core/tensor.js';
import { readBinding } from '../pipeline/run-binding.js';
import { capOfOneRow, readNpyRows, readNpzRows } from '../rows/array-rows.js';
import { readCsvLayout, readCsvRow, splitCells } from '../rows/csv.js';
import { readBareRow, readJsonRows, readNamedRow } from '../rows/json-rows.js';
import { parseJsonText } from '../rows/json-text.js';
import { type Row, type RowsSpec, rowsError } from '../rows/rows.js';
import type { StatedBinding } from '../verify/proof-file.js';
import type { JobOptions, JobRequest } from './job.js';
import type { ServedModel } from './model.js';

export const ROW_FORMATS = ['json', 'ndjson', 'csv', 'npy', 'npz'] as const;

/** The body of a submission, once it has the form that the API describes. */
export interface SubmissionBody {
  /** An object by input name, or the bare array of a model with one input. */
  readonly input?: unknown;
  /** A file of rows with one row; npy and npz in base64. */
  readonly row?: { readonly format: (typeof ROW_FORMATS)[number]; readonly data: string };
  readonly context?: string;
  readonly binding?: Partial<StatedBinding>;
  readonly salt?: string;
  readonly strict?: boolean;
}

const WHERE = 'row.data';

function readRowFile({ format, data }: NonNullable<SubmissionBody['row']>, spec: RowsSpec): readonly Row[] {
  switch (format) {
    case 'json':
      return readJsonRows(parseJsonText(data, WHERE), spec).rows;
    case 'ndjson':
      return listLines(data).map((line) => readOneRow(parseJsonText(line, WHERE), spec, WHERE));
    case 'csv':
      return readCsvText(data, spec);
    case 'npy':
      return readNpyRows(Buffer.from(data, 'base64'), spec, WHERE).rows;
    case 'npz':
      return readNpzRows(Buffer.from(data, 'base64'), spec, WHERE, capOfOneRow(spec)).rows;
  }
}

function listLines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

function readCsvText(text: string, spec: RowsSpec): Row[] {
  const lines = listLines(text);
  if (lines.length === 0) return [];
  const separator = [',', '\t', ';'].find((one) => lines[0].includes(one)) ?? ',';
  const { layout, header } = readCsvLayout(splitCells(lines[0], separator), spec, WHERE);
  return lines.slice(header ? 1 : 0).map((line) => readCsvRow(splitCells(line, separator), layout, spec, WHERE).row);
}

function readOneRow(value: unknown, spec: RowsSpec, path: string): Row {
  const isNamed = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isNamed ? readNamedRow(value as Record<string, unknown>, spec, path).row : readBareRow(value, spec, path).row;
}

function readRow(body: SubmissionBody, spec: RowsSpec): Row {
  if ((body.input === undefined) === (body.row === undefined))
    throw rowsError('ROWS_MISSING_INPUT', 'a submission holds either input or row', [], 'see /openapi.json');
  if (body.row === undefined) return readOneRow(body.input, spec, '$.input');
  const rows = readRowFile(body.row, spec);
  if (rows.length !== 1)
    throw rowsError('ROWS_MANY', 'a submission takes one row', [`given ${rows.length} rows`], 'submit a job a row');
  return rows[0];
}

/** Keeps from facts about a hidden input those that quote nothing of it. */
function hideValues(error: unknown): unknown {
  if (!(error instanceof ZkinferError)) return error;
  const { code, kind, message, facts, hint } = error;
  return new ZkinferError({ code, kind, message, facts: facts.filter((fact) => /^(at|expected) /.test(fact)), hint });
}

const ZERO_ADDRESS = `0x${'00'.repeat(20)}`;
const ZERO_WORD = `0x${'00'.repeat(32)}`;

/** A binding with its gaps filled, as `zkinfer prove` fills them. */
function fillBinding({ chainId, contract, modelId, agent, nonce }: Partial<StatedBinding>): Binding {
  const off = bindOffChain({ modelId: modelId ?? ZERO_WORD, agent: agent ?? ZERO_ADDRESS, nonce: nonce ?? ZERO_WORD });
  return { ...off, chainId: BigInt(chainId ?? off.chainId), contract: contract ?? off.contract };
}

/** What a proof is bound to, in one spelling. @throws ZkinferError CONTEXT_INVALID, CONTEXT_UNUSED */
export function readJobOptions(
  body: Pick<SubmissionBody, 'context' | 'binding' | 'strict'>,
  { bundle: { manifest } }: ServedModel,
): JobOptions {
  const { context, strict = false } = body;
  if (context !== undefined && body.binding !== undefined)
    throw new ZkinferError({
      code: 'CONTEXT_UNUSED',
      kind: 'usage',
      message: 'the binding makes the context: give one of them',
    });
  const to = readBinding(manifest, { context, binding: body.binding && fillBinding(body.binding) });
  if (to.binding === undefined) return { context: String(to.context), strict };
  const { chainId, contract, modelId, agent, nonce } = to.binding;
  const words = { contract, modelId, agent, nonce };
  const lower = Object.entries(words).map(([name, word]) => [name, word.toLowerCase()] as const);
  return { binding: { chainId: String(chainId), ...(Object.fromEntries(lower) as typeof words) }, strict };
}

function checkSalt(salt: string | undefined, model: ServedModel): void {
  const isCommitted = model.bundle.manifest.statement.visibility === 'committed';
  if (isCommitted === (salt !== undefined)) return;
  throw new ZkinferError({
    code: isCommitted ? 'SALT_MISSING' : 'SALT_UNUSED',
    kind: 'usage',
    message: isCommitted
      ? 'the input is committed to, and a commitment needs a salt'
      : 'the statement of this model has no commitment, so there is no salt',
    hint: isCommitted ? 'draw one number of 248 bits, keep it, and send it as salt' : undefined,
  });
}

/** Reads a submission whose form was checked. @throws ZkinferError of kind usage */
export function readSubmission(body: SubmissionBody, model: ServedModel): JobRequest {
  const options = readJobOptions(body, model);
  checkSalt(body.salt, model);
  try {
    const row = readRow(body, model.rows);
    return { model, input: { row, ...(body.salt !== undefined && { salt: body.salt }) }, options };
  } catch (error) {
    throw model.isHidden ? hideValues(error) : error;
  }
}

/** A row that was written with `rowToJson`, checked against the model. @throws ZkinferError of kind usage */
export function readStoredRow(value: unknown, spec: RowsSpec): Row {
  const row = Object.create(null) as Row;
  const given = value as Record<string, unknown>;
  for (const { name, shape } of spec.inputs) {
    const elements = given?.[name];
    const size = sizeOf(shape);
    const isRow = Array.isArray(elements) && elements.length === size && elements.every(Number.isFinite);
    if (!isRow) throw new SchemaError(`$.${name}`, `${size} numbers`, undefined);
    row[name] = Float64Array.from(elements as number[]);
  }
  return row;
}
