import type { ElementType } from '../core/tensor.js';

/** How one TensorProto.DataType is stored. */
export interface ElementFormat {
  readonly name: string;
  readonly type: ElementType;
  /** Bits per element in raw_data. */
  readonly bits: number;
  /** Reads element `index` of raw_data. */
  readonly read: (view: DataView, index: number) => number;
  /** Which repeated field holds the elements when raw_data does not. */
  readonly field: 'float' | 'int32' | 'int64' | 'uint64' | 'double';
  /** Turns an entry of that field into the number (16-bit floats are stored as bit patterns). */
  readonly decode?: (stored: number) => number;
}

/** IEEE half precision. */
export function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float32. */
export function decodeBrainFloat(bits: number): number {
  scratch.setUint32(0, (bits & 0xffff) * 0x10000);
  return scratch.getFloat32(0);
}

const nibble = (view: DataView, index: number) => (view.getUint8(index >> 1) >> (index & 1 ? 4 : 0)) & 15;
const signedNibble = (value: number) => (value > 7 ? value - 16 : value);

/** By TensorProto.DataType. Strings (8) are read apart; complex and float8 are absent. */
export const elementFormats: Readonly<Record<number, ElementFormat>> = {
  1: { name: 'float32', type: 'float', bits: 32, read: (v, i) => v.getFloat32(4 * i, true), field: 'float' },
  2: { name: 'uint8', type: 'int', bits: 8, read: (v, i) => v.getUint8(i), field: 'int32' },
  3: { name: 'int8', type: 'int', bits: 8, read: (v, i) => v.getInt8(i), field: 'int32' },
  4: { name: 'uint16', type: 'int', bits: 16, read: (v, i) => v.getUint16(2 * i, true), field: 'int32' },
  5: { name: 'int16', type: 'int', bits: 16, read: (v, i) => v.getInt16(2 * i, true), field: 'int32' },
  6: { name: 'int32', type: 'int', bits: 32, read: (v, i) => v.getInt32(4 * i, true), field: 'int32' },
  7: { name: 'int64', type: 'int', bits: 64, read: (v, i) => Number(v.getBigInt64(8 * i, true)), field: 'int64' },
  9: { name: 'bool', type: 'bool', bits: 8, read: (v, i) => (v.getUint8(i) ? 1 : 0), field: 'int32' },
  10: {
    name: 'float16',
    type: 'float',
    bits: 16,
    read: (v, i) => decodeHalf(v.getUint16(2 * i, true)),
    field: 'int32',
    decode: decodeHalf,
  },
  11: { name: 'float64', type: 'float', bits: 64, read: (v, i) => v.getFloat64(8 * i, true), field: 'double' },
  12: { name: 'uint32', type: 'int', bits: 32, read: (v, i) => v.getUint32(4 * i, true), field: 'uint64' },
  13: { name: 'uint64', type: 'int', bits: 64, read: (v, i) => Number(v.getBigUint64(8 * i, true)), field: 'uint64' },
  16: {
    name: 'bfloat16',
    type: 'float',
    bits: 16,
    read: (v, i) => decodeBrainFloat(v.getUint16(2 * i, true)),
    field: 'int32',
    decode: decodeBrainFloat,
  },
  21: { name: 'uint4', type: 'int', bits: 4, read: nibble, field: 'int32' },
  22: { name: 'int4', type: 'int', bits: 4, read: (v, i) => signedNibble(nibble(v, i)), field: 'int32' },
};

/** `float32` for 1, and so on; `type 17` where it is none that can be read. */
export function nameElementType(elemType: number): string {
  if (elemType === 8) return 'string';
  return elementFormats[elemType]?.name ?? `type ${elemType}`;
}
