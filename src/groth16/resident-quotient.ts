import type { ResidentKey } from './resident-key.js';

/**
 * Evaluates `A·B - C` on the odd points of the domain of twice the size: the scalars of the H points. They are plain
 * integers of 32 bytes, valid until the next proof.
 * @param values address of the witness, plain integers
 */
export function computeQuotient(resident: ResidentKey, values: number): number {
  const { curve, info, vectors, tables } = resident;
  const size = info.domainSize;
  const [a, b, c] = vectors;
  curve.call.qap_buildABC(resident.coefficients, info.coefficientCount, values, a, b, c, 0, size, 0, info.wireCount);
  for (const vector of vectors) {
    curve.call.frm_toCoefficients(vector, size, tables.inverseRoots);
    curve.call.frm_mulEach(vector, tables.shifts, size);
    curve.call.frm_toValues(vector, size, tables.roots);
  }
  curve.call.qap_joinABC(a, b, c, size, a);
  curve.call.frm_batchFromMontgomery(a, size, a);
  return a;
}
