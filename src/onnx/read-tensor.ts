import { sizeOf } from '../core/tensor.js';
import { type ElementFormat, elementFormats, nameElementType } from './element-types.js';
import { failRead } from './fail.js';
import type { Message } from './message.js';
import type { OnnxTensor } from './model.js';

/** Fetches the bytes of an external data file, by its location relative to the model. */
export type ExternalData = (location: string) => Uint8Array;

/** More elements than any model zkinfer can prove; a bound on what a dims field can make us allocate. */
const MAX_ELEMENTS = 2 ** 27;

/**
 * Refuses a location that could leave the model's folder: absolute, with a drive, `..`, a backslash or a NUL.
 * The caller still has to refuse links when it opens the file.
 */
export function checkExternalLocation(location: string): void {
  const parts = location.split('/');
  const bad =
    location === '' ||
    /^[a-zA-Z]:|[\\\0]/.test(location) ||
    location.startsWith('/') ||
    parts.includes('..') ||
    parts.includes('');
  if (!bad) return;
  failRead('ONNX_EXTERNAL_LOCATION', 'The model points at external data outside its folder', {
    facts: [`location: ${JSON.stringify(location)}`],
    hint: 'keep the data file beside the model and store its bare name',
  });
}

/** Reads a TensorProto. */
export function readTensor(message: Message, external: ExternalData | undefined, fallbackName: string): OnnxTensor {
  const name = message.text(8) || fallbackName;
  const shape = message.ints(1);
  if (shape.some((extent) => !(extent >= 0) || extent > MAX_ELEMENTS) || !(sizeOf(shape) <= MAX_ELEMENTS))
    failTensor(name, `dims [${shape.join(', ')}] are out of bounds`);
  if (message.has(3)) failTensor(name, 'segmented tensors are not supported');
  const elemType = message.int(2, 0);
  const size = sizeOf(shape);
  if (elemType === 8) {
    const strings = message.texts(6);
    if (strings.length !== size) failTensor(name, `${strings.length} strings for dims [${shape.join(', ')}]`);
    return { kind: 'strings', name, shape, strings };
  }
  const format = elementFormats[elemType];
  if (format === undefined)
    failTensor(name, `element type ${elemType} is not supported`, 'export the model in float32');
  const raw =
    message.int(14, 0) === 1 ? readExternal(message, external, name) : message.has(9) ? message.data(9) : null;
  const data =
    raw === null
      ? readField(message, format, size, name, elemType)
      : readRaw(
          raw,
          format,
          size,
          () => `${raw.length} bytes for ${size} elements of ${nameElementType(elemType)}`,
          name,
        );
  return { kind: 'numbers', name, elemType, tensor: { shape, type: format.type, data } };
}

function readRaw(
  raw: Uint8Array,
  format: ElementFormat,
  size: number,
  describe: () => string,
  name: string,
): Float64Array {
  if (raw.length !== Math.ceil((size * format.bits) / 8)) failTensor(name, describe());
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const data = new Float64Array(size);
  for (let i = 0; i < size; i++) data[i] = format.read(view, i);
  return data;
}

function readField(
  message: Message,
  format: ElementFormat,
  size: number,
  name: string,
  elemType: number,
): Float64Array {
  const stored = readStored(message, format.field);
  const decode = format.decode;
  if (format.bits === 4) return readNibbles(stored, format, size, name);
  if (stored.length !== size)
    failTensor(name, `${stored.length} elements of ${nameElementType(elemType)} where dims ask for ${size}`);
  return Float64Array.from(stored, decode ?? ((value) => value));
}

function readStored(message: Message, field: ElementFormat['field']): number[] {
  switch (field) {
    case 'float':
      return message.floats(4);
    case 'int32':
      return message.ints(5);
    case 'int64':
      return message.ints(7);
    case 'double':
      return message.doubles(10);
    case 'uint64':
      return message.ints(11, false);
  }
}

function readNibbles(stored: readonly number[], format: ElementFormat, size: number, name: string): Float64Array {
  return readRaw(
    Uint8Array.from(stored),
    format,
    size,
    () => `${stored.length} bytes for ${size} 4-bit elements`,
    name,
  );
}

function readExternal(message: Message, external: ExternalData | undefined, name: string): Uint8Array {
  const entries = new Map(message.messages(13).map((entry) => [entry.text(1), entry.text(2)]));
  const location = entries.get('location') ?? '';
  checkExternalLocation(location);
  if (external === undefined)
    return failRead('ONNX_EXTERNAL_MISSING', 'The model keeps weights in another file', {
      facts: [`tensor: ${name}`, `file: ${location}`],
      hint: 'read the model from its path, with the data file beside it',
    });
  const file = external(location);
  const offset = readCount(entries.get('offset') ?? '0', name);
  const length = entries.has('length') ? readCount(entries.get('length') as string, name) : file.length - offset;
  if (offset + length > file.length || length < 0)
    failTensor(name, `external data ends at byte ${offset + length} of ${location}, which has ${file.length}`);
  return file.subarray(offset, offset + length);
}

function readCount(text: string, name: string): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(count)
    ? count
    : failTensor(name, `external data offset or length ${JSON.stringify(text)}`);
}

function failTensor(name: string, reason: string, hint = 'export the model again'): never {
  return failRead('ONNX_TENSOR', 'A tensor of the model cannot be read', { facts: [`${name}: ${reason}`], hint });
}
