import { decodeBase64, encodeBase64 } from '../core/base64.js';
import { type Read, readArray, readCount, readObject, readOneOf, readString, SchemaError } from './schema.js';

/** A long list of numbers in JSON: base64 of little-endian elements, in the narrowest type that holds them all exactly. */
export interface PackedNumbers {
  readonly type: 'i8' | 'i16' | 'i32' | 'f64';
  readonly base64: string;
}

/** Lists up to this length are written as plain JSON arrays. */
const PLAIN_LENGTH = 24;

const TYPES = {
  i8: { bytes: 1, make: (length: number) => new Int8Array(length) },
  i16: { bytes: 2, make: (length: number) => new Int16Array(length) },
  i32: { bytes: 4, make: (length: number) => new Int32Array(length) },
  f64: { bytes: 8, make: (length: number) => new Float64Array(length) },
} as const;

function narrowestType(numbers: ArrayLike<number>): PackedNumbers['type'] {
  let bits = 7;
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i];
    if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31 || Object.is(value, -0)) return 'f64';
    while (value < -(2 ** bits) || value >= 2 ** bits) bits = 2 * bits + 1;
  }
  return bits === 7 ? 'i8' : bits === 15 ? 'i16' : 'i32';
}

/** Numbers as canonical JSON: a plain array where short, packed where long. @throws RangeError for NaN and infinities */
export function encodeNumbers(numbers: ArrayLike<number>): number[] | PackedNumbers {
  const bad = Array.prototype.findIndex.call(numbers, (value: number) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`entry ${bad} is ${numbers[bad]}`);
  if (numbers.length <= PLAIN_LENGTH) return Array.from(numbers);
  const type = narrowestType(numbers);
  const packed = TYPES[type].make(numbers.length);
  packed.set(numbers as ArrayLike<number> & Iterable<number>);
  return { type, base64: encodeBase64(new Uint8Array(packed.buffer)) };
}

const readPacked = readObject({ type: readOneOf('i8', 'i16', 'i32', 'f64'), base64: readString });

function readBase64(text: string, path: string): Uint8Array {
  try {
    return decodeBase64(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SchemaError(`${path}.base64`, 'base64', text);
  }
}

/** Reads what encodeNumbers wrote. @throws SchemaError, also for base64 or lengths that encodeNumbers would not write */
export const readFloats: Read<Float64Array> = (value, path) => {
  if (Array.isArray(value)) {
    return Float64Array.from(value, (entry: unknown, i) => {
      if (typeof entry !== 'number' || !Number.isFinite(entry))
        throw new SchemaError(`${path}[${i}]`, 'a number', entry);
      return entry;
    });
  }
  const { type, base64 } = readPacked(value, path);
  const { bytes: width, make } = TYPES[type];
  const bytes = readBase64(base64, path);
  if (bytes.length % width !== 0) throw new SchemaError(`${path}.base64`, `a multiple of ${width} bytes`, bytes.length);
  const packed = make(bytes.length / width);
  new Uint8Array(packed.buffer).set(bytes);
  const numbers = Float64Array.from(packed);
  const bad = numbers.findIndex((entry) => !Number.isFinite(entry));
  if (bad >= 0) throw new SchemaError(`${path}[${bad}]`, 'a finite number', String(numbers[bad]));
  return numbers;
};

/** As readFloats, for 32-bit integers. */
export const readInts: Read<Int32Array> = (value, path) => {
  const numbers = readFloats(value, path);
  const bad = numbers.findIndex((entry) => (entry | 0) !== entry);
  if (bad >= 0) throw new SchemaError(`${path}[${bad}]`, 'a 32-bit integer', numbers[bad]);
  return Int32Array.from(numbers);
};

/** Lists of several lengths, as one list and the lengths. */
export function encodeLists(lists: readonly ArrayLike<number>[]): { lengths: unknown; numbers: unknown } {
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  const numbers = new Float64Array(total);
  let at = 0;
  for (const list of lists) {
    numbers.set(list as ArrayLike<number> & Iterable<number>, at);
    at += list.length;
  }
  return { lengths: encodeNumbers(lists.map((list) => list.length)), numbers: encodeNumbers(numbers) };
}

function readLists<T extends Float64Array | Int32Array>(read: Read<T>): Read<T[]> {
  const readParts = readObject({ lengths: readInts, numbers: read });
  return (value, path) => {
    const { lengths, numbers } = readParts(value, path);
    let at = 0;
    const lists = Array.from(lengths, (length, i) => {
      if (length < 0) throw new SchemaError(`${path}.lengths[${i}]`, 'a natural number', length);
      at += length;
      return numbers.slice(at - length, at) as T;
    });
    if (at !== numbers.length) throw new SchemaError(`${path}.lengths`, `a sum of ${numbers.length}`, at);
    return lists;
  };
}

export const readFloatLists = readLists(readFloats);
export const readIntLists = readLists(readInts);

/** A shape: natural numbers whose product is a safe integer. */
export const readShape: Read<number[]> = (value, path) => {
  const shape = readArray(readCount)(value, path);
  if (!Number.isSafeInteger(shape.reduce((product, extent) => product * extent, 1))) {
    throw new SchemaError(path, 'a shape of sane size', shape);
  }
  return shape;
};
