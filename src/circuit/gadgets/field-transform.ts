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

/** First half of the powers of a root of unity of order 2^power. */
function rootsOf(power: number): readonly bigint[] {
  let known = roots.get(power);
  if (!known) {
    if (power > TWO_ADICITY) throw new RangeError(`no root of order 2^${power}`);
    const root = powerOf(GENERATOR, (R - 1n) >> BigInt(power));
    const powers = [1n];
    for (let i = 1; i < 2 ** (power - 1); i++) powers.push((powers[i - 1] * root) % R);
    roots.set(power, powers);
    known = powers;
  }
  return known;
}

/** Number-theoretic transform of 2^power values; output k is the value at root^k. */
function transform(values: readonly bigint[], power: number): bigint[] {
  const size = 2 ** power;
  const out = new Array<bigint>(size);
  for (let i = 0; i < size; i++) {
    let reversed = 0;
    for (let b = 0; b < power; b++) if (i & (1 << b)) reversed |= 1 << (power - 1 - b);
    out[reversed] = values[i] ?? 0n;
  }
  if (power === 0) return out;
  const powers = rootsOf(power);
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half)
      for (let i = 0; i < half; i++) {
        const odd = (out[start + i + half] * powers[i * stride]) % R;
        const even = out[start + i];
        out[start + i] = even + odd >= R ? even + odd - R : even + odd;
        out[start + i + half] = even >= odd ? even - odd : even - odd + R;
      }
  }
  return out;
}

/** Product of two polynomials over the field; coefficients in `[0, R)`, constant first. */
export function multiplyPolynomials(a: readonly bigint[], b: readonly bigint[]): bigint[] {
  const length = a.length + b.length - 1;
  if (Math.min(a.length, b.length) < NAIVE_LENGTH) {
    const product = new Array<bigint>(length).fill(0n);
    for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) product[i + j] += a[i] * b[j];
    return product.map((c) => c % R);
  }
  const power = Math.ceil(Math.log2(length));
  const [left, right] = [transform(a, power), transform(b, power)];
  const product = transform(
    left.map((value, i) => (value * right[i]) % R),
    power,
  );
  // The inverse transform is the transform with the points in reverse order, over the size.
  const scale = invertField(BigInt(2 ** power));
  return Array.from({ length }, (_, i) => (product[i === 0 ? 0 : 2 ** power - i] * scale) % R);
}
