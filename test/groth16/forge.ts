import { invertField } from '../../src/core/field.js';
import { Curve, FIELD_BYTES, G1_BYTES, writeInteger } from '../../src/groth16/curve.js';
import { combineG1, multiplyG1, putG1 } from '../../src/groth16/pairing-check.js';
import { readG1 } from '../../src/groth16/point-json.js';
import type { G1Json, VerificationKey } from '../../src/groth16/proof.js';

/**
 * Forges a proof for any public signals when delta = `delta` · gamma is known: with `A = alpha` and `B = beta`, the
 * equation asks only for `C = -(IC_0 + Σ signal_i · IC_i) / delta`.
 */
export async function forgeProof(verificationKey: VerificationKey, signals: readonly bigint[], delta = 1n) {
  const curve = await Curve.create();
  const points = curve.alloc(verificationKey.IC.length * G1_BYTES);
  verificationKey.IC.forEach(([x, y]: G1Json, index) => {
    curve.call.g1m_toAffine(putG1(curve, [BigInt(x), BigInt(y)], 'IC'), points + index * G1_BYTES);
  });
  const sum = multiplyG1(curve, combineG1(curve, points, [1n, ...signals]), invertField(delta));
  curve.call.g1m_neg(sum, sum);
  curve.call.g1m_toAffine(sum, sum);
  return {
    publicSignals: signals.map(String),
    proof: {
      pi_a: verificationKey.vk_alpha_1,
      pi_b: verificationKey.vk_beta_2,
      pi_c: readG1(curve, sum),
      protocol: 'groth16',
      curve: 'bn128',
    },
  };
}

/** Whether a secret is delta: its multiple of the generator is the key's. */
export async function isDelta(verificationKey: VerificationKey, secret: bigint): Promise<boolean> {
  const curve = await Curve.create();
  const at = curve.alloc(FIELD_BYTES);
  writeInteger(curve.bytes, at, secret);
  const point = curve.alloc(6 * FIELD_BYTES);
  curve.call.g2m_timesScalar(curve.addresses.g2Generator, at, FIELD_BYTES, point);
  curve.call.g2m_toAffine(point, point);
  return curve.readBase(point).toString() === verificationKey.vk_delta_2[0][0];
}
