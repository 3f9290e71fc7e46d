import { threadId } from 'node:worker_threads';
import { ZkinferError } from '../core/error.js';
import { adoptCurve } from '../groth16/curve.js';
import type { Prover, ProverName, ProvingKey } from '../groth16/prove.js';
import { openProvingKey, prove } from '../groth16/prove.js';
import type { WitnessSource, WorkerReply, WorkerRequest } from './job.js';
import { type MadeWitness, type MakeWitness, openWitnessProgram } from './witness-program.js';

/** Keys, and programs, that a worker keeps ready. */
const MAX_KEPT = 2;
const keys = new Map<string, ProvingKey>();
const programs = new Map<string, MakeWitness>();
const provers = new Map<ProverName, Prover>();

/** Runs in a worker thread: makes one proof and verifies it. */
export async function runJob(request: WorkerRequest): Promise<WorkerReply> {
  Atomics.store(request.thread, 0, threadId);
  adoptCurve(request.curve);
  try {
    const started = performance.now();
    const { provingKey } = request;
    const prover = await findProver(request);
    const key = await keep(keys, provingKey.id, MAX_KEPT, () => openProvingKey(provingKey.zkey));
    const { wtns, report } = await makeWitness(request.witness);
    const ready = performance.now();
    const result = await prove(prover, key, wtns);
    const [witnessMs, proveMs] = [ready - started, performance.now() - ready];
    return { ok: true, result: { ...result, report, witnessMs, proveMs } };
  } catch (error) {
    if (!(error instanceof ZkinferError)) throw error;
    const { code, kind, message, facts, hint } = error;
    return { ok: false, error: { code, kind, message, facts, hint } };
  }
}

async function makeWitness(source: WitnessSource): Promise<MadeWitness> {
  if ('wtns' in source) return source;
  const { program, input } = source;
  return (await keep(programs, program.id, MAX_KEPT, () => openWitnessProgram(program)))(input);
}

/** What was made for an id, or makes it; beyond `max` of them, the least recently used one is dropped. */
async function keep<T>(known: Map<string, T>, id: string, max: number, make: () => Promise<T>): Promise<T> {
  const value = known.get(id) ?? (await make());
  known.delete(id);
  known.set(id, value);
  if (known.size > max) known.delete(known.keys().next().value as string);
  return value;
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
