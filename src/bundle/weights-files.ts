import { ZkinferError } from '../core/error.js';
import { printCanonicalJson } from './canonical-json.js';
import { decodeQModel, encodeQModel, type QModel } from './qmodel.js';
import { type Read, readArray, readObject, readOneOf, readString, SchemaError } from './schema.js';

export const WEIGHTS_FORMAT = 'zkinfer-weights/1';
export const OPENING_FORMAT = 'zkinfer-weights-opening/1';

/** A public commitment to private weights; its numbers are read more strictly by whoever checks its proof. */
export interface WeightsFile {
  readonly point: readonly string[];
  readonly nonce: readonly string[];
  readonly responses: readonly string[];
}

/** What the owner of private weights keeps: the model in the form of its architecture, and the blinding. */
export interface WeightsOpeningFile {
  readonly qmodel: QModel;
  readonly blinding: bigint;
}

const readWeightsFields = readObject({
  format: readOneOf(WEIGHTS_FORMAT),
  point: readArray(readString),
  nonce: readArray(readString),
  responses: readArray(readString),
});

const readObjectAsText: Read<string> = (value) => JSON.stringify(value);
const readOpeningFields = readObject({
  format: readOneOf(OPENING_FORMAT),
  blinding: readString,
  qmodel: readObjectAsText,
});

export function encodeWeights({ point, nonce, responses }: WeightsFile): string {
  return printCanonicalJson({ format: WEIGHTS_FORMAT, point, nonce, responses });
}

/** @throws ZkinferError WEIGHTS_INVALID (3) */
export function decodeWeights(text: string, where: string): WeightsFile {
  return readStrictly(readWeightsFields, text, where);
}

export function encodeOpening({ qmodel, blinding }: WeightsOpeningFile): string {
  return printCanonicalJson({
    format: OPENING_FORMAT,
    blinding: String(blinding),
    qmodel: JSON.parse(encodeQModel(qmodel)) as unknown,
  });
}

/** @throws ZkinferError WEIGHTS_INVALID, QMODEL_INVALID (3) */
export function decodeOpening(text: string, where: string): WeightsOpeningFile {
  const { blinding, qmodel } = readStrictly(readOpeningFields, text, where);
  if (!/^(0|[1-9][0-9]{0,77})$/.test(blinding)) throw damaged([where, 'the blinding is not a decimal']);
  return { blinding: BigInt(blinding), qmodel: decodeQModel(qmodel, where) };
}

function readStrictly<T>(read: Read<T>, text: string, where: string): T {
  try {
    return read(JSON.parse(text), '$');
  } catch (cause) {
    if (!(cause instanceof SchemaError) && !(cause instanceof SyntaxError)) throw cause;
    throw damaged([where, cause.message], cause);
  }
}

function damaged(facts: readonly string[], cause?: unknown): ZkinferError {
  return new ZkinferError({
    code: 'WEIGHTS_INVALID',
    kind: 'artifact',
    message: 'the file of the weights is damaged or of another format',
    facts,
    hint: 'commit to the weights again: zkinfer weights commit',
    cause,
  });
}
