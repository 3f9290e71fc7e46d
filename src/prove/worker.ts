import { threadId } from 'node:worker_threads';
import { ZkinferError } from '../core/error.js';
import { adoptCurve } from '../groth16/curve.js';
import type { Prover, ProverName, ProvingKey } from '../groth16/prove.js';
import { openProvingKey, prove } from '../groth16/prove.js';
import type { SharedKey, WorkerReply, WorkerRequest } from './job.js';

/** Keys kept open per worker; the least recently used one is dropped. */
const MAX_KEYS = 2;
const keys = new Map<string, ProvingKey>();
const provers = new Map<ProverName, Prover>();

/** Runs in a worker thread: makes one proof and verifies it. */
export async function runJob(request: WorkerRequest): Promise<WorkerReply> {
  Atomics.store(request.thread, 0, threadId);
  adoptCurve(request.curve);
  try {
    const started = performance.now();
    const prover = await findProver(request);
    const key = await findKey(request.provingKey);
    const result = await prove(prover, key, request.wtns);
    return { ok: true, result: { ...result, proveMs: performance.now() - started } };
  } catch (error) {
    if (!(error instanceof ZkinferError)) throw error;
    const { code, kind, message, facts, hint } = error;
    return { ok: false, error: { code, kind, message, facts, hint } };
  }
}

async function findKey({ id, zkey }: SharedKey): Promise<ProvingKey> {
  const key = keys.get(id) ?? (await openProvingKey(zkey));
  keys.delete(id);
  keys.set(id, key);
  if (keys.size > MAX_KEYS) keys.delete(keys.keys().next().value as string);
  return key;
}

/** Backends load on demand: a worker that never needs snarkjs never loads it. */
async function findProver(request: WorkerRequest): Promise<Prover> {
  let prover = provers.get(request.backend);
  if (!prover) {
    prover = await BACKENDS[request.backend](request);
    provers.set(request.backend, prover);
  }
  return prover;
}

const BACKENDS: Record<ProverName, (request: WorkerRequest) => Promise<Prover>> = {
  snarkjs: async () => (await import('../groth16/snarkjs-prover.js')).createSnarkjsProver('one'),
  resident: async () => (await import('../groth16/resident-prover.js')).createResidentProver(),
  rapidsnark: async ({ binary = 'rapidsnark' }) =>
    (await import('../groth16/rapidsnark-prover.js')).createRapidsnarkProver({ binary }),
};
