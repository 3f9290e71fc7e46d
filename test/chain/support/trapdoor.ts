import type { Groth16Proof } from '../../../src/chain/calldata.js';
import type { VerificationKey } from '../../../src/chain/verification-key.js';
import { invertField, toField } from '../../../src/core/field.js';
import { type Fp2, fp, fp2, G1, G2, multiply, type Point } from './bn254.js';

/** A verification key whose secrets are known, so that a valid proof of any statement can be made without a circuit. */
export interface TrapdoorKey {
  readonly key: VerificationKey;
  /** A proof that holds for `signals`; other `randomness` gives another proof of the same statement. */
  simulate(signals: readonly bigint[], randomness?: bigint): Groth16Proof;
}

/** Small secrets keep the helper quick and repeatable; nothing here has to stay secret. */
export function createTrapdoorKey(nPublic: number, seed = 7n): TrapdoorKey {
  const secret = (index: bigint) => toField(0x9e3779b97f4a7c15f39cc0605cedc835n * (seed * 1000n + index + 1n));
  const [alpha, beta, gamma, delta] = [0n, 1n, 2n, 3n].map(secret);
  const ic = Array.from({ length: nPublic + 1 }, (_, index) => secret(BigInt(index) + 10n));
  const key: VerificationKey = {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic,
    vk_alpha_1: g1Json(multiply(fp, G1, alpha)),
    vk_beta_2: g2Json(multiply(fp2, G2, beta)),
    vk_gamma_2: g2Json(multiply(fp2, G2, gamma)),
    vk_delta_2: g2Json(multiply(fp2, G2, delta)),
    IC: ic.map((scalar) => g1Json(multiply(fp, G1, scalar))),
  };
  return {
    key,
    simulate: (signals, randomness = 1n) => {
      const [a, b] = [secret(50n + 2n * randomness), secret(51n + 2n * randomness)];
      // The key's IC points already stand for what gamma divides: e(A,B) = e(alpha,beta) e(L,gamma) e(C,delta).
      const l = signals.reduce((sum, signal, index) => sum + signal * ic[index + 1], ic[0] as bigint);
      const c = toField((a * b - alpha * beta - gamma * toField(l)) * invertField(delta));
      return {
        protocol: 'groth16',
        curve: 'bn128',
        pi_a: g1Json(multiply(fp, G1, a)),
        pi_b: g2Json(multiply(fp2, G2, b)),
        pi_c: g1Json(multiply(fp, G1, c)),
      };
    },
  };
}

export function g1Json(point: Point<bigint>): string[] {
  return point ? [String(point.x), String(point.y), '1'] : ['0', '1', '0'];
}

export function g2Json(point: Point<Fp2>): string[][] {
  if (!point) throw new RangeError('infinity');
  return [point.x.map(String), point.y.map(String), ['1', '0']];
}
