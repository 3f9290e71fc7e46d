import { R } from '../core/field.js';
import type { ResidentKey } from './resident-key.js';

/**
 * Evaluates `A·B - C` on the odd points of the domain of twice the size: the scalars of the H points. They are plain
 * integers of 32 bytes, valid until the next proof.
 * @param values address of the witness, plain integers
 */
export function computeQuotient(resident: ResidentKey, values: number): number {
  const { curve, info, vectors } = resident;
  const size = info.domainSize;
  const [a, b, c] = vectors;
  curve.call.qap_buildABC(resident.coefficients, info.coefficientCount, values, a, b, c, 0, size, 0, info.wireCount);
  const one = curve.putScalar(1n);
  const shift = curve.putScalar(rootOfUnity(2 * size));
  for (const vector of vectors) {
    curve.call.frm_ifft(vector, size);
    curve.call.frm_batchApplyKey(vector, size, one, shift, vector);
    curve.call.frm_fft(vector, size);
  }
  curve.call.qap_joinABC(a, b, c, size, a);
  curve.call.frm_batchFromMontgomery(a, size, a);
  return a;
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
