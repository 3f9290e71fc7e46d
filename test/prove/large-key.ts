import { createDevKey } from '../../src/groth16/dev-key.js';
import type { VerificationKey } from '../../src/groth16/proof.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { mlCircuit } from '../groth16/ml-circuit.js';

/** A key of 4.5 MB, which is large enough that idle workers help with its proofs, and a witness. */
export interface LargeKey {
  readonly zkey: Uint8Array;
  readonly wtns: Uint8Array;
  readonly verificationKey: VerificationKey;
}

let large: Promise<LargeKey> | undefined;

/** Made once per run. */
export function loadLargeKey(): Promise<LargeKey> {
  large ??= make();
  return large;
}

async function make(): Promise<LargeKey> {
  const { r1cs, witness } = mlCircuit(8_100);
  return { ...(await createDevKey(r1cs)), wtns: writeWtns(witness) };
}
