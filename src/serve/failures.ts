import { ZkinferError } from '../core/error.js';
import type { JobFailure, JobState } from './job.js';

/**
 * What is said of a failure: only what was raised on purpose.
 * @param isHidden leaves the facts out, which may tell of the input
 */
export function describeFailure(error: unknown, isHidden: boolean): JobFailure {
  if (!(error instanceof ZkinferError))
    return { code: 'INTERNAL', message: 'something went wrong inside zkinfer', facts: [] };
  const { code, message, facts, hint } = error;
  return { code, message, facts: isHidden ? [] : facts, ...(hint !== undefined && { hint }) };
}

/** A job that ends the process whenever it is begun. */
export function jobFatal(attempts: number): JobFailure {
  const message = `the service ended ${attempts} times while it proved this job`;
  return { code: 'JOB_FATAL', message, facts: [], hint: 'prove it alone, with more memory' };
}

export function finishedJob(state: JobState): ZkinferError {
  return new ZkinferError({ code: 'JOB_FINISHED', kind: 'usage', message: `the job is ${state} already` });
}

export function submitKeyUsed(): ZkinferError {
  return new ZkinferError({
    code: 'SUBMIT_KEY_USED',
    kind: 'usage',
    message: 'this Idempotency-Key was used for another submission',
    hint: 'use a new key for another input or other options',
  });
}

export function queueFull(maxQueue: number): ZkinferError {
  return new ZkinferError({
    code: 'QUEUE_FULL',
    kind: 'resource',
    message: `${maxQueue} jobs wait already`,
    hint: 'come back after the time that Retry-After says',
  });
}

export function serviceClosing(): ZkinferError {
  return new ZkinferError({ code: 'SERVICE_CLOSING', kind: 'resource', message: 'the service is ending' });
}

export function resultWrong(reason: string): ZkinferError {
  return new ZkinferError({
    code: 'RESULT_WRONG',
    kind: 'artifact',
    message: 'what a prover gave is no proof of the job',
    facts: [reason],
    hint: 'look for a worker with another bundle, or one that is not yours',
  });
}
