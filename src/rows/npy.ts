import { type Shape, sizeOf, stridesOf } from '../core/tensor.js';
import { rowsError } from './rows.js';

/** An array of numpy, in row-major order. Strings only where the dtype is text. */
export interface NpyArray {
  readonly shape: Shape;
  readonly data: Float64Array | readonly string[];
}

type ReadOne = (view: DataView, at: number, little: boolean) => number;

const READERS: Readonly<Record<string, { readonly width: number; readonly read: ReadOne }>> = {
  f8: { width: 8, read: (view, at, little) => view.getFloat64(at, little) },
  f4: { width: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f2: { width: 2, read: (view, at, little) => halfToNumber(view.getUint16(at, little)) },
  i8: { width: 8, read: (view, at, little) => exactNumber(view.getBigInt64(at, little)) },
  u8: { width: 8, read: (view, at, little) => exactNumber(view.getBigUint64(at, little)) },
  i4: { width: 4, read: (view, at, little) => view.getInt32(at, little) },
  u4: { width: 4, read: (view, at, little) => view.getUint32(at, little) },
  i2: { width: 2, read: (view, at, little) => view.getInt16(at, little) },
  u2: { width: 2, read: (view, at, little) => view.getUint16(at, little) },
  i1: { width: 1, read: (view, at) => view.getInt8(at) },
  u1: { width: 1, read: (view, at) => view.getUint8(at) },
  b1: { width: 1, read: (view, at) => view.getUint8(at) },
};

function exactNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw rowsError('ROWS_VALUE', 'an integer beyond 2^53 has no exact double', [`given ${value}`]);
  }
  return number;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function parseHeader(text: string, where: string): { descr: string; fortran: boolean; shape: number[] } {
  const descr = /'descr':\s*'([<>|=][a-zA-Z]\d+)'/.exec(text)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw rowsError('ROWS_FORMAT', 'this .npy header is not understood', [`in ${where}`, text.trim().slice(0, 120)]);
  }
  const extents = shape
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '');
  return { descr, fortran: fortran === 'True', shape: extents.map(Number) };
}

/** From column-major to row-major. */
function transposeData(data: Float64Array, shape: Shape): Float64Array {
  const strides = stridesOf(shape);
  const result = new Float64Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    result[index.reduce((at, position, axis) => at + position * strides[axis], 0)] = data[i];
    for (let axis = 0; axis < shape.length && ++index[axis] === shape[axis]; axis++) index[axis] = 0;
  }
  return result;
}

/**
 * Reads one `.npy` array (format versions 1 to 3): floats of 2, 4, 8 bytes, integers of 1 to 8, booleans, text.
 * @throws ZkinferError ROWS_FORMAT for anything else, for a file cut short, and for bytes left over
 */
export function readNpy(bytes: Uint8Array, where: string): NpyArray {
  const fail = (message: string, ...facts: string[]) => rowsError('ROWS_FORMAT', message, [`in ${where}`, ...facts]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || bytes[0] !== 0x93 || Buffer.from(bytes.subarray(1, 6)).toString('latin1') !== 'NUMPY') {
    throw fail('this is not a .npy file');
  }
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const headerLength = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = Buffer.from(bytes.subarray(start, start + headerLength)).toString('utf8');
  const { descr, fortran, shape } = parseHeader(header, where);
  const little = descr[0] !== '>';
  const count = sizeOf(shape);
  const offset = start + headerLength;
  const width = descr[1] === 'U' ? 4 * Number(descr.slice(2)) : READERS[descr.slice(1)]?.width;
  // Elements of no width would allow any number of them in a file of no size.
  if (!width)
    throw fail('this dtype is not supported', `given ${descr}`, `supported ${Object.keys(READERS).join(', ')}, U`);
  if (offset + count * width !== bytes.length) {
    throw fail(
      'the array has another size than its header says',
      `expected ${count * width} bytes of data`,
      `given ${bytes.length - offset}`,
    );
  }
  if (descr[1] === 'U') return { shape, data: readText(view, offset, count, width, little) };
  const { read } = READERS[descr.slice(1)];
  const data = Float64Array.from({ length: count }, (_, i) => read(view, offset + i * width, little));
  return { shape, data: fortran && shape.length > 1 ? transposeData(data, shape) : data };
}

function readText(view: DataView, offset: number, count: number, width: number, little: boolean): string[] {
  return Array.from({ length: count }, (_, i) => {
    let text = '';
    for (let at = offset + i * width; at < offset + (i + 1) * width; at += 4) {
      const point = view.getUint32(at, little);
      if (point !== 0 && point <= 0x10ffff) text += String.fromCodePoint(point);
    }
    return text;
  });
}
