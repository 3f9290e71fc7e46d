import { writeFileAtomic } from '../bundle/atomic.js';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import { limitReports, type ReportProgress } from '../groth16/progress.js';
import { openProvingKey, type ProverName, prove } from '../groth16/prove.js';
import { createResidentProver } from '../groth16/resident-prover.js';
import { createProverPool } from '../prove/pool.js';
import type { Row } from '../rows/rows.js';
import { makeProofFile } from '../verify/proof-file.js';
import { type OpenBundle, openBundle } from './open-bundle.js';
import { checkAgainstModel, type ProveReport, poolBundle, proveInPool } from './pooled-bundle.js';
import { prepareRun, type RunBinding } from './prove-input.js';
import { type BindingOptions, readBinding } from './run-binding.js';

export type { ProveReport } from './pooled-bundle.js';

export interface ProveOptions extends BindingOptions {
  /** Refuses inputs outside the calibrated range, where otherwise they saturate. */
  readonly strict?: boolean;
  /** What makes the proof; our own prover by default. */
  readonly backend?: ProverName;
  /** The external program, for the backend `rapidsnark`; by default that name on PATH. */
  readonly binary?: string;
}

export interface ProveOneOptions extends ProveOptions {
  /** How far the proof is: phase and share of the work, at most ten times a second. */
  readonly onProgress?: ReportProgress;
}

/** With a smaller key, a lone proof is made before threads that could help have started. */
const THREADS_PAY_BYTES = 16 << 20;

/** More threads take longer to start than they save in one proof. */
const MOST_THREADS = 8;

/**
 * Proves one row, on all cores where the circuit is large enough to gain by it; the proof is verified before it is returned.
 * Many rows: `proveRows`, or `proveInPool` with a pool of one's own.
 */
export async function proveRow(bundle: OpenBundle, row: Row, options: ProveOneOptions = {}): Promise<ProveReport> {
  const to = readBinding(bundle.manifest, options);
  const { backend = 'resident', binary, strict, onProgress } = options;
  if (backend === 'resident' && bundle.zkey.length < THREADS_PAY_BYTES) return proveHere(bundle, row, to, options);
  const pool = createProverPool({
    backend,
    binary,
    zkeyBytes: bundle.zkey.length,
    // Idle workers can help our own prover only.
    atMost: backend === 'resident' ? MOST_THREADS : 1,
  });
  try {
    return await proveInPool(pool, await poolBundle(bundle), { row, to, strict }, { onProgress });
  } finally {
    await pool.close();
  }
}

/** Proves on the calling thread. */
async function proveHere(
  bundle: OpenBundle,
  row: Row,
  to: RunBinding,
  { strict, onProgress }: ProveOneOptions,
): Promise<ProveReport> {
  const start = performance.now();
  const report = onProgress && limitReports(onProgress);
  report?.({ phase: 'witness', fraction: 0 });
  const { run, input, bound, wtns, saturated } = await prepareRun(bundle, row, to, { strict });
  const ready = performance.now();
  const result = await prove(createResidentProver(), await openProvingKey(bundle.zkey), wtns, report);
  const proof = makeProofFile(bundle.manifest, run, bound, result, input);
  await checkAgainstModel(bundle, proof);
  const end = performance.now();
  return { proof, saturated, ms: { witness: ready - start, prove: end - ready, total: end - start } };
}

export interface ProveInputRequest extends ProveOneOptions {
  readonly dir: string;
  readonly row: Row;
  /** Where the proof is written; nowhere by default. */
  readonly outPath?: string;
}

/** Opens a bundle, proves one row and writes the proof. */
export async function proveInput(request: ProveInputRequest): Promise<ProveReport> {
  const report = await proveRow(await openBundle(request.dir), request.row, request);
  if (request.outPath !== undefined) await writeFileAtomic(request.outPath, printCanonicalJson(report.proof));
  return report;
}
