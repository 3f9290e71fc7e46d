import type { JobResult, ProofJob } from './job.js';
import type { JobOptions, ProverPool } from './pool.js';

/** One row of a batch. The job is made only when it is its turn, so that a batch of any length fits in memory. */
export interface BatchItem {
  /** Stable name of the result, for `skip` and for the caller's store. */
  readonly key: string;
  readonly makeJob: () => ProofJob | Promise<ProofJob>;
}

/** What became of an item. Outcomes come in the order of the items. */
export type BatchOutcome = {
  readonly key: string;
  /** Position of the item, from 0. */
  readonly index: number;
} & (
  | { readonly status: 'done'; readonly result: JobResult; readonly ms: number }
  | { readonly status: 'failed'; readonly error: unknown; readonly ms: number }
  | { readonly status: 'skipped' }
);

export interface BatchProgress {
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  /** Proofs per second since the start. */
  readonly rate: number;
}

export interface BatchOptions {
  readonly pool: ProverPool;
  /** True for an item that is finished already; it is not made again. */
  readonly skip?: (key: string) => boolean | Promise<boolean>;
  /** After every outcome. */
  readonly onProgress?: (progress: BatchProgress) => void;
  /** Items under way at once; by default one per worker and one waiting for each. */
  readonly inFlight?: number;
  /** For every job; an abort fails what is under way and takes no more items. */
  readonly job?: JobOptions;
}

/**
 * Proves a stream of items with a pool, taking items only as fast as proofs are made and consumed. A failed item is an
 * outcome, not an exception. Stop by leaving the loop; go on later with `skip`.
 */
export async function* proveBatch(
  items: AsyncIterable<BatchItem> | Iterable<BatchItem>,
  options: BatchOptions,
): AsyncGenerator<BatchOutcome, BatchProgress> {
  const { pool, skip, onProgress } = options;
  const limit = options.inFlight ?? 2 * pool.workers;
  const started = performance.now();
  const window: Promise<BatchOutcome>[] = [];
  let progress: BatchProgress = { done: 0, failed: 0, skipped: 0, rate: 0 };

  const settle = async (): Promise<BatchOutcome> => {
    const outcome = await (window.shift() as Promise<BatchOutcome>);
    const count = (status: BatchOutcome['status'], before: number) => before + (outcome.status === status ? 1 : 0);
    const done = count('done', progress.done);
    const rate = (1000 * done) / Math.max(1, performance.now() - started);
    progress = { done, failed: count('failed', progress.failed), skipped: count('skipped', progress.skipped), rate };
    onProgress?.(progress);
    return outcome;
  };

  let index = 0;
  for await (const item of items) {
    if (options.job?.signal?.aborted) break;
    const outcome = (await skip?.(item.key))
      ? Promise.resolve({ key: item.key, index, status: 'skipped' as const })
      : runItem(pool, item, index, options.job);
    window.push(outcome);
    index++;
    if (window.length >= limit) yield await settle();
  }
  while (window.length > 0) yield await settle();
  return progress;
}

async function runItem(pool: ProverPool, item: BatchItem, index: number, job?: JobOptions): Promise<BatchOutcome> {
  const { key } = item;
  const started = performance.now();
  try {
    const result = await pool.prove(await item.makeJob(), job);
    return { key, index, status: 'done', result, ms: performance.now() - started };
  } catch (error) {
    return { key, index, status: 'failed', error, ms: performance.now() - started };
  }
}
