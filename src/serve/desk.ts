import { createHash } from 'node:crypto';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import { ZkinferError } from '../core/error.js';
import type { ProofProgress } from '../groth16/progress.js';
import {
  describeFailure,
  finishedJob,
  jobFatal,
  queueFull,
  resultWrong,
  serviceClosing,
  submitKeyUsed,
} from './failures.js';
import { isFinished, type JobRecord, type JobRequest, nameJobRequest } from './job.js';
import type { JobBook } from './job-book.js';
import type { JobStore } from './job-store.js';
import type { Metrics } from './metrics.js';
import type { ServedModels } from './model.js';
import { verifyJob } from './prove-job.js';
import { CANCELLED, type Runner } from './runner.js';

export interface DeskOptions {
  readonly models: ServedModels;
  readonly store: JobStore;
  readonly book: JobBook;
  readonly runner: Runner;
  readonly metrics: Metrics;
  /** Jobs that may wait; one more is refused. */
  readonly maxQueue: number;
  /** For what nobody foresaw; never of a hidden input. */
  readonly onInternalError?: (error: unknown) => void;
}

/** What became of a submission. */
export interface Submitted {
  readonly job: JobRecord;
  /** False where the same job was there already. */
  readonly isNew: boolean;
}

/** Starts of a job here after which a job that never ended is taken to be what ends the process. */
const MAX_STARTS = 3;
/** Idempotency keys remembered for one job. */
const MAX_SUBMIT_KEYS = 64;

/** The newest keys, each once. */
function appendSubmitKey(keys: readonly string[], key: string | undefined): string[] {
  return [...new Set([...keys, ...(key === undefined ? [] : [key])])].slice(-MAX_SUBMIT_KEYS);
}

interface Running {
  readonly abort: AbortController;
  ended: Promise<void>;
  /** How far its proof is, where whoever makes it says so. */
  progress?: ProofProgress;
}

/** Takes jobs, has them proved in their order, and verifies what comes back. */
export class Desk {
  private readonly queue: string[] = [];
  private readonly running = new Map<string, Running>();
  private isClosing = false;

  constructor(private readonly options: DeskOptions) {}

  /** Takes up what an earlier process left. */
  async recover(): Promise<void> {
    for (const record of this.options.store.found) if (!isFinished(record.state)) await this.recoverJob(record);
    this.pump();
  }

  private async recoverJob(record: JobRecord): Promise<void> {
    const { store, runner, models } = this.options;
    const { id } = record;
    const model = models.get(record.model);
    // A model that is not served now may be served again: its jobs wait for that.
    if (model?.key !== record.modelKey) return;
    const input = await store.readInput(id, model.rows);
    if (input === null) {
      const error = { code: 'INPUT_GONE', message: 'the input was not kept over the restart', facts: [] };
      return this.finish(id, record.seq, { state: 'failed', error: { ...error, hint: 'submit the job again' } });
    }
    const proof = await store.readProof(id);
    if (proof !== null && (await verifyJob({ model, input, options: record.options }, JSON.parse(proof))).valid)
      return this.finish(id, record.seq, { state: 'done' });
    if (runner.kind === 'local' && record.state === 'running' && record.attempts >= MAX_STARTS)
      return this.finish(id, record.seq, { state: 'failed', error: jobFatal(record.attempts) });
    if (record.state !== 'queued') await this.options.book.change(id, () => ({ state: 'queued' }));
    this.queue.push(id);
  }

  /**
   * Takes a job, or finds the one that computes the same. One that failed or was cancelled is begun anew.
   * @param submitKey the caller's own name of the submission
   * @throws ZkinferError SUBMIT_KEY_USED, QUEUE_FULL, SERVICE_CLOSING, and what the runner refuses
   */
  async submit(request: JobRequest, submitKey?: string): Promise<Submitted> {
    const { store, book, runner, maxQueue } = this.options;
    const { model, input, options } = request;
    runner.checkRequest(request);
    const id = nameJobRequest(request, model.isHidden ? store.secret : undefined);
    const key = submitKey === undefined ? undefined : createHash('sha256').update(submitKey).digest('hex');
    const other = key === undefined ? undefined : book.findBySubmitKey(key);
    if (other !== undefined && other !== id) throw submitKeyUsed();
    const known = book.get(id);
    const isLive = known && known.state !== 'failed' && known.state !== 'cancelled';
    if (!isLive) {
      if (this.isClosing) throw serviceClosing();
      if (this.counts().queued >= maxQueue) throw queueFull(maxQueue);
    }
    if (key !== undefined) book.claimSubmitKey(key, id);
    if (isLive) {
      if (key !== undefined && other === undefined)
        await book
          .change(id, ({ submitKeys }) => ({ submitKeys: appendSubmitKey(submitKeys, key) }))
          .finally(() => book.releaseSubmitKey(key, id));
      await book.settle(id);
      return { job: book.get(id) ?? known, isNew: false };
    }
    const submitKeys = appendSubmitKey(known?.submitKeys ?? [], key);
    const record: Omit<JobRecord, 'seq'> = {
      format: 'zkinfer-job/1',
      id,
      model: model.name,
      modelKey: model.key,
      state: 'queued',
      options,
      submitKeys,
      submittedAt: new Date().toISOString(),
      attempts: 0,
    };
    const adding = book.add(record, input, model.isHidden);
    this.queue.push(id);
    try {
      await adding;
    } catch (error) {
      this.unqueue(id);
      throw error;
    }
    this.pump();
    return { job: book.get(id) ?? { ...record, seq: 0 }, isNew: true };
  }

  private unqueue(id: string): void {
    const at = this.queue.indexOf(id);
    if (at >= 0) this.queue.splice(at, 1);
  }

