/**
 * Compares the provers on circuits of quantized layers, warm, on one thread, alternating in one process.
 * npm run bench:prove -- [--powers 14,16,18] [--rounds 5] [--json]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openProvingKey, type Prover, prove } from '../../src/groth16/prove.js';
import { createResidentProver } from '../../src/groth16/resident-prover.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { makeBenchCircuit, measure, median, printTable, readPeakBytes } from './circuits.js';

/** The backends that need nothing from outside. */
type BuiltIn = 'snarkjs' | 'resident';

const { values: options } = parseArgs({
  options: {
    powers: { type: 'string', default: '14,16,18' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    memory: { type: 'string' },
    folder: { type: 'string' },
  },
});
const powers = options.powers.split(',').map(Number);
const createProver = (name: BuiltIn): Prover =>
  name === 'snarkjs' ? createSnarkjsProver('one') : createResidentProver();

if (options.memory) {
  // A process of its own for each backend, as memory once taken is not given back.
  const folder = options.folder as string;
  const key = await openProvingKey(readFileSync(join(folder, 'key.zkey')));
  const wtns = readFileSync(join(folder, 'witness.wtns'));
  const prover = createProver(options.memory as BuiltIn);
  for (let round = 0; round < 3; round++) await prove(prover, key, wtns);
  console.log(readPeakBytes());
} else {
  await compare();
}

async function compare(): Promise<void> {
  const results = [];
  for (const power of powers) {
    const circuit = await makeBenchCircuit(power);
    const folder = mkdtempSync(join(tmpdir(), 'zkinfer-bench-'));
    writeFileSync(join(folder, 'key.zkey'), circuit.key.zkey);
    writeFileSync(join(folder, 'witness.wtns'), circuit.wtns);
    const provers = { snarkjs: createProver('snarkjs'), resident: createProver('resident') };
    const run = (name: BuiltIn) => measure(() => prove(provers[name], circuit.key, circuit.wtns));
    for (const name of ['snarkjs', 'resident', 'resident'] as const) await run(name);
    const cpu: Record<BuiltIn, number[]> = { snarkjs: [], resident: [] };
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const name of ['snarkjs', 'resident'] as const) cpu[name].push((await run(name)).cpuMs);
    }
    results.push({
      power,
      constraints: circuit.constraints,
      wires: circuit.wires,
      snarkjsCpuMs: median(cpu.snarkjs),
      residentCpuMs: median(cpu.resident),
      // Rounds are compared one by one, so that drift of the machine drops out.
      ratio: median(cpu.resident.map((ms, round) => ms / cpu.snarkjs[round])),
      snarkjsBytes: measureMemory('snarkjs', folder),
      residentBytes: measureMemory('resident', folder),
    });
    rmSync(folder, { recursive: true });
  }
  if (options.json) {
    console.log(JSON.stringify(results));
    return;
  }
  const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
  printTable(
    ['domain', 'constraints', 'snarkjs, ms CPU', 'resident, ms CPU', 'ratio', 'snarkjs, MB peak', 'resident, MB peak'],
    results.map((row) => [
      `2^${row.power}`,
      row.constraints,
      Math.round(row.snarkjsCpuMs),
      Math.round(row.residentCpuMs),
      row.ratio.toFixed(2),
      megabytes(row.snarkjsBytes),
      megabytes(row.residentBytes),
    ]),
  );
}

/** Peak memory of a process that reads the key and makes three proofs with one backend, in bytes. */
function measureMemory(name: BuiltIn, folder: string): number {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), '--memory', name, '--folder', folder];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n').at(-1));
}
