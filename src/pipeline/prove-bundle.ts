import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepTemporaries, writeFileAtomic } from '../bundle/atomic.js';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import { isProcessAlive } from '../bundle/lock.js';
import { ZkinferError } from '../core/error.js';
import { openProvingKey, type Prover, type ProverName, prove } from '../groth16/prove.js';
import { createResidentProver } from '../groth16/resident-prover.js';
import { verifyProof } from '../groth16/verify.js';
import { type BatchItem, type BatchProgress, proveBatch } from '../prove/batch.js';
import { shareProvingKey } from '../prove/job.js';
import { createProverPool } from '../prove/pool.js';
import { encodeRow } from '../quantize/search.js';
import type { Row, RowWithPlace } from '../rows/rows.js';
import { bindStatement } from '../verify/derive-signals.js';
import { makeProofFile, type ProofFile } from '../verify/proof-file.js';
import { type OpenBundle, openBundle } from './open-bundle.js';
import { describeInput, prepareRun, type RunBinding, type SaturatedInput } from './prove-input.js';
import { type BindingOptions, readBinding } from './run-binding.js';
import { type RunInput, type RunReport, shareRunProgram } from './run-program.js';

export interface ProveOptions extends BindingOptions {
  /** Refuses inputs outside the calibrated range, where otherwise they saturate. */
  readonly strict?: boolean;
}

export interface ProveReport {
  readonly proof: ProofFile;
  readonly saturated: readonly SaturatedInput[];
  /** Milliseconds of the witness and of the proof, verified. */
  readonly ms: { readonly witness: number; readonly prove: number; readonly total: number };
}

/** Proves one row; the proof is verified before it is returned. */
export async function proveRow(bundle: OpenBundle, row: Row, options: ProveOptions = {}): Promise<ProveReport> {
  const to = readBinding(bundle.manifest, options);
  const start = performance.now();
  const { run, input, bound, wtns, saturated } = await prepareRun(bundle, row, to, options);
  const ready = performance.now();
  const prover: Prover = createResidentProver();
  try {
    const result = await prove(prover, await openProvingKey(bundle.zkey), wtns);
    const proof = makeProofFile(bundle.manifest, run, bound, result, input);
    await checkAgainstModel(bundle, proof);
    const end = performance.now();
    return {
      proof,
      saturated,
      ms: { witness: ready - start, prove: end - ready, total: end - start },
    };
  } finally {
    await prover.close();
  }
}

/**
 * A proof with private weights was verified under the key of the setup; what counts is the key of the model.
 * @throws ZkinferError WEIGHTS_MISMATCH where the opening is not of the commitment in that key
 */
async function checkAgainstModel(bundle: OpenBundle, { proof, publicSignals }: ProofFile): Promise<void> {
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

export interface ProveInputRequest extends ProveOptions {
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

export interface ProveRowsRequest extends ProveOptions {
  readonly dir: string;
  readonly rows: AsyncIterable<RowWithPlace> | Iterable<RowWithPlace>;
  /** Folder for `proof-000000.json` …, one a row. */
  readonly outDir: string;
  readonly workers?: number;
  readonly backend?: ProverName;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BatchProgress) => void;
}

export interface ProveRowsReport {
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  readonly workers: number;
  readonly backend: ProverName;
  readonly totalMs: number;
  /** Milliseconds per proof, of those made now: median, 95th percentile, largest. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly max: number } | null;
  readonly failures: readonly { readonly index: number; readonly reason: string }[];
  readonly saturated: number;
}

/** File name of a row's proof. */
export function proofFileName(index: number): string {
  return `proof-${String(index).padStart(6, '0')}.json`;
}

/** Failures kept in a report; all are counted. */
const MOST_FAILURES = 100;

/**
 * Proves rows in the worker pool, in any number and in constant memory. A row whose proof file is there and was made for this
 * very bundle and input is skipped, so that an interrupted run goes on where it stopped.
 */
export async function proveRows(request: ProveRowsRequest): Promise<ProveRowsReport> {
  const started = performance.now();
  const bundle = await openBundle(request.dir);
  const to = readBinding(bundle.manifest, request);
  const provingKey = await shareProvingKey(bundle.zkey);
  const program = shareRunProgram(bundle);
  await mkdir(request.outDir, { recursive: true });
  await sweepTemporaries(request.outDir, isProcessAlive);
  const pool = createProverPool({ workers: request.workers, backend: request.backend, zkeyBytes: bundle.zkey.length });
  const latencies: number[] = [];
  const failures: { index: number; reason: string }[] = [];
  const finished = new Set<string>();
  let saturated = 0;
  let totals: BatchProgress = { done: 0, failed: 0, skipped: 0, rate: 0 };

  async function* items(): AsyncGenerator<BatchItem> {
    for await (const { row, index } of request.rows) {
      const key = proofFileName(index);
      if (await hasProof(join(request.outDir, key), bundle, to, row)) finished.add(key);
      yield {
        key,
        makeJob: async () => {
          const input: RunInput = { row, to, strict: request.strict };
          return { provingKey, program, input };
        },
      };
    }
  }
  try {
    const outcomes = proveBatch(items(), {
      pool,
      skip: (key) => finished.delete(key),
      job: { signal: request.signal },
      onProgress: (progress) => {
        totals = progress;
        request.onProgress?.(progress);
      },
    });
    for await (const outcome of outcomes) {
      if (outcome.status === 'done') {
        latencies.push(outcome.ms);
        const { run, bound, input, saturated: cut } = outcome.result.report as RunReport;
        if (cut.length > 0) saturated++;
        const file = makeProofFile(bundle.manifest, run, bound, outcome.result, input);
        await checkAgainstModel(bundle, file);
        await writeFileAtomic(join(request.outDir, outcome.key), printCanonicalJson(file));
      } else if (outcome.status === 'failed' && failures.length < MOST_FAILURES) {
        const reason = outcome.error instanceof Error ? outcome.error.message : String(outcome.error);
        failures.push({ index: outcome.index, reason });
      }
    }
  } finally {
    await pool.close();
  }
  const { done, failed, skipped } = totals;
  const totalMs = performance.now() - started;
  const { workers, backend } = pool;
  return { done, failed, skipped, workers, backend, totalMs, latencyMs: percentiles(latencies), failures, saturated };
}

/** Whether a proof file of this bundle, binding and row is there. A private input leaves no trace to tell its row by. */
async function hasProof(path: string, bundle: OpenBundle, to: RunBinding, row: Row): Promise<boolean> {
  const { statement, artifacts } = bundle.manifest;
  if (statement.visibility === 'private') return false;
  try {
    if (!(await stat(path)).isFile()) return false;
    const file = JSON.parse(await readFile(path, 'utf8')) as Partial<ProofFile>;
    const input = await describeInput(bundle.manifest, encodeRow(bundle.graph, row), to.salt);
    const output = Buffer.from(file.statement?.output ?? '', 'hex');
    const bound = await bindStatement(statement, { input, output }, to);
    return (
      file.digests?.verificationKey === artifacts.verificationKey &&
      file.context?.value === String(bound.value) &&
      file.statement?.input === Buffer.from(input).toString('hex')
    );
  } catch {
    return false;
  }
}

function percentiles(values: readonly number[]): ProveRowsReport['latencyMs'] {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { p50: at(0.5), p95: at(0.95), max: sorted[sorted.length - 1] };
}
