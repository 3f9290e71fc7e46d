import { createHash, createHmac } from 'node:crypto';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import type { SaturatedInput } from '../pipeline/prove-input.js';
import type { Row } from '../rows/rows.js';
import type { StatedBinding } from '../verify/proof-file.js';
import type { ServedModel } from './model.js';

export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What a proof is to be bound to, in full: every default is filled in. */
export interface JobOptions {
  /** Decimal; of a packed statement without a binding. */
  readonly context?: string;
  readonly binding?: StatedBinding;
  readonly strict: boolean;
}

/** What only the prover may see: the row, and the salt of a commitment to it. */
export interface JobInput {
  readonly row: Row;
  /** A decimal. */
  readonly salt?: string;
}

/** One thing to prove. */
export interface JobRequest {
  readonly model: ServedModel;
  readonly input: JobInput;
  readonly options: JobOptions;
}

/** Why a job failed, as its owner is told. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
  readonly facts: readonly string[];
  readonly hint?: string;
}

/** A job as the store keeps it; holds nothing of a hidden input. */
export interface JobRecord {
  readonly format: 'zkinfer-job/1';
  readonly id: string;
  /** Order of submission. */
  readonly seq: number;
  readonly model: string;
  /** `ServedModel.key` of the bundle that it was submitted to. */
  readonly modelKey: string;
  readonly state: JobState;
  readonly options: JobOptions;
  /** Digests of the Idempotency-Key headers that it was submitted with. */
  readonly submitKeys: readonly string[];
  /** Times as ISO 8601 in UTC. */
  readonly submittedAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** How often a prover began it. */
  readonly attempts: number;
  readonly error?: JobFailure;
  /** Milliseconds of witness and proof. */
  readonly ms?: number;
  /** Inputs outside the calibrated range; of public inputs only. */
  readonly saturated?: readonly SaturatedInput[];
}

/** Whether nothing more will happen to a job in this state by itself. */
export function isFinished(state: JobState): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

/** A row as JSON: plain arrays of numbers by input name. */
export function rowToJson(row: Row): Record<string, number[]> {
  return Object.fromEntries(Object.keys(row).map((name) => [name, [...row[name]]]));
}

/**
 * Names a job by what it computes: bundle, input and options. Equal jobs have equal names.
 * @param secret makes the name of a hidden input say nothing of it to whoever guesses; none for public inputs
 * @returns 64 hexadecimal digits
 */
export function nameJobRequest({ model, input, options }: JobRequest, secret?: string): string {
  const text = printCanonicalJson({
    format: 'zkinfer-job/1',
    model: model.key,
    row: rowToJson(input.row),
    salt: input.salt,
    options,
  });
  return (secret === undefined ? createHash('sha256') : createHmac('sha256', secret)).update(text).digest('hex');
}
