import type { ResidentKey } from './resident-key.js';
import type { Crew } from './step-board.js';

/**
 * Evaluates `A·B - C` on the odd points of the domain of twice the size: the scalars of the H points. They are plain
 * integers of 32 bytes.
 * @param values address of the witness, plain integers
 */
export function computeQuotient({ curve, info, parts, tables }: ResidentKey, values: number, crew: Crew): number {
  const size = info.domainSize;
  const vectors = [0, 1, 2].map(() => curve.alloc(size * 32));
  const [a, b, c] = vectors;
  curve.call.qap_buildABC(parts.coefficients, info.coefficientCount, values, a, b, c, 0, size, 0, info.wireCount);
  crew.collect(vectors.map((vector) => crew.post({ kind: 'transform', vector, tables }, 'quotient')));
  curve.call.qap_joinABC(a, b, c, size, a);
  curve.call.frm_batchFromMontgomery(a, size, a);
  return a;
}
