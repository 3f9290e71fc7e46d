import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type CompiledCurve, Curve, compileCurve, FIELD_BYTES } from './curve.js';
import { buildFixedBaseTable, type FixedBaseTable, multiplyFixedBase, pointBytes } from './fixed-base.js';
import { locateWorker } from './worker-file.js';

/** A run of scalars to be multiplied with one generator: scalar `from + i` becomes point `to + i / size`. */
export interface PointJob {
  readonly group: 'g1' | 'g2';
  readonly count: number;
  /** Byte offset into the scalars. */
  readonly from: number;
  /** Byte offset into the points. */
  readonly to: number;
}

/** What the threads share; both buffers are shared memory, `next` counts the jobs taken. */
export interface PointTask {
  readonly curve: CompiledCurve;
  readonly jobs: readonly PointJob[];
  readonly scalars: Uint8Array;
  readonly points: Uint8Array;
  readonly next: Int32Array;
}

/** Points per job: small enough for even loads and steady progress. */
const JOB_POINTS = 2048;
/** Fewer points than that are made on the calling thread. */
const THREAD_THRESHOLD = 20_000;

/** Splits runs of any length into jobs. */
export function splitJobs(runs: readonly PointJob[]): PointJob[] {
  return runs.flatMap((run) => {
    const jobs: PointJob[] = [];
    for (let done = 0; done < run.count; done += JOB_POINTS) {
      jobs.push({
        group: run.group,
        count: Math.min(JOB_POINTS, run.count - done),
        from: run.from + done * FIELD_BYTES,
        to: run.to + done * pointBytes(run.group),
      });
    }
    return jobs;
  });
}

/** Takes jobs until none is left. `report` hears of every job done. */
export async function runPointJobs(task: PointTask, report: () => void): Promise<void> {
  const curve = await Curve.create(task.curve);
  const tables = new Map<string, FixedBaseTable>();
  for (;;) {
    const job = task.jobs[Atomics.add(task.next, 0, 1)];
    if (!job) return;
    let table = tables.get(job.group);
    if (!table) {
      table = buildFixedBaseTable(curve, job.group);
      tables.set(job.group, table);
    }
    const scalars = task.scalars.subarray(job.from, job.from + job.count * FIELD_BYTES);
    task.points.set(multiplyFixedBase(curve, table, scalars, job.count), job.to);
    report();
  }
}

/**
 * Multiplies the generators by all scalars, on every core when there are many. One thread is the calling one. `onProgress` gets the finished share of
 * the points, in `[0, 1]`.
 */
export async function multiplyGenerators(
  jobs: readonly PointJob[],
  scalars: Uint8Array,
  points: Uint8Array,
  options: { readonly threads?: number; readonly onProgress: (share: number) => void },
): Promise<void> {
  const task: PointTask = {
    curve: await compileCurve(),
    jobs,
    scalars,
    points,
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  let done = 0;
  const report = () => options.onProgress(++done / jobs.length);
  const total = jobs.reduce((sum, job) => sum + job.count, 0);
  const threads = options.threads ?? (total < THREAD_THRESHOLD ? 1 : Math.min(availableParallelism(), jobs.length));
  if (threads === 1) {
    await runPointJobs(task, report);
    return;
  }
  const workers = Array.from({ length: threads }, () => startWorker(task, report));
  try {
    await Promise.all(workers.map(({ finished }) => finished));
  } finally {
    await Promise.all(workers.map(({ worker }) => worker.terminate()));
  }
}

function startWorker(task: PointTask, report: () => void): { worker: Worker; finished: Promise<void> } {
  const worker = new Worker(locateWorker(import.meta.url, 'dev-key-worker'), { workerData: task });
  const finished = new Promise<void>((resolve, reject) => {
    worker.on('message', report);
    worker.on('error', reject);
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a key thread ended with code ${code}`))));
  });
  return { worker, finished };
}
