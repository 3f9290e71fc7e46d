import { availableParallelism, freemem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { ZkinferError } from '../core/error.js';
import { compileCurve } from '../groth16/curve.js';
import { createProgressCell, type ReportProgress, watchProgress } from '../groth16/progress.js';
import type { ProverName } from '../groth16/prove.js';
import { leaveSharedKey } from '../groth16/shared-key.js';
import { type AdmittedJob, createHelpers } from './helpers.js';
import {
  type HelpRequest,
  type JobResult,
  nameJob,
  type ProofJob,
  type SharedKey,
  type WorkerReply,
  type WorkerRequest,
} from './job.js';
import { planWorkers } from './plan-workers.js';

export interface PoolOptions {
  /** Worker threads; by default as many as cores and memory allow. */
  readonly workers?: number;
  /** Of the workers that are started by default: no more than so many, whatever cores there are. */
  readonly atMost?: number;
  readonly backend?: ProverName;
  /** The external program, for the backend `rapidsnark`; by default that name on PATH. */
  readonly binary?: string;
  /** For all workers and the key together; by default three quarters of the free memory. */
  readonly memoryBudgetBytes?: number;
  /** Size of the proving key that will be used, for the plan. */
  readonly zkeyBytes?: number;
}

export interface JobOptions {
  /** Stops the job within milliseconds, queued or running. */
  readonly signal?: AbortSignal;
  /** From submission to result; by default ten minutes. A job that is late is stopped. */
  readonly deadlineMs?: number;
  /** How far the proof is, from the moment that a worker takes the job: at most ten times a second, and only what is new. */
  readonly onProgress?: ReportProgress;
}

export interface ProverPool {
  readonly workers: number;
  readonly backend: ProverName;
  /**
   * Makes a proof in a worker and verifies it there. A worker that dies costs one retry; a job that kills two workers is
   * refused from then on.
   * @throws ZkinferError `PROVE_ABORTED`, `PROVE_DEADLINE`, `PROVE_QUARANTINED`, `POOL_CLOSED`, and those of `prove`
   */
  prove(job: ProofJob, options?: JobOptions): Promise<JobResult>;
  /** Lets running and queued jobs finish, refuses new ones, and ends the workers. */
  close(): Promise<void>;
  /** Jobs that a worker has begun, and its thread. */
  listRunning(): readonly RunningJob[];
  /** Ends a worker at once, as its crash would: another takes its place, and its job is tried again. */
  killThread(threadId: number): Promise<void>;
}

export interface RunningJob {
  readonly key: string;
  readonly threadId: number;
  /** Threads of idle workers that do a part of the proof. */
  readonly helpers: readonly number[];
}

const DEFAULT_DEADLINE_MS = 600_000;
/** Deaths of workers after which a job is not tried again. */
const MAX_DEATHS = 2;
/** Workers that may die before they begin a job. */
const MAX_FALSE_STARTS = 8;
/** Quarantined jobs that are remembered. */
const MAX_QUARANTINE = 10_000;

/**
 * Starts a pool of worker threads, each with one single-threaded prover that stays warm. Idle, it does not keep the
 * process alive.
 */
export function createProverPool(options: PoolOptions = {}): ProverPool {
  const backend = options.backend ?? 'resident';
  const workers =
    options.workers ??
    planWorkers({
      cores: Math.min(availableParallelism(), options.atMost ?? Number.POSITIVE_INFINITY),
      memoryBudgetBytes: options.memoryBudgetBytes ?? 0.75 * freemem(),
      zkeyBytes: options.zkeyBytes ?? 0,
      backend,
    });
  const file = import.meta.url.endsWith('.ts') ? './worker-from-source.mjs' : './worker.js';
  const piscina = new Piscina<WorkerRequest | HelpRequest, WorkerReply>({
    filename: fileURLToPath(new URL(file, import.meta.url)),
    name: 'runJob',
    minThreads: workers,
    maxThreads: workers,
    // Nothing sleeps on shared memory: a worker that waits must answer messages, and idle threads must not hold the process.
    atomics: 'disabled',
    // What the worker shim under snarkjs expects to find in every thread; without it snarkjs does not load.
    workerData: { mod: 'data:text/javascript,0', type: 'module' },
  });
  // A worker may die without a job, or throw late: the next job finds another worker.
  piscina.on('error', () => {});

  // What a thread had is another's only when it does not run any more.
  const known = new Set<WeakRef<SharedKey>>();
  const watched = new WeakSet<Worker>();
  const dying = new WeakSet<Worker>();
  const watchThreads = () => {
    for (const thread of piscina.threads) {
      if (watched.has(thread)) continue;
      watched.add(thread);
      const { threadId } = thread;
      thread.once('exit', () => releaseRegions(known, threadId));
    }
  };
  watchThreads();
  piscina.on('workerCreate', watchThreads);

  const quarantine = new Set<string>();
  let closing: Promise<void> | undefined;
  const pending = new Set<Promise<unknown>>();
  const begun = new Map<Int32Array, { readonly key: string; readonly helped: AdmittedJob }>();
  const helpers = createHelpers(workers, (request) => piscina.run(request, { name: 'helpJob' }));

  const prove = async (job: ProofJob, jobOptions: JobOptions = {}): Promise<JobResult> => {
    if (closing) throw poolClosed();
    const name = nameJob(job);
    rememberKey(known, job.provingKey);
    if (quarantine.has(name)) throw quarantined(name);
    const deadlineMs = jobOptions.deadlineMs ?? DEFAULT_DEADLINE_MS;
    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = jobOptions.signal ? AbortSignal.any([jobOptions.signal, deadline]) : deadline;
    for (let [deaths, falseStarts] = [0, 0]; ; ) {
      const thread = new Int32Array(new SharedArrayBuffer(4));
      const progress = createProgressCell();
      const unwatch = jobOptions.onProgress && watchProgress(progress, jobOptions.onProgress);
      const curve = await compileCurve();
      const helped = helpers.admit(backend === 'resident' && { curve, provingKey: job.provingKey });
      begun.set(thread, { key: name, helped });
      try {
        const request: WorkerRequest = {
          curve,
          backend,
          binary: options.binary,
          provingKey: job.provingKey,
          witness: 'wtns' in job ? { wtns: job.wtns } : { program: job.program, input: job.input },
          thread,
          progress,
          board: helped.board,
        };
        return unpack(await piscina.run(request, { signal }));
      } catch (error) {
        if (jobOptions.signal?.aborted) throw aborted(jobOptions.signal.reason);
        if (deadline.aborted) throw late(deadlineMs);
        if (error instanceof ZkinferError) throw error;
        // A worker that was about to die when it got the job says nothing of the job.
        const began = Atomics.load(thread, 0) !== 0;
        if (began) deaths++;
        else falseStarts++;
        if (deaths < MAX_DEATHS && falseStarts < MAX_FALSE_STARTS && !closing) continue;
        quarantine.add(name);
        if (quarantine.size > MAX_QUARANTINE) quarantine.delete(quarantine.values().next().value as string);
        throw quarantined(name, error);
      } finally {
        unwatch?.();
        helped.end();
        begun.delete(thread);
      }
    }
  };

  return {
    workers,
    backend,
    listRunning: () =>
      [...begun]
        .filter(([thread]) => thread[0] > 0)
        .map(([[threadId], { key, helped }]) => ({ key, threadId, helpers: helped.listHelpers() })),
    killThread: async (threadId) => {
      const thread = piscina.threads.find((known) => known.threadId === threadId);
      if (!thread || dying.has(thread)) return;
      dying.add(thread);
      await thread.terminate();
    },
    prove: (job, jobOptions) => {
      const result = prove(job, jobOptions);
      pending.add(result);
      const forget = () => pending.delete(result);
      result.then(forget, forget);
      return result;
    },
    close: () => {
      closing ??= Promise.allSettled([...pending]).then(() => piscina.destroy());
      return closing;
    },
  };
}

function rememberKey(known: Set<WeakRef<SharedKey>>, key: SharedKey): void {
  for (const reference of known) {
    const other = reference.deref();
    if (other === key) return;
    if (!other) known.delete(reference);
  }
  known.add(new WeakRef(key));
}

function releaseRegions(known: Set<WeakRef<SharedKey>>, threadId: number): void {
  for (const reference of known) {
    const key = reference.deref();
    if (key) leaveSharedKey(key, threadId);
  }
}

function unpack(reply: WorkerReply): JobResult {
  if (reply.ok) return reply.result;
  throw new ZkinferError(reply.error);
}

function aborted(cause: unknown): ZkinferError {
  return new ZkinferError({
    code: 'PROVE_ABORTED',
    kind: 'resource',
    message: 'The proof was stopped by its caller.',
    cause,
  });
}

function late(deadlineMs: number): ZkinferError {
  return new ZkinferError({
    code: 'PROVE_DEADLINE',
    kind: 'resource',
    message: `The proof was not ready within ${deadlineMs} ms and was stopped.`,
    hint: 'Allow more time, use fewer workers at once, or a smaller circuit.',
  });
}

function quarantined(name: string, cause?: unknown): ZkinferError {
  return new ZkinferError({
    code: 'PROVE_QUARANTINED',
    kind: 'resource',
    message: `The job killed ${MAX_DEATHS} workers and is not tried again.`,
    facts: [`job: ${name}`, ...(cause === undefined ? [] : [`last: ${String(cause).slice(0, 200)}`])],
    hint: 'Prove it alone, with more memory.',
    cause,
  });
}

function poolClosed(): ZkinferError {
  return new ZkinferError({ code: 'POOL_CLOSED', kind: 'resource', message: 'The pool of provers is closed.' });
}
