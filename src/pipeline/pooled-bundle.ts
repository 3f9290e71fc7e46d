import { ZkinferError } from '../core/error.js';
import { verifyProof } from '../groth16/verify.js';
import { type JobResult, type ProofJob, type SharedKey, shareProvingKey } from '../prove/job.js';
import type { JobOptions, ProverPool } from '../prove/pool.js';
import type { WitnessProgram } from '../prove/witness-program.js';
import { makeProofFile, type ProofFile } from '../verify/proof-file.js';
import type { OpenBundle } from './open-bundle.js';
import type { SaturatedInput } from './prove-input.js';
import { type RunInput, type RunReport, shareRunProgram } from './run-program.js';

export interface ProveReport {
  readonly proof: ProofFile;
  readonly saturated: readonly SaturatedInput[];
  /** Milliseconds of the witness and of the proof, verified. */
  readonly ms: { readonly witness: number; readonly prove: number; readonly total: number };
}

/** A bundle in memory that the workers of pools share. */
export interface PooledBundle {
  readonly bundle: OpenBundle;
  readonly provingKey: SharedKey;
  readonly program: WitnessProgram;
}

/** Shares an open bundle with workers; a key that is shared already lies in memory once. @throws ZkinferError `KEY_TOO_LARGE` */
export async function poolBundle(bundle: OpenBundle): Promise<PooledBundle> {
  const provingKey = await shareProvingKey(bundle.zkey);
  return { bundle: { ...bundle, zkey: provingKey.zkey }, provingKey, program: shareRunProgram(bundle) };
}

/** The job that proves one run: a worker infers, computes the witness and proves. */
export function makeRunJob({ provingKey, program }: PooledBundle, input: RunInput, key?: string): ProofJob {
  return { provingKey, program, input, ...(key !== undefined && { key }) };
}

/** The proof file of a job that is done. @throws ZkinferError `WEIGHTS_MISMATCH` */
export async function finishRunJob({ bundle }: PooledBundle, result: JobResult): Promise<Omit<ProveReport, 'ms'>> {
  const { run, bound, input, saturated } = result.report as RunReport;
  const proof = makeProofFile(bundle.manifest, run, bound, result, input);
  await checkAgainstModel(bundle, proof);
  return { proof, saturated };
}

/**
 * Proves one run in a pool; nothing of it is computed on the calling thread, and no witness is written.
 * @param options `key` names the job: one that kills two workers is refused from then on
 * @throws ZkinferError those of the pool and of the input
 */
export async function proveInPool(
  pool: ProverPool,
  pooled: PooledBundle,
  input: RunInput,
  { key, ...options }: JobOptions & { readonly key?: string } = {},
): Promise<ProveReport> {
  const start = performance.now();
  const result = await pool.prove(makeRunJob(pooled, input, key), options);
  const report = await finishRunJob(pooled, result);
  const { witnessMs, proveMs } = result;
  return { ...report, ms: { witness: witnessMs, prove: proveMs, total: performance.now() - start } };
}

/**
 * A proof with private weights was verified under the key of the setup; what counts is the key of the model.
 * @throws ZkinferError WEIGHTS_MISMATCH where the opening is not of the commitment in that key
 */
export async function checkAgainstModel(bundle: OpenBundle, { proof, publicSignals }: ProofFile): Promise<void> {
  if (!bundle.weights) return;
  const verdict = await verifyProof(bundle.verificationKey, publicSignals, proof);
  if (verdict.valid) return;
  throw new ZkinferError({
    code: 'WEIGHTS_MISMATCH',
    kind: 'artifact',
    message: 'the weights are not those that the verification key is committed to',
    facts: [bundle.dir],
    hint: 'keep weights.secret.json of the commitment that was published',
  });
}
