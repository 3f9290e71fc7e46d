import { invertField, R } from '../../core/field.js';

/** 5 generates the multiplicative group of the BN254 scalar field, whose order 2^28 divides. */
const GENERATOR = 5n;
const TWO_ADICITY = 28;
/** Products shorter than this are quicker term by term. */
const NAIVE_LENGTH = 24;

function powerOf(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % R;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % R;
    square = (square * square) % R;
  }
  return result;
}

const roots = new Map<number, readonly bigint[]>();

/** For each half-size m = 2^(power-1), …, 2, 1 the powers 0 … m-1 of the root of order 2m, one after the other. */
function rootsOf(power: number): readonly bigint[] {
  let known = roots.get(power);
  if (!known) {
    if (power > TWO_ADICITY) throw new RangeError(`no root of order 2^${power}`);
    const root = powerOf(GENERATOR, (R - 1n) >> BigInt(power));
    const powers = [1n];
    for (let i = 1; i < 2 ** (power - 1); i++) powers.push((powers[i - 1] * root) % R);
    const table = [...powers];
    for (let step = 2; step <= 2 ** (power - 1); step *= 2)
      for (let i = 0; i < 2 ** (power - 1); i += step) table.push(powers[i]);
    roots.set(power, table);
    known = table;
  }
  return known;
}

/** Values of a polynomial at the powers of the root of order 2^power, in bit-reversed order. */
export function transformPolynomial(coefficients: readonly bigint[], power: number): bigint[] {
  const size = 2 ** power;
  const out = Array.from({ length: size }, (_, i) => coefficients[i] ?? 0n);
  if (power === 0) return out;
  const powers = rootsOf(power);
  for (let half = size / 2, table = 0; half >= 1; table += half, half /= 2)
    for (let start = 0; start < size; start += 2 * half)
      for (let i = 0; i < half; i++) {
        const [a, b] = [out[start + i], out[start + i + half]];
        const sum = a + b;
        out[start + i] = sum >= R ? sum - R : sum;
        // Below 0 at times: products of either sign are reduced in the end.
        out[start + i + half] = i === 0 ? a - b : ((a - b) * powers[table + i]) % R;
      }
  return out;
}

/** The product of two transforms, transformed back: `length` coefficients in `[0, R)`. */
export function untransformProduct(left: readonly bigint[], right: readonly bigint[], length: number): bigint[] {
  const size = left.length;
  const out = left.map((value, i) => (value * right[i]) % R);
  const powers = size > 1 ? rootsOf(Math.log2(size)) : [];
  for (let half = 1, table = size - 2; half < size; half *= 2, table -= half)
    for (let start = 0; start < size; start += 2 * half)
      for (let i = 0; i < half; i++) {
        const a = out[start + i];
        const b = i === 0 ? out[start + half] : (out[start + i + half] * powers[table + i]) % R;
        out[start + i] = a + b;
        out[start + i + half] = a - b;
      }
  // The inverse transform is the transform with the points in reverse order, over the size.
  const scale = invertField(BigInt(size));
  return Array.from({ length }, (_, i) => {
    const value = (out[i === 0 ? 0 : size - i] * scale) % R;
    return value < 0n ? value + R : value;
  });
}

/** The transform that holds a product of so many coefficients. */
export function powerFor(length: number): number {
  return Math.ceil(Math.log2(length));
}

/** Product of two polynomials over the field; coefficients in `[0, R)`, constant first. */
export function multiplyPolynomials(a: readonly bigint[], b: readonly bigint[]): bigint[] {
  const length = a.length + b.length - 1;
  if (Math.min(a.length, b.length) < NAIVE_LENGTH) {
    const product = new Array<bigint>(length).fill(0n);
    for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) product[i + j] += a[i] * b[j];
    return product.map((c) => c % R);
  }
  const power = powerFor(length);
  return untransformProduct(transformPolynomial(a, power), transformPolynomial(b, power), length);
}
