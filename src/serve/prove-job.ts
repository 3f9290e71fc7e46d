import type { FieldElement } from '../core/field.js';
import type { ReportProgress } from '../groth16/progress.js';
import { type ProveReport, proveInPool } from '../pipeline/pooled-bundle.js';
import { describeInput, findSaturated, type RunBinding, type SaturatedInput } from '../pipeline/prove-input.js';
import type { ProverPool } from '../prove/pool.js';
import { encodeRow } from '../quantize/search.js';
import type { ProofFile } from '../verify/proof-file.js';
import { type InferenceVerdict, verifyInference } from '../verify/verify-inference.js';
import type { JobRequest } from './job.js';

export interface ProveJobOptions {
  /** Names the job in the pool: one that kills two workers is refused from then on. */
  readonly id: string;
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
  readonly onProgress?: ReportProgress;
}

function bindingOf({ input, options }: JobRequest): RunBinding {
  const { context, binding } = options;
  return {
    ...(context !== undefined && { context: BigInt(context) as FieldElement }),
    ...(binding && { binding: { ...binding, chainId: BigInt(binding.chainId) } }),
    ...(input.salt !== undefined && { salt: BigInt(input.salt) }),
  };
}

/** Proves a job in a pool, witness included. @throws ZkinferError INPUT_OUT_OF_RANGE, and those of the pool */
export function proveJob(
  pool: ProverPool,
  request: JobRequest,
  { id, ...jobOptions }: ProveJobOptions,
): Promise<ProveReport> {
  const { model, input, options } = request;
  const run = { row: input.row, to: bindingOf(request), strict: options.strict };
  return proveInPool(pool, model, run, { ...jobOptions, key: id });
}

/**
 * Verifies that a proof file is a valid proof of this very job: its bundle, its input, its binding.
 * @param document whatever a prover gave; nothing of it is trusted
 * @returns the verdict; `reason` says why not
 */
export async function verifyJob(request: JobRequest, document: unknown): Promise<InferenceVerdict> {
  const { model, input, options } = request;
  const { manifest, graph, verificationKey } = model.bundle;
  const { context, binding } = options;
  const verdict = await verifyInference(document, manifest, verificationKey, { context, binding });
  if (!verdict.valid) return verdict;
  const expected = await describeInput(manifest, encodeRow(graph, input.row), bindingOf(request).salt);
  const isSame = (document as ProofFile).statement.input === Buffer.from(expected).toString('hex');
  return isSame ? verdict : { valid: false, reason: 'the proof is valid, but for another input' };
}

/** The inputs of a job that quantization cuts, where another machine proved it. */
export function listSaturated({ model: { bundle }, input }: JobRequest): SaturatedInput[] {
  return findSaturated(bundle, input.row, encodeRow(bundle.graph, input.row));
}
