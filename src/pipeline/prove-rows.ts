import { join } from 'node:path';
import { sweepTemporaries, writeFileAtomic } from '../bundle/atomic.js';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import { isProcessAlive } from '../bundle/lock.js';
import { makeFolder } from '../bundle/make-folder.js';
import type { ProverName } from '../groth16/prove.js';
import { type BatchItem, type BatchProgress, proveBatch } from '../prove/batch.js';
import { createProverPool } from '../prove/pool.js';
import type { RowWithPlace } from '../rows/rows.js';
import { type NamedRow, openFinishedRows } from './finished-rows.js';
import { openBundle } from './open-bundle.js';
import { finishRunJob, makeRunJob, poolBundle } from './pooled-bundle.js';
import type { ProveOptions } from './prove-bundle.js';
import { readBinding } from './run-binding.js';

export interface ProveRowsRequest extends ProveOptions {
  readonly dir: string;
  readonly rows: AsyncIterable<RowWithPlace> | Iterable<RowWithPlace>;
  /** Folder for `proof-000000.json` …, one a row. */
  readonly outDir: string;
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BatchProgress) => void;
}

export interface ProveRowsReport {
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  /** Files that were there and held no valid proof of their row, so that it was proved again. */
  readonly replaced: number;
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

async function* nameRows(rows: ProveRowsRequest['rows']): AsyncGenerator<NamedRow> {
  for await (const { row, index } of rows) yield { name: proofFileName(index), row };
}

/** Failures kept in a report; all are counted. */
const MOST_FAILURES = 100;
/** Times that percentiles are taken of: all of them, or as many drawn from all. */
const MOST_TIMES = 10_000;

/**
 * Proves rows in the worker pool, in any number and in constant memory. A row whose proof file is there and was made for this
 * very bundle and input is verified and skipped, so that an interrupted run goes on where it stopped.
 */
export async function proveRows(request: ProveRowsRequest): Promise<ProveRowsReport> {
  const started = performance.now();
  const { outDir, backend, binary, strict } = request;
  const bundle = await openBundle(request.dir);
  const to = readBinding(bundle.manifest, request);
  await makeFolder(outDir);
  await sweepTemporaries(outDir, isProcessAlive);
  const finishedRows = await openFinishedRows(outDir, bundle, to);
  const pooled = await poolBundle(bundle);
  const pool = createProverPool({ workers: request.workers, backend, binary, zkeyBytes: bundle.zkey.length });
  const times = sampleTimes();
  const failures: { index: number; reason: string }[] = [];
  const finished = new Set<string>();
  const rows = new Map<string, RowWithPlace['row']>();
  let [saturated, replaced] = [0, 0];
  let totals: BatchProgress = { done: 0, failed: 0, skipped: 0, rate: 0 };

  async function* items(): AsyncGenerator<BatchItem> {
    for await (const { name: key, row, state } of finishedRows.examine(nameRows(request.rows))) {
      if (state === 'finished') finished.add(key);
      else rows.set(key, row);
      if (state === 'unusable') replaced++;
      yield { key, makeJob: () => makeRunJob(pooled, { row, to, strict }) };
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
      const row = rows.get(outcome.key);
      rows.delete(outcome.key);
      if (outcome.status === 'done') {
        times.add(outcome.ms);
        const report = await finishRunJob(pooled, outcome.result);
        if (report.saturated.length > 0) saturated++;
        const text = printCanonicalJson(report.proof);
        if (row) await finishedRows.mark(outcome.key, row, text);
        await writeFileAtomic(join(outDir, outcome.key), text);
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
  const { workers } = pool;
  const latencyMs = times.percentiles();
  return { done, failed, skipped, replaced, workers, backend: pool.backend, totalMs, latencyMs, failures, saturated };
}

/** A fair sample of times of any number, in constant memory. */
function sampleTimes() {
  const sample: number[] = [];
  let [count, max] = [0, 0];
  return {
    add: (ms: number): void => {
      count++;
      max = Math.max(max, ms);
      const place = count <= MOST_TIMES ? count - 1 : Math.floor(Math.random() * count);
      if (place < MOST_TIMES) sample[place] = ms;
    },
    percentiles: (): ProveRowsReport['latencyMs'] => {
      if (count === 0) return null;
      const sorted = [...sample].sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
      return { p50: at(0.5), p95: at(0.95), max };
    },
  };
}
