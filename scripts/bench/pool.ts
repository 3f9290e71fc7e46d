/**
 * The pool beside snarkjs proving one after the other on all cores: throughput of a batch, time of a lone proof, and the
 * peak memory of a process with so many workers.
 * npm run bench:pool -- [--power 14] [--proofs 8] [--workers 2] [--rounds 5]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prove } from '../../src/groth16/prove.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { shareProvingKey } from '../../src/prove/job.js';
import { createProverPool, type ProverPool } from '../../src/prove/pool.js';
import { makeBenchCircuit, measure, median, printTable, readPeakBytes } from './circuits.js';

const { values: options } = parseArgs({
  options: {
    power: { type: 'string', default: '14' },
    proofs: { type: 'string', default: '8' },
    workers: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    memory: { type: 'string' },
    folder: { type: 'string' },
  },
});
const [proofs, workers, rounds] = [Number(options.proofs), Number(options.workers), Number(options.rounds)];

if (options.memory) await printMemory(Number(options.memory), options.folder as string);
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
  const [first, ...rest] = await compareRuns(runs);
  printTable(
    [`2^${options.power}: ${proofs} proofs`, 'ms a proof', 'times as fast'],
    [first, ...rest].map(({ name, ms, speedup }) => [name, (ms / proofs).toFixed(0), speedup.toFixed(2)]),
  );

  const [single] = [createProverPool({ workers: 1 })];
  const lone = await compareRuns({
    'one worker': () => single.prove(job),
    [`${workers} workers`]: () => pools[1].prove(job),
  });
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
    ['workers', 'MB, process with the key', 'MB, peak', 'MB a worker', 'key + 150 MB a worker'],
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

/** Alternates, so that drift of the machine drops out; the first run is what the others are compared with. */
async function compareRuns(runs: Record<string, () => Promise<unknown>>) {
  const times = new Map(Object.keys(runs).map((name) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const { ms } = await measure(run);
      if (round >= 0) times.get(name)?.push(ms);
    }
  }
  const [base] = times.values();
  return [...times].map(([name, all]) => ({
    name,
    ms: median(all),
    speedup: median(all.map((ms, round) => base[round] / ms)),
  }));
}

/** Memory of a process of its own, as memory once taken is not given back. */
function measureMemory(count: number, folder: string): { before: number; peak: number } {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), '--memory', String(count), '--folder', folder];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n').at(-1) as string);
}

async function printMemory(count: number, folder: string): Promise<void> {
  const provingKey = await shareProvingKey(join(folder, 'key.zkey'));
  const wtns = new Uint8Array(readFileSync(join(folder, 'witness.wtns')));
  const before = process.memoryUsage.rss();
  const pool = createProverPool({ workers: count });
  await Promise.all(Array.from({ length: 3 * count }, () => pool.prove({ provingKey, wtns })));
  await pool.close();
  console.log(JSON.stringify({ before, peak: readPeakBytes() }));
}
