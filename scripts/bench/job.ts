/**
 * From a row to a verified proof: the warm pool beside `snarkjs.groth16.fullProve`, on all cores, alternating in one process.
 * The networks are one convolution with ReLU and a dense layer, as wide as the domain holds; circom compiles them, so that
 * snarkjs has its witness calculator.
 * npm run bench:job -- [--powers 14,16,18] [--rounds 5] [--workers 2]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundlePaths } from '../../src/bundle/paths.js';
import { writeQModel } from '../../src/bundle/qmodel-file.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import { compileBundle } from '../../src/pipeline/compile-bundle.js';
import { openBundle } from '../../src/pipeline/open-bundle.js';
import { poolBundle, proveInPool } from '../../src/pipeline/pooled-bundle.js';
import type { RunInput } from '../../src/pipeline/run-program.js';
import { setupBundle } from '../../src/pipeline/setup-bundle.js';
import { createProverPool } from '../../src/prove/pool.js';
import { encodeRow } from '../../src/quantize/search.js';
import { measure, median, startTable } from './circuits.js';
import { fullProve } from './demo.js';
import { buildNetwork } from './networks.js';

const { values: options } = parseArgs({
  options: {
    powers: { type: 'string', default: '14,16,18' },
    rounds: { type: 'string', default: '5' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

/** Pixels of a side; small pictures for small domains. */
const sideOf = (power: number) => (power < 16 ? 14 : 28);

function networkOf(filters: number, side: number) {
  const layers = [
    { kind: 'conv', filters, kernel: 5, pool: true },
    { kind: 'dense', units: 10 },
  ] as const;
  const shape = {
    id: `${filters}`,
    shape: '',
    channels: 1,
    side,
    layers,
    peer: { name: '', constraints: 0 },
    goal: 0,
  };
  return buildNetwork(shape, { weightBits: 8, activationBits: 7, headroom: 3 });
}

/** The widest network whose circuit fits into the domain. */
function widestNetwork(power: number) {
  const side = sideOf(power);
  const limit = 2 ** power - 100;
  const sizeOf = (filters: number) => lowerCircuit(networkOf(filters, side)).constraintCount;
  // Every filter costs about the same.
  const [one, two] = [sizeOf(1), sizeOf(2)];
  let filters = Math.max(1, 1 + Math.floor((limit - one) / (two - one)));
  while (filters > 1 && sizeOf(filters) > limit) filters--;
  return networkOf(filters, side);
}

const printRow = startTable([
  'domain',
  'constraints',
  'fullProve, ms',
  'warm pool, ms',
  'of which witness, ms',
  'ratio',
]);
for (const power of options.powers.split(',').map(Number)) {
  const folder = await mkdtemp(join(tmpdir(), 'zkinfer-bench-'));
  const qmodelPath = join(folder, 'network.qmodel.json');
  const graph = widestNetwork(power);
  const source = { name: 'network', digest: `sha256:${'0'.repeat(64)}` as const };
  await writeQModel(qmodelPath, { graph, source, options: {}, report: {} });
  const dir = join(folder, 'bundle');
  const { constraints } = await compileBundle({ qmodelPath, outDir: dir, audit: false });
  await setupBundle({ dir });
  const pooled = await poolBundle(await openBundle(dir));
  const pool = createProverPool({ workers: Number(options.workers) });
  const row = { image: Float64Array.from({ length: sideOf(power) ** 2 }, (_, i) => (i * 37) % 256) };
  const run: RunInput = { row, to: { context: 0n as never } };
  const { witnessProgram, provingKey } = bundlePaths(dir);
  const input = { in_0: Array.from(encodeRow(graph, row).image, String), context: '0' };
  const ours = () => proveInPool(pool, pooled, run);
  const theirs = () => fullProve(input, witnessProgram, provingKey);
  for (const warm of [ours, ours, theirs]) await warm();
  const [times, theirTimes, witness]: number[][] = [[], [], []];
  for (let round = 0; round < Number(options.rounds); round++) {
    theirTimes.push((await measure(theirs)).ms);
    const started = performance.now();
    witness.push((await ours()).ms.witness);
    times.push(performance.now() - started);
  }
  await pool.close();
  await rm(folder, { recursive: true });
  const ratio = median(times.map((ms, round) => ms / theirTimes[round]));
  printRow([
    `2^${power}`,
    constraints,
    Math.round(median(theirTimes)),
    Math.round(median(times)),
    Math.round(median(witness)),
    ratio.toFixed(2),
  ]);
}
process.exit();
