import { isFinished, type JobInput, type JobRecord, type JobState } from './job.js';
import type { JobStore } from './job-store.js';

export interface ListQuery {
  readonly state?: JobState;
  readonly model?: string;
  /** Lists jobs before this one. */
  readonly before?: string;
  readonly limit: number;
}

export interface BookOptions {
  readonly store: JobStore;
  /** Finished jobs that are kept, the newest. */
  readonly keep: number;
  /** Hears of every change, once it is on disk. */
  readonly onJob?: (job: JobRecord) => void;
}

/** What becomes of a job; null leaves it as it is. */
export type Change = (before: JobRecord) => Partial<JobRecord> | null;

/** Every job, in memory as on disk: changes of one job come one after the other, and show once they are written. */
export class JobBook {
  private readonly jobs = new Map<string, JobRecord>();
  /** Job by digest of an Idempotency-Key. */
  private readonly submitKeys = new Map<string, string>();
  /** Ids in the order in which jobs ended. */
  private readonly finished = new Set<string>();
  private readonly listeners = new Map<string, Set<(job: JobRecord) => void>>();
  private readonly writes = new Map<string, Promise<unknown>>();
  private nextSeq = 0;

  constructor(private readonly options: BookOptions) {
    for (const record of options.store.found) {
      this.nextSeq = Math.max(this.nextSeq, record.seq + 1);
      this.remember(record);
    }
    this.dropOldest();
  }

  private remember(record: JobRecord): void {
    const kept = new Set(record.submitKeys);
    for (const key of this.jobs.get(record.id)?.submitKeys ?? []) if (!kept.has(key)) this.submitKeys.delete(key);
    this.jobs.set(record.id, record);
    for (const key of record.submitKeys) this.submitKeys.set(key, record.id);
    if (isFinished(record.state)) this.finished.add(record.id);
    else this.finished.delete(record.id);
  }

  private forget(id: string): void {
    for (const key of this.jobs.get(id)?.submitKeys ?? []) this.submitKeys.delete(key);
    this.jobs.delete(id);
    this.finished.delete(id);
  }

  get(id: string): JobRecord | undefined {
    return this.jobs.get(id);
  }

  findBySubmitKey(key: string): string | undefined {
    return this.submitKeys.get(key);
  }

  /** Binds a name of a submission to its job. */
  claimSubmitKey(key: string, id: string): void {
    this.submitKeys.set(key, id);
  }

  /** Frees a name that was claimed for a job, unless the job's record came to hold it. */
  releaseSubmitKey(key: string, id: string): void {
    if (this.submitKeys.get(key) !== id || this.jobs.get(id)?.submitKeys.includes(key)) return;
    this.submitKeys.delete(key);
  }

  countFinished(): number {
    return this.finished.size;
  }

  /** Jobs, the newest first. */
  list({ state, model, before, limit }: ListQuery): JobRecord[] {
    const end = before === undefined ? Number.POSITIVE_INFINITY : (this.jobs.get(before)?.seq ?? 0);
    return [...this.jobs.values()]
      .filter((job) => job.seq < end && (state ?? job.state) === job.state && (model ?? job.model) === job.model)
      .sort((a, b) => b.seq - a.seq)
      .slice(0, limit);
  }

  /** Takes up a job, in place of a finished one of its name. It is there at once, and promised once this resolves. */
  async add(record: Omit<JobRecord, 'seq'>, input: JobInput, isHidden: boolean): Promise<JobRecord> {
    const { store } = this.options;
    const job: JobRecord = { ...record, seq: this.nextSeq++ };
    this.remember(job);
    try {
      await this.write(job.id, async () => {
        await store.saveInput(job.id, input, isHidden);
        await store.saveJob(job);
      });
    } catch (error) {
      this.forget(job.id);
      throw error;
    }
    this.tell(job);
    return job;
  }

  /** @returns the job afterwards; null where nothing was to be changed */
  change(id: string, make: Change): Promise<JobRecord | null> {
    const { store } = this.options;
    return this.write(id, async () => {
      const before = this.jobs.get(id);
      const change = before && make(before);
      if (!before || !change) return null;
      const after: JobRecord = { ...before, ...change };
      await store.saveJob(after);
      if (isFinished(after.state)) await store.dropInput(id);
      // It was dropped or begun anew meanwhile, and what that writes comes next.
      if (this.jobs.get(id) !== before) return null;
      this.remember(after);
      this.dropOldest();
      this.tell(after);
      return after;
    });
  }

  /** Writes a job's proof, before the change that says that it is done. */
  saveProof(id: string, text: string): Promise<void> {
    return this.write(id, () => this.options.store.saveProof(id, text));
  }

  /** Resolves when all that was begun for a job is on disk; for all jobs where none is named. */
  async settle(id?: string): Promise<void> {
    await Promise.allSettled(id === undefined ? this.writes.values() : [this.writes.get(id)]);
  }

  /** Calls back at every change of a job until the returned function is called. */
  subscribe(id: string, listener: (job: JobRecord) => void): () => void {
    const all = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, all.add(listener));
    return () => {
      all.delete(listener);
      if (all.size === 0) this.listeners.delete(id);
    };
  }

  /** Calls back those who watch a job: something about it that is not kept has changed. */
  nudge(id: string): void {
    const job = this.jobs.get(id);
    if (job) for (const listener of this.listeners.get(id) ?? []) listener(job);
  }

  private tell(job: JobRecord): void {
    this.options.onJob?.(job);
    this.nudge(job.id);
  }

  private write<T>(id: string, work: () => Promise<T>): Promise<T> {
    const after = (this.writes.get(id) ?? Promise.resolve()).catch(() => {}).then(work);
    this.writes.set(id, after);
    const forget = () => {
      if (this.writes.get(id) === after) this.writes.delete(id);
    };
    after.then(forget, forget);
    return after;
  }

  private dropOldest(): void {
    while (this.finished.size > this.options.keep) {
      const id = this.finished.values().next().value as string;
      this.forget(id);
      // A file that stays is dropped at the next start.
      this.write(id, () => this.options.store.remove(id)).catch(() => {});
    }
  }
}
