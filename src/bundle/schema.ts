import { type Digest, isDigest } from '../core/digest.js';

/** What went wrong in a document, and where. The reader of the document turns it into its own error. */
export class SchemaError extends Error {
  constructor(
    readonly path: string,
    readonly expected: string,
    readonly given: unknown,
  ) {
    super(`${path}: expected ${expected}, given ${printGiven(given)}`);
  }
}

function printGiven(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Reads one part of a document or throws SchemaError. */
export type Read<T> = (value: unknown, path: string) => T;

export const readString: Read<string> = (value, path) => {
  if (typeof value !== 'string') throw new SchemaError(path, 'a string', value);
  return value;
};

export const readNumber: Read<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new SchemaError(path, 'a number', value);
  return value;
};

export const readBoolean: Read<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new SchemaError(path, 'true or false', value);
  return value;
};

/** A class label: a text or a number. */
export const readLabel: Read<string | number> = (value, path) => {
  if (typeof value !== 'string' && typeof value !== 'number') throw new SchemaError(path, 'a label', value);
  return value;
};

export const readCount: Read<number> = (value, path) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new SchemaError(path, 'a natural number', value);
  return value as number;
};

export const readDigest: Read<Digest> = (value, path) => {
  if (!isDigest(value)) throw new SchemaError(path, 'sha256: and 64 hexadecimal digits', value);
  return value;
};

export function readOneOf<const T extends string>(...words: readonly T[]): Read<T> {
  return (value, path) => {
    if (!words.includes(value as T)) throw new SchemaError(path, words.map((word) => `"${word}"`).join(' or '), value);
    return value as T;
  };
}

export function readArray<T>(read: Read<T>): Read<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new SchemaError(path, 'an array', value);
    return value.map((part, i) => read(part, `${path}[${i}]`));
  };
}

export function readNullable<T>(read: Read<T>): Read<T | null> {
  return (value, path) => (value === null ? null : read(value, path));
}

/** Marks a field that may be absent. */
export function readOptional<T>(read: Read<T>): Read<T | undefined> {
  return (value, path) => (value === undefined ? undefined : read(value, path));
}

/** An object with any keys, each value read alike. */
export function readRecord<T>(read: Read<T>): Read<Record<string, T>> {
  return (value, path) => {
    const object = requireObject(value, path);
    return Object.fromEntries(Object.keys(object).map((key) => [key, read(object[key], `${path}.${key}`)]));
  };
}

type Fields = Readonly<Record<string, Read<unknown>>>;
type ObjectOf<F extends Fields> = { [K in keyof F]: ReturnType<F[K]> };

/** An object with exactly these keys; a key that is not among them is an error. */
export function readObject<F extends Fields>(fields: F): Read<ObjectOf<F>> {
  return (value, path) => {
    const object = requireObject(value, path);
    const extra = Object.keys(object).find((key) => !Object.hasOwn(fields, key));
    if (extra !== undefined) throw new SchemaError(`${path}.${extra}`, 'no such key', object[extra]);
    const result: Record<string, unknown> = {};
    for (const [key, read] of Object.entries(fields)) {
      const given = Object.hasOwn(object, key) ? object[key] : undefined;
      const part = read(given, `${path}.${key}`);
      if (part !== undefined) result[key] = part;
    }
    return result as ObjectOf<F>;
  };
}

function requireObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SchemaError(path, 'an object', value);
  return value as Record<string, unknown>;
}
