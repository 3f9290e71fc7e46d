import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { serialize } from 'node:v8';
import type { ErrorFacts } from '../core/error.js';
import type { CompiledCurve } from '../groth16/curve.js';
import type { ProofResult } from '../groth16/proof.js';
import type { ProverName } from '../groth16/prove.js';
import type { WitnessProgram } from './witness-program.js';

/** A proving key in memory that all workers share. */
export interface SharedKey {
  /** SHA-256 of the bytes, hexadecimal. */
  readonly id: string;
  readonly zkey: Uint8Array<SharedArrayBuffer>;
}

/** Where a witness comes from: it is given, or a worker computes it from an input, in memory. */
export type WitnessSource =
  /** A witness file; it is copied to the worker, unless it lies in shared memory. */
  { readonly wtns: Uint8Array } | { readonly program: WitnessProgram; readonly input: unknown };

/** One proof to make. */
export type ProofJob = WitnessSource & {
  /** Names the job: a job whose key killed two workers is refused from then on. Default: a digest of key and witness or input. */
  readonly key?: string;
  readonly provingKey: SharedKey;
};

/** A proof, verified, and how long the worker took. */
export interface JobResult extends ProofResult {
  readonly proveMs: number;
  /** 0 for a witness that was given. */
  readonly witnessMs: number;
  /** What the program said of the run, where a program made the witness. */
  readonly report?: unknown;
}

/** To a worker. */
export interface WorkerRequest {
  /** The compiled curve, which threads share. */
  readonly curve: CompiledCurve;
  readonly backend: ProverName;
  /** The external program, for the backend `rapidsnark`. */
  readonly binary?: string;
  readonly provingKey: SharedKey;
  readonly witness: WitnessSource;
  /** One number in shared memory: the worker puts its thread id there when it begins. */
  readonly thread: Int32Array<SharedArrayBuffer>;
}

/** From a worker. An error that zkinfer raised on purpose comes as its facts; anything else is the worker's death. */
export type WorkerReply =
  | { readonly ok: true; readonly result: JobResult }
  | { readonly ok: false; readonly error: Omit<ErrorFacts, 'cause'> };

/** Reads a proving key, or takes its bytes, into shared memory. */
export async function shareProvingKey(source: string | Uint8Array): Promise<SharedKey> {
  const bytes = typeof source === 'string' ? await readFile(source) : source;
  const zkey = new Uint8Array(new SharedArrayBuffer(bytes.length));
  zkey.set(bytes);
  return { id: createHash('sha256').update(zkey).digest('hex'), zkey };
}

/** Inputs may be secret and easy to guess, so their digests mean nothing outside this process. */
const secret = randomBytes(32);

/** The job's own key, or a digest of what it computes. */
export function nameJob(job: ProofJob): string {
  if (job.key !== undefined) return job.key;
  const digest = createHmac('sha256', secret).update(job.provingKey.id);
  if ('wtns' in job) return digest.update(job.wtns).digest('hex');
  return digest.update(job.program.id).update(serialize(job.input)).digest('hex');
}
