import { threadId } from 'node:worker_threads';
import { ZkinferError } from '../core/error.js';
import { adoptCurve } from '../groth16/curve.js';
import { type ReportProgress, reportInto } from '../groth16/progress.js';
import type { ProofResult } from '../groth16/proof.js';
import type { Prover, ProverName, ProvingKey } from '../groth16/prove.js';
import { openProvingKey, prove } from '../groth16/prove.js';
import type { ResidentKey } from '../groth16/resident-key.js';
import type { HelpRequest, JobResult, SharedKey, WitnessSource, WorkerReply, WorkerRequest } from './job.js';
import { type MadeWitness, type MakeWitness, openWitnessProgram } from './witness-program.js';

/** Keys, and programs, that a worker keeps ready. */
const MAX_KEPT = 2;
const keys = new Map<string, ProvingKey>();
/** By `memoryId`: one key may lie in two memories. */
const residents = new Map<string, { readonly shared: SharedKey; readonly resident: ResidentKey }>();
const programs = new Map<string, MakeWitness>();
const provers = new Map<ProverName, Prover>();

/** Runs in a worker thread: makes one proof and verifies it. */
export async function runJob(request: WorkerRequest): Promise<WorkerReply> {
  Atomics.store(request.thread, 0, threadId);
  adoptCurve(request.curve);
  try {
    const started = performance.now();
    const { provingKey } = request;
    const tell = reportInto(request.progress);
    tell({ phase: 'witness', fraction: 0 });
    const key = await keep(keys, provingKey.id, () => openProvingKey(provingKey.zkey));
    const { wtns, report } = await makeWitness(request.witness);
    const ready = performance.now();
    const result =
      request.backend === 'resident'
        ? await proveAsLead(request, key, wtns, tell)
        : { ...(await prove(await findProver(request), key, wtns, tell)), helped: false };
    const [witnessMs, proveMs] = [ready - started, performance.now() - ready];
    return { ok: true, result: { ...result, report, witnessMs, proveMs } };
  } catch (error) {
    if (!(error instanceof ZkinferError)) throw error;
    const { code, kind, message, facts, hint } = error;
    return { ok: false, error: { code, kind, message, facts, hint } };
  }
}

/** Runs in a worker thread that has nothing else to do: takes steps of another worker's proof. */
export async function helpJob({ curve, provingKey, board, ticket }: HelpRequest): Promise<void> {
  Atomics.store(ticket, 1, threadId);
  adoptCurve(curve);
  const { helpCrew } = await import('../groth16/step-board.js');
  helpCrew((await openResident(provingKey)).curve, board, ticket);
}

/** A proof that others may have a hand in. Should one of them have died at a bad moment, it is made again alone. */
async function proveAsLead(
  { provingKey, board }: WorkerRequest,
  key: ProvingKey,
  wtns: Uint8Array,
  report: ReportProgress,
): Promise<ProofResult & Pick<JobResult, 'helped'>> {
  const resident = await openResident(provingKey);
  const [{ proveResident }, { Crew }] = await Promise.all([
    import('../groth16/resident-prover.js'),
    import('../groth16/step-board.js'),
  ]);
  const proveWith = (crew: InstanceType<typeof Crew>) =>
    prove(
      { name: 'resident', proveUnchecked: async () => proveResident(resident, wtns, crew), close: async () => {} },
      key,
      wtns,
      report,
    );
  const crew = new Crew(resident.curve, board, report);
  try {
    const result = await proveWith(crew);
    return { ...result, helped: crew.helped };
  } catch (error) {
    if (!crew.helped) throw error;
    return { ...(await proveWith(new Crew(resident.curve, undefined, report))), helped: false };
  }
}

async function openResident(shared: SharedKey): Promise<ResidentKey> {
  const { joinSharedKey, leaveSharedKey } = await import('../groth16/shared-key.js');
  const open = async () => ({ shared, resident: await joinSharedKey(shared, threadId) });
  const leave = ({ shared: dropped }: { readonly shared: SharedKey }) => leaveSharedKey(dropped, threadId);
  return (await keep(residents, shared.memoryId, open, leave)).resident;
}

async function makeWitness(source: WitnessSource): Promise<MadeWitness> {
  if ('wtns' in source) return source;
  const { program, input } = source;
  return (await keep(programs, program.id, () => openWitnessProgram(program)))(input);
}

/** What was made for an id, or makes it; beyond `MAX_KEPT`, the least recently used one is dropped. */
async function keep<T>(
  known: Map<string, T>,
  id: string,
  make: () => Promise<T>,
  drop?: (value: T) => void,
): Promise<T> {
  const value = known.get(id) ?? (await make());
  known.delete(id);
  known.set(id, value);
  if (known.size > MAX_KEPT) {
    const [[oldest, dropped]] = known;
    known.delete(oldest);
    drop?.(dropped);
  }
  return value;
}

/** Backends load on demand: a worker that never needs snarkjs never loads it. */
async function findProver(request: WorkerRequest): Promise<Prover> {
  const known = provers.get(request.backend);
  if (known) return known;
  const prover =
    request.backend === 'snarkjs'
      ? (await import('../groth16/snarkjs-prover.js')).createSnarkjsProver('one')
      : (await import('../groth16/rapidsnark-prover.js')).createRapidsnarkProver({
          binary: request.binary ?? 'rapidsnark',
        });
  provers.set(request.backend, prover);
  return prover;
}
