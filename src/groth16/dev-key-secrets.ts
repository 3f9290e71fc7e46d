import { createHash } from 'node:crypto';
import type { R1cs, SparseMatrix } from '../circuit/constraints.js';
import { R } from '../core/field.js';

/** The trapdoor of a development key. Whoever knows it can forge any proof. */
export interface DevSecrets {
  readonly tau: bigint;
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly delta: bigint;
}

/** SHA-256 over the constraint system as it is laid out; equal systems, built the same way, have equal digests. */
export function digestR1cs(r1cs: R1cs): Uint8Array {
  const hash = createHash('sha256');
  const counts = [
    r1cs.wireCount,
    r1cs.outputCount,
    r1cs.publicInputCount,
    r1cs.privateInputCount,
    r1cs.constraintCount,
  ];
  hash.update(`zkinfer r1cs ${counts.join(' ')} ${r1cs.coefficients.length}\n`);
  for (const matrix of [r1cs.a, r1cs.b, r1cs.c]) updateMatrix(hash, matrix);
  for (const coefficient of r1cs.coefficients) hash.update(`${coefficient.toString(16)}\n`);
  return hash.digest();
}

function updateMatrix(hash: ReturnType<typeof createHash>, matrix: SparseMatrix): void {
  for (const array of [matrix.start, matrix.wire, matrix.coefficient]) {
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
}

/**
 * Derives the trapdoor from the circuit and a seed, with no randomness: the same circuit gives the same key, byte for
 * byte, on every machine.
 */
export function deriveDevSecrets(r1csDigest: Uint8Array, seed: Uint8Array = new Uint8Array()): DevSecrets {
  const derive = (label: string): bigint => {
    const hash = createHash('sha512').update(`zkinfer development key 1 ${label}\n`).update(r1csDigest).update(seed);
    const value = BigInt(`0x${hash.digest('hex')}`) % R;
    return value < 2n ? 2n : value;
  };
  return { tau: derive('tau'), alpha: derive('alpha'), beta: derive('beta'), delta: derive('delta') };
}
