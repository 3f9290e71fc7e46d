/**
 * The pool beside snarkjs proving one after the other on all cores: throughput of a batch, time of a lone proof, and the
 * peak memory of a process with so many workers.
 * npm run build && npm run bench:pool -- [--power 14] [--proofs 8] [--workers 2] [--rounds 5]
 * npm run bench:pool -- --demo [--proofs 8] [--workers 2] [--rounds 5]    the model of the demo, from rows to verified proofs
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prove } from '../../src/groth16/prove.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { shareProvingKey } from '../../src/prove/job.js';
import { createProverPool, type ProverPool } from '../../src/prove/pool.js';
import { type ComparedRun, compareRuns, makeBenchCircuit, printTable } from './circuits.js';
import { openDemo } from './demo.js';

const { values: options } = parseArgs({
  options: {
    power: { type: 'string', default: '14' },
    proofs: { type: 'string', default: '8' },
    workers: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    demo: { type: 'boolean', default: false },
  },
});
const [proofs, workers, rounds] = [Number(options.proofs), Number(options.workers), Number(options.rounds)];

if (options.demo) await compareOnDemo();
else await compare();

async function compare(): Promise<void> {
  const circuit = await makeBenchCircuit(Number(options.power));
  const job = { provingKey: await shareProvingKey(circuit.key.zkey), wtns: circuit.wtns };
  const fill = (pool: ProverPool, count: number) => Promise.all(Array.from({ length: count }, () => pool.prove(job)));

  const sequential = createSnarkjsProver('all');
  const runs: Record<string, () => Promise<unknown>> = {
    'snarkjs, all cores, one after the other': async () => {
      for (let index = 0; index < proofs; index++) await prove(sequential, circuit.key, circuit.wtns);
    },
  };
  const pools = (['snarkjs', 'resident'] as const).map((backend) => createProverPool({ workers, backend }));
  for (const pool of pools) runs[`pool of ${workers}, ${pool.backend}`] = () => fill(pool, proofs);
  printThroughput(`2^${options.power}: ${proofs} proofs`, await compareRuns(runs, rounds));

  const [single] = [createProverPool({ workers: 1 })];
  const alone = {
    'one worker': () => single.prove(job),
    [`${workers} workers`]: () => pools[1].prove(job),
  };
  const lone = await compareRuns(alone, rounds);
  printTable(
    ['a lone proof, resident', 'ms', 'times as fast'],
    lone.map(({ name, ms, speedup }) => [name, ms.toFixed(0), speedup.toFixed(2)]),
  );
  await Promise.all([single, ...pools].map((pool) => pool.close()));

  const folder = mkdtempSync(join(tmpdir(), 'zkinfer-bench-'));
  writeFileSync(join(folder, 'key.zkey'), circuit.key.zkey);
  writeFileSync(join(folder, 'witness.wtns'), circuit.wtns);
  const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
  const key = circuit.key.zkey.length;
  printTable(
    ['workers', 'MB, process with the key', 'MB, peak of the process', 'MB a worker', 'goal: key + 150 MB a worker'],
    [1, 2, 4].map((count) => {
      const { before, peak } = measureMemory(count, folder);
      return [
        count,
        megabytes(before),
        megabytes(peak),
        megabytes((peak - before) / count),
        megabytes(key) + 150 * count,
      ];
    }),
  );
  rmSync(folder, { recursive: true });
}

/** On the model of `zkinfer demo`, rows as a user has them: nothing is computed ahead, and every proof is verified. */
async function compareOnDemo(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zkinfer-bench-'));
  const demo = await openDemo(folder);
  const pools = (['snarkjs', 'resident'] as const).map((backend) => createProverPool({ workers, backend }));
  const runs: Record<string, () => Promise<unknown>> = {
    'snarkjs.groth16.fullProve, all cores, one after the other': async () => {
      for (let index = 0; index < proofs; index++) await demo.fullProve(index);
    },
  };
  for (const pool of pools)
    runs[`pool of ${workers}, ${pool.backend}`] = () =>
      Promise.all(Array.from({ length: proofs }, (_, index) => demo.proveIn(pool, index)));
  const signals = [await demo.fullProve(0), ...(await Promise.all(pools.map((pool) => demo.proveIn(pool, 0))))];
  if (new Set(signals.map(String)).size !== 1) throw new Error('the provers speak of different runs');
  const compared = await compareRuns(runs, rounds);
  printThroughput(`${demo.model}, ${demo.constraints} constraints: ${proofs} rows`, compared);
  await Promise.all(pools.map((pool) => pool.close()));
  rmSync(folder, { recursive: true });
  // Threads of snarkjs would go on.
  process.exit();
}

function printThroughput(title: string, runs: readonly ComparedRun[]): void {
  printTable(
    [title, 'ms a proof', 'ms CPU a proof', 'times as fast'],
    runs.map(({ name, ms, cpuMs, speedup }) => [
      name,
      (ms / proofs).toFixed(0),
      (cpuMs / proofs).toFixed(0),
      speedup.toFixed(2),
    ]),
  );
}

/** Memory of a process of its own, as memory once taken is not given back; it runs what `npm run build` made, without tsx. */
function measureMemory(count: number, folder: string): { before: number; peak: number } {
  const program = fileURLToPath(new URL('./pool-memory.mjs', import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [program, folder, String(count)], { encoding: 'utf8' }));
}
