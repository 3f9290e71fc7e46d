import { createHash } from 'node:crypto';
import { ChaCha } from 'ffjavascript';
import { invertField, R } from '../../src/core/field.js';
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

/** The secret that a beacon multiplies delta with, as everyone can compute it: the iterated hash seeds a generator. */
export function beaconSecret(beacon: { readonly hash: string; readonly iterationsExponent: number }): bigint {
  let state = Buffer.from(beacon.hash, 'hex');
  for (let round = 0; round < 2 ** beacon.iterationsExponent; round++)
    state = createHash('sha256').update(state).digest();
  const generator = new ChaCha(Array.from({ length: 8 }, (_, index) => state.readUInt32BE(index * 4)));
  for (;;) {
    let value = 0n;
    for (let word = 0; word < 4; word++) value |= generator.nextU64() << BigInt(64 * word);
    value &= 2n ** 254n - 1n;
    if (value < R) return montgomeryToPlain(value);
  }
}

/** The generator's output is read as an element in Montgomery form. */
function montgomeryToPlain(value: bigint): bigint {
  let inverse = 1n;
  for (let exponent = R - 2n, square = 2n ** 256n % R; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) inverse = (inverse * square) % R;
    square = (square * square) % R;
  }
  return (value * inverse) % R;
}
