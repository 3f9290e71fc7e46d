import type { IQueueBackend, Queue, QueueEvents } from 'bullmq';
import { ZkinferError } from '../../core/error.js';
import type { ProveReport } from '../../pipeline/pooled-bundle.js';
import type { JobRequest } from '../job.js';
import type { ServedModel, ServedModels } from '../model.js';
import { listSaturated, verifyJob } from '../prove-job.js';
import { CANCELLED, type Runner, type RunOptions } from '../runner.js';
import { openQueueHome } from './open-queue-home.js';
import { closeQueueHome, createTroubleReport, type QueueHome } from './queue-home.js';
import { nameQueue, nameQueuedJob, readQueuedProgress, refuseHidden, writeQueuedJob } from './queued-job.js';
import type { ResultStore } from './result-store.js';

export interface QueueRunnerOptions {
  /** `redis://HOST:PORT` or `postgres://USER@HOST/DATABASE` */
  readonly url: string;
  /** Hears what the server of the queue refuses, or that it is away: each thing once a minute. */
  readonly onTrouble?: (message: string) => void;
}

/** Events may be lost while the server is away, so that every job is asked after once in a while. */
const ASK_EVERY_MS = 2000;
/** Where many jobs wait, they are asked after less often: one after so long. */
const ASK_APART_MS = 10;
/** How long a failed job is remembered in the queue, in seconds. */
const KEEP_FAILED_SECONDS = 86_400;
const ATTEMPTS = 3;

/** What wakes whoever waits for a job: what happened, and how far it is where that happened. */
type Listener = (event: 'active' | 'progress' | 'ended', data?: unknown) => void;

type AnyQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend>;

/** The queue of one model, from the side of those who submit. */
interface Lane {
  readonly queue: AnyQueue;
  readonly events: QueueEvents<unknown, IQueueBackend>;
  readonly listeners: Map<string, Listener>;
  /** What the server was told and has not answered: a job that is handed over, or taken back. */
  readonly untold: Set<Promise<unknown>>;
  readonly onError: (error: Error) => void;
}

/**
 * Puts jobs into a queue that workers on any machine take from. Its server is trusted with nothing but keeping them.
 * @throws ZkinferError QUEUE_INPUT_HIDDEN, and those of `openQueueHome`
 */
export async function createQueueRunner(models: ServedModels, { url, onTrouble }: QueueRunnerOptions): Promise<Runner> {
  for (const model of models.values()) refuseHidden(model);
  const home = await openQueueHome(url, models.size);
  const onError = createTroubleReport(onTrouble);
  const lanes = new Map<string, Lane>();
  for (const model of models.values()) lanes.set(model.key, openLane(home, model, onError));
  const laneOf = ({ key }: ServedModel) => lanes.get(key) as Lane;
  return {
    kind: 'queue',
    concurrency: Number.POSITIVE_INFINITY,
    workers: 0,
    isReady: async () => ((await home.isThere()) ? null : `${home.title} cannot be reached`),
    checkRequest: ({ model }) => refuseHidden(model),
    run: (request, options) => runInQueue(laneOf(request.model), home.results, request, options),
    close: () => closeQueueHome(home, (isThere) => [...lanes.values()].map((lane) => closeLane(lane, isThere))),
  };
}

function openLane(
  { bullmq: { Queue, QueueEvents }, options, backend }: QueueHome,
  model: ServedModel,
  onError: (error: Error) => void,
): Lane {
  const defaultJobOptions = {
    attempts: ATTEMPTS,
    backoff: { type: 'exponential', delay: 1000 },
    removeOnComplete: true,
    removeOnFail: { age: KEEP_FAILED_SECONDS },
  };
  const queue = new Queue(nameQueue(model), { ...options, defaultJobOptions }, backend);
  const events = new QueueEvents(nameQueue(model), options, backend);
  const listeners = new Map<string, Listener>();
  queue.on('error', onError);
  events.on('error', onError);
  events.on('active', ({ jobId }) => listeners.get(jobId)?.('active'));
  events.on('progress', ({ jobId, data }) => listeners.get(jobId)?.('progress', data));
  events.on('completed', ({ jobId }) => listeners.get(jobId)?.('ended'));
  events.on('failed', ({ jobId }) => listeners.get(jobId)?.('ended'));
  return { queue, events, listeners, untold: new Set(), onError };
}