  /** How many jobs are before this one; undefined where it does not wait here. */
  positionOf(id: string): number | undefined {
    const at = this.queue.indexOf(id);
    return at < 0 ? undefined : at;
  }

  /** How far the proof of a job is; undefined where nobody knows. */
  progressOf(id: string): ProofProgress | undefined {
    return this.running.get(id)?.progress;
  }

  /** Stops a job that waits or runs. @throws ZkinferError JOB_FINISHED */
  async cancel({ id, seq, state }: JobRecord): Promise<JobRecord> {
    if (isFinished(state)) throw finishedJob(state);
    this.unqueue(id);
    const running = this.running.get(id);
    await this.finish(id, seq, { state: 'cancelled' });
    running?.abort.abort(CANCELLED);
    const after = this.options.book.get(id) as JobRecord;
    if (after.state !== 'cancelled') throw finishedJob(after.state);
    return after;
  }

  counts(): { readonly queued: number; readonly running: number } {
    // What a queue between machines took over waits there, until a worker begins it.
    const handed = [...this.running.keys()].filter((id) => this.options.book.get(id)?.state === 'queued').length;
    return { queued: this.queue.length + handed, running: this.running.size - handed };
  }

  /** Seconds after which a refused caller may find room. */
  retryAfterSeconds(): number {
    const { metrics, runner } = this.options;
    const perJob = metrics.mean('zkinfer_job_seconds') ?? 1;
    return Math.min(600, Math.max(1, Math.ceil(perJob / Math.min(runner.concurrency, 64))));
  }

  /** Takes no more jobs, lets those that run end within the time given, and parks the others for the next process. */
  async close(graceMs: number): Promise<void> {
    this.isClosing = true;
    const ended = () => Promise.all([...this.running.values()].map((running) => running.ended));
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    // Jobs of a queue between machines go on without this process.
    if (this.options.runner.kind === 'local') await Promise.race([ended(), grace]);
    clearTimeout(timer);
    for (const { abort } of this.running.values()) abort.abort();
    await ended();
    await this.options.book.settle();
  }

  private pump(): void {
    while (!this.isClosing && this.running.size < this.options.runner.concurrency) {
      const id = this.queue.shift();
      if (id === undefined) return;
      const running: Running = { abort: new AbortController(), ended: Promise.resolve() };
      this.running.set(id, running);
      running.ended = this.runJob(id, running).finally(() => {
        if (this.running.get(id) === running) this.running.delete(id);
        this.pump();
      });
    }
  }

  private async runJob(id: string, running: Running): Promise<void> {
    const { signal } = running.abort;
    const { models, store, book, runner, metrics, onInternalError } = this.options;
    await book.settle(id);
    const job = book.get(id);
    if (job?.state !== 'queued') return;
    const { seq } = job;
    const model = models.get(job.model);
    try {
      const input = model && (await store.readInput(id, model.rows));
      if (!model || !input)
        throw new ZkinferError({ code: 'INPUT_GONE', kind: 'resource', message: 'the input is gone' });
      const request: JobRequest = { model, input, options: job.options };
      const startedAt = () => new Date().toISOString();
      const onBegin = () => {
        const begin = (before: JobRecord): Partial<JobRecord> | null =>
          before.seq !== seq || isFinished(before.state) || signal.aborted
            ? null
            : { state: 'running', startedAt: startedAt(), attempts: before.attempts + 1 };
        running.progress = undefined;
        book.change(id, begin).catch(() => {});
      };
      const onProgress = (progress: ProofProgress) => {
        running.progress = progress;
        if (book.get(id)?.state === 'running') book.nudge(id);
      };
      const submittedMs = Date.parse(job.submittedAt);
      const { proof, saturated, ms } = await runner.run(request, { id, submittedMs, signal, onBegin, onProgress });
      const verdict = await verifyJob(request, proof);
      if (!verdict.valid) throw resultWrong(verdict.reason);
      if (book.get(id)?.seq !== seq) return;
      await book.saveProof(id, printCanonicalJson(proof));
      const shown = saturated.length > 0 && !model.isHidden ? { saturated } : {};
      await this.finish(id, seq, { state: 'done', ms: Math.round(ms.total), ...shown });
      metrics.observe('zkinfer_job_seconds', { model: job.model }, ms.total / 1000);
    } catch (error) {
      if (signal.aborted) return await this.park(id, seq);
      if (!(error instanceof ZkinferError) && !model?.isHidden) onInternalError?.(error);
      await this.finish(id, seq, { state: 'failed', error: describeFailure(error, model?.isHidden ?? true) }).catch(
        () => {},
      );
    }
  }

  /** A job that was stopped because the service ends waits for the next one; a cancelled one does not. */
  private async park(id: string, seq: number): Promise<void> {
    await this.options.book
      .change(id, (before) =>
        before.seq !== seq || isFinished(before.state)
          ? null
          : { state: 'queued', attempts: Math.max(0, before.attempts - 1) },
      )
      .catch(() => null);
  }

  /** Ends a job, unless it has ended already or was submitted anew. */
  private async finish(id: string, seq: number, change: Partial<JobRecord>): Promise<void> {
    const { book, metrics } = this.options;
    const after = await book.change(id, (before) =>
      before.seq !== seq || isFinished(before.state) ? null : { ...change, finishedAt: new Date().toISOString() },
    );
    if (!after) return;
    const { model, submittedAt, state, error } = after;
    metrics.count('zkinfer_jobs_finished_total', { model, result: state });
    if (error) metrics.count('zkinfer_job_failures_total', { model, code: error.code });
    metrics.observe('zkinfer_job_wait_seconds', { model }, (Date.now() - Date.parse(submittedAt)) / 1000);
  }
}
