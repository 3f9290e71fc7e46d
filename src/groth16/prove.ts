import { ZkinferError } from '../core/error.js';
import type { ReportProgress } from './progress.js';
import type { Proof, ProofResult, VerificationKey } from './proof.js';
import { verifyProof } from './verify.js';
import { readWtns } from './wtns-file.js';
import { exportVerificationKey, readZkeyInfo } from './zkey-file.js';

/** A proving key that was checked and is ready for proofs. */
export interface ProvingKey {
  readonly zkey: Uint8Array;
  readonly wireCount: number;
  readonly publicCount: number;
  readonly verificationKey: VerificationKey;
}

/** What every backend can do. Proofs are zero-knowledge: blinding is drawn from the system's randomness. */
export interface Prover {
  readonly name: ProverName;
  /** Makes a proof; not yet verified. The witness was checked to fit the key. A backend that knows how far it is reports it. */
  proveUnchecked(
    key: ProvingKey,
    wtns: Uint8Array,
    report?: ReportProgress,
  ): Promise<{ proof: Proof; publicSignals: string[] }>;
  /** Frees what the backend keeps between proofs. */
  close(): Promise<void>;
}

export type ProverName = 'snarkjs' | 'resident' | 'rapidsnark';

/** Checks the structure of a key and takes the verification key out of it. @throws ZkinferError `ARTIFACT_DAMAGED` */
export async function openProvingKey(zkey: Uint8Array): Promise<ProvingKey> {
  const { wireCount, publicCount } = readZkeyInfo(zkey);
  return { zkey, wireCount, publicCount, verificationKey: await exportVerificationKey(zkey) };
}

/**
 * Makes a proof and verifies it before it is returned.
 * @param wtns a witness file for the circuit of the key
 * @param report is told of every step, which may be many times a second
 * @throws ZkinferError `ARTIFACT_DAMAGED`, `WITNESS_MISMATCH` (not of this circuit), `PROOF_REJECTED` (the witness does
 * not satisfy the circuit, or the key is not of the circuit)
 */
export async function prove(
  prover: Prover,
  key: ProvingKey,
  wtns: Uint8Array,
  report?: ReportProgress,
): Promise<ProofResult> {
  const { wireCount } = readWtns(wtns);
  if (wireCount !== key.wireCount) {
    throw new ZkinferError({
      code: 'WITNESS_MISMATCH',
      kind: 'artifact',
      message: 'The witness is not of the circuit of the proving key.',
      facts: [`wires of the key: ${key.wireCount}`, `values of the witness: ${wireCount}`],
      hint: 'Compute the witness with the circuit that the key was made for.',
    });
  }
  report?.({ phase: 'proof', fraction: 0 });
  const result = await prover.proveUnchecked(key, wtns, report);
  report?.({ phase: 'verify', fraction: 1 });
  const verdict = await verifyProof(key.verificationKey, result.publicSignals, result.proof);
  if (!verdict.valid) {
    throw new ZkinferError({
      code: 'PROOF_REJECTED',
      kind: 'artifact',
      message: 'The proof does not verify, so it was thrown away: the witness does not satisfy the circuit.',
      facts: [`prover: ${prover.name}`, `reason: ${verdict.reason}`],
      hint: 'Check that key, circuit and witness come from one build.',
    });
  }
  return result;
}
