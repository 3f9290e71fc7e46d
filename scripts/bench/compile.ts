/**
 * What compiling a benchmark network takes, step by step: `npx tsx scripts/bench/compile.ts B6 [--direct]`. `wide` is 784-512-256-10.
 * With `--direct` circom is left out. CPU seconds are those of all processes, which a busy machine changes less than the time.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareR1cs } from '../../src/circom/compare.js';
import { compileCircom } from '../../src/circom/compile.js';
import { readR1cs } from '../../src/circom/r1cs-file.js';
import { emitCircom } from '../../src/circuit/emit-circom.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import { computeWitness } from '../../src/circuit/witness.js';
import { type Benchmark, benchmarks, buildNetwork } from './networks.js';

const id = process.argv[2] ?? 'B6';
const dense = (units: number) => ({ kind: 'dense', units }) as const;
const wide: Benchmark = {
  ...benchmarks[0],
  id: 'wide',
  shape: '784-512-256-10',
  side: 28,
  layers: [dense(512), dense(256), dense(10)],
};
const known = [...benchmarks, wide];
const benchmark = known.find((candidate) => candidate.id === id);
if (!benchmark) throw new Error(`no benchmark ${id}: ${known.map((b) => b.id).join(', ')}`);
const graph = buildNetwork(benchmark, { weightBits: 8, activationBits: 7, headroom: -3 });

/** Milliseconds of CPU that ended child processes took; what Linux counts in hundredths of a second. */
function childTime(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return 10 * (Number(fields[13]) + Number(fields[14]));
}

let total = 0;

async function timed<T>(what: string, run: () => T | Promise<T>): Promise<T> {
  const [begin, cpu, children] = [performance.now(), process.cpuUsage(), childTime()];
  const result = await run();
  const own = process.cpuUsage(cpu);
  const used = (own.user + own.system) / 1000 + childTime() - children;
  total += used;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`.padStart(9);
  console.log(what.padEnd(18), seconds(performance.now() - begin), 'cpu', seconds(used));
  return result;
}

const program = await timed('lower', () => lowerCircuit(graph));
console.log(`${program.constraintCount} constraints, ${program.wireCount} wires, ${program.layers.length} layers`);
const emitted = await timed('emit r1cs', () => emitR1cs(program));
console.log(`nonzeros A ${emitted.r1cs.a.wire.length} B ${emitted.r1cs.b.wire.length} C ${emitted.r1cs.c.wire.length}`);
const input = Float64Array.from({ length: program.inputs[0].count }, (_, i) => (i * 37) % 256);
await timed('witness', () => computeWitness(program, { image: input }, 1n));
if (!process.argv.includes('--direct')) {
  const outDir = await mkdtemp(join(tmpdir(), 'zkinfer-bench-'));
  const text = await timed('emit circom', () => emitCircom(program));
  console.log(`${text.length} characters of circom`);
  const includeDir = fileURLToPath(new URL('../../circuits', import.meta.url));
  const compiled = await timed('circom', () => compileCircom(text, { includeDir, outDir }));
  const children = process.resourceUsage();
  console.log(`wasm ${(await readFile(compiled.wasmPath)).length} bytes; peak of this process ${children.maxRSS} kB`);
  const theirs = await timed('read r1cs', async () => readR1cs(await readFile(compiled.r1csPath)));
  await timed('compare', async () => compareR1cs(program, emitted, theirs, await readFile(compiled.symPath)));
  await rm(outDir, { recursive: true, force: true });
}
console.log(`${(total / 1000).toFixed(1)} s of CPU in all`);
