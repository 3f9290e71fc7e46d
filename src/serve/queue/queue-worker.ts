import { setTimeout as pause } from 'node:timers/promises';
import type { Job } from 'bullmq';
import { ZkinferError } from '../../core/error.js';
import type { ReportProgress } from '../../groth16/progress.js';
import type { ProverName } from '../../groth16/prove.js';
import { createProverPool, type ProverPool } from '../../prove/pool.js';
import { largestKeyBytes, openModels, type ServedModel } from '../model.js';
import { proveJob, verifyJob } from '../prove-job.js';
import { openQueueHome } from './open-queue-home.js';
import { closeQueueHome, createTroubleReport } from './queue-home.js';
import type { Bullmq } from './queue-packages.js';
import { nameQueue, readQueuedJob, refuseHidden } from './queued-job.js';
import type { ResultStore } from './result-store.js';

export interface QueueWorkerOptions {
  /** `redis://HOST:PORT` or `postgres://USER@HOST/DATABASE` */
  readonly queue: string;
  /** Bundle folders with keys: the jobs of these are taken. */
  readonly bundles: readonly string[];
  /** Proofs at once; as many as cores and memory allow by default. */
  readonly workers?: number;
  readonly backend?: ProverName;
  /** The external program, for the backend `rapidsnark`. */
  readonly binary?: string;
  /** How long a worker that says nothing keeps its job before another takes it; 60 s by default. */
  readonly lockMs?: number;
  /** For one proof; ten minutes by default. */
  readonly deadlineMs?: number;
  readonly onEvent?: (event: QueueWorkerEvent) => void;
  /** Hears what the server of the queue refuses, or that it is away: each thing once a minute. */
  readonly onTrouble?: (message: string) => void;
}

/** What a worker may write down of a job: nothing of its input. */
export interface QueueWorkerEvent {
  readonly event: 'begun' | 'stored' | 'known' | 'failed' | 'stalled';
  /** Name of the job. */
  readonly id: string;
  readonly model: string;
  readonly ms?: number;
  /** Code of the error. */
  readonly code?: string;
}

/** A worker that takes jobs until it is closed. */
export interface QueueWorker {
  readonly workers: number;
  readonly models: readonly string[];
  /** Takes no more jobs, finishes those at hand, and frees everything. */
  close(): Promise<void>;
}

const DEFAULT_LOCK_MS = 60_000;
/** Workers that a job may take down with it; one more and it is given up. */
const MAX_STALLED = 2;
const RETRY_MS = 1000;
/** Time between two reports of how far a proof is: each is written on the server. */
const REPORT_EVERY_MS = 500;

/**
 * Takes jobs of these bundles from a queue and proves them. Every proof is verified against the bundle and its job before it is
 * stored, and stored under the name of its job, once.
 * @throws ZkinferError QUEUE_INPUT_HIDDEN, and those of `openQueueHome` and `openBundle`
 */
export async function startQueueWorker(options: QueueWorkerOptions): Promise<QueueWorker> {
  const models = await openModels(options.bundles);
  for (const model of models.values()) refuseHidden(model);
  const home = await openQueueHome(options.queue, models.size);
  const { workers, backend, binary } = options;
  const pool = createProverPool({ workers, backend, binary, zkeyBytes: largestKeyBytes(models) });
  const onError = createTroubleReport(options.onTrouble);
  const takers = [...models.values()].map((model) => {
    const take = (job: Job) => takeJob(home.bullmq, job, model, pool, home.results, options);
    const { lockMs = DEFAULT_LOCK_MS, onEvent } = options;
    const settings = {
      ...home.options,
      concurrency: pool.workers,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: MAX_STALLED,
      runRetryDelay: RETRY_MS,
    };
    const taker = new home.bullmq.Worker(nameQueue(model), take, settings, home.backend);
    taker.on('error', onError);
    taker.on('stalled', (name) => onEvent?.({ event: 'stalled', id: idOf(name), model: model.name }));
    return taker;
  });
  return {
    workers: pool.workers,
    models: [...models.keys()],
    close: async () => {
      // Without its server nobody could be told of what is finished: another worker takes it.
      await closeQueueHome(home, (isThere) => takers.map((taker) => taker.close(!isThere)));
      await pool.close();
    },
  };
}

const idOf = (name: string) => name.replace(/^job-/, '');

/** Tells the queue how far a proof is, from time to time and never twice at once. */
function reportTo(job: Job): ReportProgress {
  let isTelling = false;
  return (progress) => {
    if (isTelling) return;
    isTelling = true;
    const told = job.updateProgress({ ...progress }).catch(() => {});
    told
      .then(() => pause(REPORT_EVERY_MS, undefined, { ref: false }))
      .then(() => {
        isTelling = false;
      });
  };
}

async function takeJob(
  { UnrecoverableError }: Bullmq,
  job: Job,
  model: ServedModel,
  pool: ProverPool,
  results: ResultStore,
  { deadlineMs, onEvent }: QueueWorkerOptions,
): Promise<unknown> {
  const id = idOf(job.id ?? '');
  const tell = (event: QueueWorkerEvent['event'], more: Partial<QueueWorkerEvent> = {}) =>
    onEvent?.({ event, id, model: model.name, ...more });
  try {
    const request = readQueuedJob(job.data, id, model);
    const known = await results.read(id);
    if (known && (await verifyJob(request, known.proof)).valid) {
      tell('known');
      return { isFirst: false };
    }
    if (known) await results.remove(id);
    tell('begun');
    const report = await proveJob(pool, request, { id, deadlineMs, onProgress: reportTo(job) });
    const verdict = await verifyJob(request, report.proof);
    if (!verdict.valid) throw new Error(verdict.reason);
    const isFirst = await results.write(id, report);
    tell(isFirst ? 'stored' : 'known', { ms: Math.round(report.ms.total) });
    return { isFirst };
  } catch (error) {
    const known = error instanceof ZkinferError;
    tell('failed', { code: known ? error.code : 'INTERNAL' });
    // What is wrong with the job itself is wrong everywhere; another try helps where the worker was at fault.
    if (known && error.kind !== 'resource') throw new UnrecoverableError(`${error.message} [${error.code}]`);
    throw known ? new Error(`${error.message} [${error.code}]`) : error;
  }
}
