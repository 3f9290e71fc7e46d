import { createHash, createHmac, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { serialize } from 'node:v8';
import type { ErrorFacts } from '../core/error.js';
import type { CompiledCurve } from '../groth16/curve.js';
import type { ProgressCell } from '../groth16/progress.js';
import type { ProofResult } from '../groth16/proof.js';
import type { ProverName } from '../groth16/prove.js';
import { createSharedKey, type SharedKeyMemory } from '../groth16/shared-key.js';
import type { WitnessProgram } from './witness-program.js';

/** Read at once from a key file. */
const CHUNK_BYTES = 64 << 20;

/** A proving key in memory that all workers share. */
export interface SharedKey extends SharedKeyMemory {
  /** SHA-256 of the bytes, hexadecimal. */
  readonly id: string;
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
  /** Whether idle workers did a part of it. */
  readonly helped: boolean;
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
  /** Where the worker writes how far it is. */
  readonly progress: ProgressCell;
  /** Where other workers look for steps of this proof, where they can help. */
  readonly board?: SharedArrayBuffer;
}

/** To a worker that has nothing else to do. */
export interface HelpRequest {
  readonly curve: CompiledCurve;
  readonly provingKey: SharedKey;
  readonly board: SharedArrayBuffer;
  /** Two numbers in shared memory: not 0 when the helper is wanted elsewhere, and the helper's thread id. */
  readonly ticket: Int32Array<SharedArrayBuffer>;
}

/** From a worker. An error that zkinfer raised on purpose comes as its facts; anything else is the worker's death. */
export type WorkerReply =
  | { readonly ok: true; readonly result: JobResult }
  | { readonly ok: false; readonly error: Omit<ErrorFacts, 'cause'> };

/** Memory that `readProvingKey` read into. */
const read = new WeakMap<ArrayBufferLike, SharedKeyMemory>();

/** Keys that are shared now, by `id`. */
const sharedNow = new Map<string, WeakRef<SharedKey>>();

/**
 * Reads a proving key, or copies its bytes, into shared memory. What `readProvingKey` gave is there already, and a key that
 * is shared already is not shared a second time.
 * @throws ZkinferError `KEY_TOO_LARGE`
 */
export async function shareProvingKey(source: string | Uint8Array): Promise<SharedKey> {
  const zkey = typeof source === 'string' ? await readProvingKey(source) : source;
  const id = createHash('sha256').update(zkey).digest('hex');
  for (const [other, reference] of sharedNow) if (!reference.deref()) sharedNow.delete(other);
  const known = sharedNow.get(id)?.deref();
  if (known) return known;
  let memory = read.get(zkey.buffer);
  if (memory?.zkey !== zkey) {
    memory = createSharedKey(zkey.length);
    memory.zkey.set(zkey);
  }
  const shared: SharedKey = { ...memory, id };
  sharedNow.set(id, new WeakRef(shared));
  return shared;
}

/** Reads a key file into memory that can be shared, without a copy in the memory of this thread alone. */
export async function readProvingKey(path: string): Promise<Uint8Array<SharedArrayBuffer>> {
  const file = await open(path);
  try {
    const shared = createSharedKey((await file.stat()).size);
    for (let at = 0; at < shared.zkey.length; ) {
      const { bytesRead } = await file.read(shared.zkey, at, Math.min(CHUNK_BYTES, shared.zkey.length - at), at);
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`);
      at += bytesRead;
    }
    read.set(shared.zkey.buffer, shared);
    return shared.zkey;
  } finally {
    await file.close();
  }
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
