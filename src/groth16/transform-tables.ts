import { invertField, R } from '../core/field.js';
import { type Curve, FIELD_BYTES } from './curve.js';

/** What the transforms of one size need, computed once; addresses of Montgomery values. */
export interface TransformTables {
  readonly size: number;
  /** Inverse roots, for values → coefficients. */
  readonly inverseRoots: number;
  /** Roots, for coefficients → values. */
  readonly roots: number;
  /**
   * For the coefficient at each bit-reversed place: the power of the root of order 2·size that moves the evaluation to
   * the odd points, over `size`.
   */
  readonly shifts: number;
}

/** Builds the tables; three field elements per point. */
export function buildTransformTables(curve: Curve, size: number): TransformTables {
  const root = rootOfUnity(size);
  return {
    size,
    inverseRoots: buildRoots(curve, size, invertField(root)),
    roots: buildRoots(curve, size, root),
    shifts: buildShifts(curve, size, rootOfUnity(2 * size)),
  };
}

/** Powers of `root` of order `size`, then those of its square, and so on: half the number each time, `size` places in all. */
export function buildRoots(curve: Curve, size: number, root: bigint): number {
  const table = curve.alloc(size * FIELD_BYTES);
  const { frm_mul: mul, frm_copy: copy } = curve.call;
  const mark = curve.mark();
  const one = curve.putScalar(1n);
  const step = curve.putScalar(root);
  copy(one, table);
  for (let index = 1; index < size / 2; index++) {
    mul(table + (index - 1) * FIELD_BYTES, step, table + index * FIELD_BYTES);
  }
  for (let half = size / 4, from = table, to = table + (size / 2) * FIELD_BYTES; half >= 1; half /= 2) {
    for (let index = 0; index < half; index++) copy(from + 2 * index * FIELD_BYTES, to + index * FIELD_BYTES);
    from = to;
    to += half * FIELD_BYTES;
  }
  curve.release(mark);
  return table;
}

function buildShifts(curve: Curve, size: number, root: bigint): number {
  const table = curve.alloc(size * FIELD_BYTES);
  const { frm_mul: mul, frm_copy: copy } = curve.call;
  const mark = curve.mark();
  const power = curve.putScalar(invertField(BigInt(size)));
  const step = curve.putScalar(root);
  const bits = Math.log2(size);
  for (let index = 0; index < size; index++) {
    copy(power, table + reverseBits(index, bits) * FIELD_BYTES);
    mul(power, step, power);
  }
  curve.release(mark);
  return table;
}

function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed |= ((value >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}

/** The root of unity of that order (a power of two) which snarkjs uses: a power of 5. */
export function rootOfUnity(order: number): bigint {
  let result = 1n;
  let square = 5n;
  for (let exponent = (R - 1n) / BigInt(order); exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * square) % R;
    square = (square * square) % R;
  }
  return result;
}