async function closeLane({ queue, events, untold }: Lane, isThere: boolean): Promise<void> {
  if (isThere) await Promise.allSettled(untold);
  await Promise.allSettled([events.close(), queue.close()]);
}

async function runInQueue(
  { queue, listeners, untold, onError }: Lane,
  results: ResultStore,
  request: JobRequest,
  { id, submittedMs, signal, onBegin, onProgress }: RunOptions,
): Promise<ProveReport> {
  const name = nameQueuedJob(id);
  const data = writeQueuedJob(request);
  let wake = (): void => {};
  listeners.set(name, (event, data) => {
    if (event === 'active') return onBegin();
    if (event === 'ended') return wake();
    const progress = readQueuedProgress(data);
    if (progress) onProgress(progress);
  });
  // A command waits while the server is away; whoever has stopped the job does not.
  const aborted = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
  let asked: Promise<ProveReport | null> = Promise.resolve(null);
  const remember = (one: Promise<unknown>) => {
    const told = one.catch(() => {}).finally(() => untold.delete(told));
    untold.add(told);
  };
  try {
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      // What the server fails with while it is away or starting passes: the job is asked after again.
      asked = askAfter(queue, results, request, { id, name, submittedMs, data, signal }).catch((error) => {
        if (error instanceof ZkinferError) throw error;
        onError(error);
        return null;
      });
      remember(asked);
      const report = await Promise.race([asked, aborted]);
      if (report) return report;
      const timer = setTimeout(wake, Math.max(ASK_EVERY_MS, listeners.size * ASK_APART_MS));
      await Promise.race([woken, aborted]);
      clearTimeout(timer);
    }
    throw stopped();
  } finally {
    listeners.delete(name);
    // One that a worker has begun cannot be taken back: its result will lie there unused.
    if (signal.reason === CANCELLED) {
      const remove = () => queue.remove(name);
      remember(asked.then(remove, remove));
    }
  }
}

interface Asked {
  readonly id: string;
  readonly name: string;
  readonly submittedMs: number;
  readonly data: ReturnType<typeof writeQueuedJob>;
  readonly signal: AbortSignal;
}

/** The result of a job, where there is one; else makes sure that the job is in the queue. @throws ZkinferError QUEUE_JOB_FAILED */
async function askAfter(
  queue: AnyQueue,
  results: ResultStore,
  request: JobRequest,
  { id, name, submittedMs, data, signal }: Asked,
): Promise<ProveReport | null> {
  const report = await results.read(id);
  if (report) {
    if ((await verifyJob(request, report.proof)).valid) return { ...report, saturated: listSaturated(request) };
    // Somebody wrote what is no proof of this job: it makes room for one that is.
    await results.remove(id);
  }
  const job = await queue.getJob(name);
  if (job && (await job.getState()) === 'failed') {
    if (job.timestamp >= submittedMs) throw jobFailed(job.failedReason);
    await job.remove();
  } else if (job) return null;
  // A service that ends still hands over what it took.
  if (signal.reason !== CANCELLED) await queue.add('prove', data, { jobId: name });
  return null;
}

function jobFailed(reason: string): ZkinferError {
  return new ZkinferError({
    code: 'QUEUE_JOB_FAILED',
    kind: 'resource',
    message: 'the workers gave the job up',
    facts: [reason],
    hint: 'a job that stalled more than allowed ended its workers: prove it alone, with more memory',
  });
}

function stopped(): ZkinferError {
  return new ZkinferError({ code: 'PROVE_ABORTED', kind: 'resource', message: 'The proof was stopped by its caller.' });
}
