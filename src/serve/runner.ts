import type { ReportProgress } from '../groth16/progress.js';
import type { ProveReport } from '../pipeline/pooled-bundle.js';
import type { JobRequest } from './job.js';

/** Reason of an abort after which nobody wants the result; after any other, the job may go on elsewhere. */
export const CANCELLED = 'cancelled';

/** What a runner is told about one job, and how it answers before the end. */
export interface RunOptions {
  /** 64 hexadecimal digits: the job's name, wherever it runs. */
  readonly id: string;
  /** When it was submitted, in milliseconds since 1970: what happened to its name before does not count. */
  readonly submittedMs: number;
  /** Stops the job; the promise then rejects. */
  readonly signal: AbortSignal;
  /** The job was begun; maybe again, after whoever had it died. */
  readonly onBegin: () => void;
  /** How far the proof is; less often where it is made elsewhere. */
  readonly onProgress: ReportProgress;
}

/** Makes proofs: here, or on other machines. */
export interface Runner {
  readonly kind: 'local' | 'queue';
  /** Jobs that are handed over at once; the rest waits in the service. */
  readonly concurrency: number;
  /** Provers that this process has of its own. */
  readonly workers: number;
  /** Null, or why no job can be made now. */
  isReady(): Promise<string | null>;
  /** Refuses what this runner may not be given, before the job is taken. @throws ZkinferError of kind policy */
  checkRequest(request: JobRequest): void;
  /** Proves. Whoever calls verifies the result. @throws ZkinferError */
  run(request: JobRequest, options: RunOptions): Promise<ProveReport>;
  close(): Promise<void>;
}
