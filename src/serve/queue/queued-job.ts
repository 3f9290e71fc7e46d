import { ZkinferError } from '../../core/error.js';
import type { ProofProgress } from '../../groth16/progress.js';
import { findProblems } from '../http/json-schema.js';
import { schemas } from '../http/schemas.js';
import { type JobOptions, type JobRequest, nameJobRequest, rowToJson } from '../job.js';
import type { ServedModel } from '../model.js';
import { readJobOptions, readStoredRow } from '../submission.js';

/** What lies in the queue for one job. A public input only: everybody at the queue can read it. */
export interface QueuedJob {
  readonly format: 'zkinfer-queued/1';
  readonly row: Readonly<Record<string, readonly number[]>>;
  readonly options: JobOptions;
}

/** Queue of one bundle: only those who have it take its jobs. */
export function nameQueue(model: ServedModel): string {
  return `prove-${model.key.slice(0, 32)}`;
}

/** Name of a job in the queue, which may not look like a number. */
export function nameQueuedJob(id: string): string {
  return `job-${id}`;
}

/** What a worker says of how far it is, if it has that form; it need not be true. */
export function readQueuedProgress(data: unknown): ProofProgress | null {
  return findProblems(data, schemas.Progress, schemas).length === 0 ? (data as ProofProgress) : null;
}

/** @throws ZkinferError QUEUE_INPUT_HIDDEN (policy) where the statement hides the input */
export function refuseHidden({ name, isHidden, bundle }: ServedModel): void {
  if (!isHidden) return;
  throw new ZkinferError({
    code: 'QUEUE_INPUT_HIDDEN',
    kind: 'policy',
    message: `the input of ${JSON.stringify(name)} is ${bundle.manifest.statement.visibility}: it may not lie in a queue`,
    hint: 'serve this model without --queue, where the input stays on one machine',
  });
}

/** @throws ZkinferError QUEUE_INPUT_HIDDEN */
export function writeQueuedJob({ model, input, options }: JobRequest): QueuedJob {
  refuseHidden(model);
  return { format: 'zkinfer-queued/1', row: rowToJson(input.row), options };
}

/**
 * Reads what somebody put into the queue; nothing of it is trusted.
 * @throws ZkinferError QUEUED_JOB_WRONG, QUEUE_INPUT_HIDDEN
 */
export function readQueuedJob(data: unknown, id: string, model: ServedModel): JobRequest {
  refuseHidden(model);
  const wrong = (fact: string, cause?: unknown) =>
    new ZkinferError({
      code: 'QUEUED_JOB_WRONG',
      kind: 'usage',
      message: 'what lies in the queue is no job of this bundle',
      facts: [fact],
      cause,
    });
  let request: JobRequest;
  try {
    const { format, row, options } = data as QueuedJob;
    if (format !== 'zkinfer-queued/1') throw new RangeError('another format');
    const problems = findProblems(options, schemas.JobOptions, schemas);
    if (problems.length > 0) throw new RangeError(problems[0]);
    request = { model, input: { row: readStoredRow(row, model.rows) }, options: readJobOptions(options, model) };
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (nameJobRequest(request) !== id) throw wrong('its name is not that of its content');
  return request;
}
