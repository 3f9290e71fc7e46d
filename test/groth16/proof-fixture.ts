import { createDevKey } from '../../src/groth16/dev-key.js';
import type { ProofResult, VerificationKey } from '../../src/groth16/proof.js';
import { openProvingKey, type ProvingKey, prove } from '../../src/groth16/prove.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { cubicCircuit, mlCircuit, type TestCircuit } from './ml-circuit.js';

export interface ProofFixture {
  readonly circuit: TestCircuit;
  readonly key: ProvingKey;
  readonly wtns: Uint8Array;
  readonly verificationKey: VerificationKey;
  readonly result: ProofResult;
}

const fixtures = new Map<string, Promise<ProofFixture>>();

/** A key and a proof of the cubic (1 signal) or of a small network (3 signals), made once per run. */
export function loadProofFixture(name: 'cubic' | 'network'): Promise<ProofFixture> {
  let fixture = fixtures.get(name);
  if (!fixture) {
    fixture = make(name === 'cubic' ? cubicCircuit(3n) : mlCircuit(800));
    fixtures.set(name, fixture);
  }
  return fixture;
}

async function make(circuit: TestCircuit): Promise<ProofFixture> {
  const { zkey, verificationKey } = await createDevKey(circuit.r1cs);
  const key = await openProvingKey(zkey);
  const wtns = writeWtns(circuit.witness);
  return { circuit, key, wtns, verificationKey, result: await prove(createSnarkjsProver(), key, wtns) };
}
