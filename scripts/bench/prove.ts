/**
 * Compares the provers on circuits of quantized layers, warm, on one thread, alternating in one process. A rapidsnark takes
 * part where its path is given, by the option or in ZKINFER_RAPIDSNARK; its time holds start, and reading key and witness.
 * npm run bench:prove -- [--powers 14,16,18] [--rounds 5] [--rapidsnark PATH] [--json]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openProvingKey, type Prover, type ProverName, prove } from '../../src/groth16/prove.js';
import { createRapidsnarkProver } from '../../src/groth16/rapidsnark-prover.js';
import { createResidentProver } from '../../src/groth16/resident-prover.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { makeBenchCircuit, measure, median, readPeakBytes, startTable } from './circuits.js';

/** The backends that need nothing from outside. */
type BuiltIn = 'snarkjs' | 'resident';

interface Times {
  readonly cpuMs: number;
  readonly ms: number;
}

const { values: options } = parseArgs({
  options: {
    powers: { type: 'string', default: '14,16,18' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    rapidsnark: { type: 'string', default: process.env.ZKINFER_RAPIDSNARK },
    memory: { type: 'string' },
    folder: { type: 'string' },
  },
});
const powers = options.powers.split(',').map(Number);
const createProver = (name: BuiltIn): Prover =>
  name === 'snarkjs' ? createSnarkjsProver('one') : createResidentProver();
// Releases of rapidsnark that are built with OpenMP take one thread then, as the others do.
process.env.OMP_NUM_THREADS = '1';
const external = options.rapidsnark ? createRapidsnarkProver({ binary: options.rapidsnark }) : undefined;

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

interface Measured {
  readonly power: number;
  readonly constraints: number;
  readonly wires: number;
  readonly snarkjsCpuMs: number;
  readonly residentCpuMs: number;
  readonly ratio: number;
  readonly wallRatio: number;
  readonly rapidsnarkCpuMs?: number;
  readonly rapidsnarkRatio?: number;
  readonly rapidsnarkWallRatio?: number;
  readonly snarkjsBytes: number;
  readonly residentBytes: number;
}

function formatRow(row: Measured): (string | number)[] {
  const figures = (value: number | undefined, digits = 0) => (value === undefined ? [] : [value.toFixed(digits)]);
  const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
  return [
    `2^${row.power}`,
    row.constraints,
    ...figures(row.snarkjsCpuMs),
    ...figures(row.residentCpuMs),
    ...figures(row.ratio, 2),
    ...figures(row.wallRatio, 2),
    ...figures(row.rapidsnarkCpuMs),
    ...figures(row.rapidsnarkRatio, 2),
    ...figures(row.rapidsnarkWallRatio, 2),
    megabytes(row.snarkjsBytes),
    megabytes(row.residentBytes),
  ];
}

async function compare(): Promise<void> {
  const results: Measured[] = [];
  const head = [
    'domain',
    'constraints',
    'snarkjs, ms CPU',
    'resident, ms CPU',
    'ratio',
    'ratio of wall time',
    ...(external ? ['rapidsnark, ms CPU', 'ratio', 'ratio of wall time'] : []),
    'snarkjs, MB peak',
    'resident, MB peak',
  ];
  const printRow = options.json ? undefined : startTable(head);
  for (const power of powers) {
    const circuit = await makeBenchCircuit(power);
    const folder = mkdtempSync(join(tmpdir(), 'zkinfer-bench-'));
    writeFileSync(join(folder, 'key.zkey'), circuit.key.zkey);
    writeFileSync(join(folder, 'witness.wtns'), circuit.wtns);
    const provers: Partial<Record<ProverName, Prover>> = {
      snarkjs: createProver('snarkjs'),
      resident: createProver('resident'),
      ...(external && { rapidsnark: external }),
    };
    const names = Object.keys(provers) as ProverName[];
    const run = (name: ProverName) => measure(() => prove(provers[name] as Prover, circuit.key, circuit.wtns));
    for (const name of [...names, 'resident'] as const) await run(name);
    const taken = Object.fromEntries(names.map((name) => [name, [] as Times[]])) as Record<ProverName, Times[]>;
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const name of names) taken[name].push(await run(name));
    }
    const cpuOf = (name: ProverName) => median(taken[name].map(({ cpuMs }) => cpuMs));
    // Rounds are compared one by one, so that drift of the machine drops out.
    const ratioOf = (name: ProverName, kind: keyof Times) =>
      median(taken[name].map((times, round) => times[kind] / taken.snarkjs[round][kind]));
    const row = {
      power,
      constraints: circuit.constraints,
      wires: circuit.wires,
      snarkjsCpuMs: cpuOf('snarkjs'),
      residentCpuMs: cpuOf('resident'),
      ratio: ratioOf('resident', 'cpuMs'),
      wallRatio: ratioOf('resident', 'ms'),
      ...(external && {
        rapidsnarkCpuMs: cpuOf('rapidsnark'),
        rapidsnarkRatio: ratioOf('rapidsnark', 'cpuMs'),
        rapidsnarkWallRatio: ratioOf('rapidsnark', 'ms'),
      }),
      snarkjsBytes: measureMemory('snarkjs', folder),
      residentBytes: measureMemory('resident', folder),
    };
    results.push(row);
    printRow?.(formatRow(row));
    rmSync(folder, { recursive: true });
  }
  await external?.close();
  if (options.json) console.log(JSON.stringify(results));
}

/** Peak memory of a process that reads the key and makes three proofs with one backend, in bytes. */
function measureMemory(name: BuiltIn, folder: string): number {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), '--memory', name, '--folder', folder];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n').at(-1));
}
