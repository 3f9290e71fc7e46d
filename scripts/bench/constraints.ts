/**
 * Constraint counts of the benchmark networks beside what others publish: `npm run bench:constraints [-- B2 B6]`; without names all
 * the small ones (the large ones, which take minutes, only when they are named). The counts of trained networks are also written
 * to test/snapshots/trained-constraints.csv, which the README quotes; lines of networks that were not asked for stay.
 * Input range checks, argmax, packing of the statement and context are included in ours. First with random weights, then with
 * weights trained on the 300 digits of the mnist-cnn sample (B8, for colour pictures, on the same digits painted in one colour on
 * another) and quantized as `zkinfer quantize` does, at fixed widths and with `--target cost`, which chooses them; last what
 * private weights cost beside constants.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { measureCost, predictCost } from '../../src/circuit/cost.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import { splitModel } from '../../src/circuit/weights/architecture.js';
import { countPacks, findPrivateLayers } from '../../src/circuit/weights/private-layers.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { readDigits } from './digits.js';
import { type Benchmark, benchmarks, buildNetwork, type NetworkStyle } from './networks.js';
import { trainBenchmark } from './trained.js';

const STYLES: readonly (readonly [string, NetworkStyle])[] = [
  ['w8 a7', { weightBits: 8, activationBits: 7, headroom: 3 }],
  ['w6 a6', { weightBits: 6, activationBits: 6, headroom: 3 }],
  ['w6 a6, no saturation', { weightBits: 6, activationBits: 6, headroom: 0 }],
];
/** Trained when they are named only. */
const LARGE = ['B8', 'B9'];
/** Networks whose widths are not searched: each of the dozens of attempts takes a minute. */
const UNSEARCHED = ['B9'];
const WIDTHS = [8, 7, 6, 5] as const;
const CSV = new URL('../../test/snapshots/trained-constraints.csv', import.meta.url);

const wanted = process.argv.slice(2);
const chosen = benchmarks.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
const number = (value: number) => value.toLocaleString('en');

function printTable(title: string, lines: readonly (readonly string[])[]): void {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  console.log(`\n${title}\n`);
  for (const line of lines) console.log(line.map((cell, column) => cell.padEnd(widths[column])).join('  '));
}

/** What the same model costs with private weights, without room for others. */
function hideWeights(graph: QuantGraph) {
  const { architecture } = splitModel(graph, undefined, 0);
  const layers = findPrivateLayers(architecture);
  const { constraints, domainPower } = measureCost(lowerCircuit(architecture, { weights: 'private' }));
  const weights = layers.reduce((sum, { map }) => sum + map.kernels.reduce((n, kernel) => n + kernel.length + 1, 0), 0);
  return { constraints, domainPower, weights, packs: countPacks(layers) };
}

/** Cells that compare a count with the goal and with a peer's. */
function compare({ goal, peer }: Benchmark, constraints: number): string[] {
  const share = (100 * (constraints - goal)) / goal;
  return [
    number(constraints),
    `${number(goal)} ${share <= 0 ? '✓' : `+${share.toFixed(1)} %`}`,
    peer.name,
    number(peer.constraints),
    `${(peer.constraints / constraints).toFixed(1)}×`,
  ];
}

const random = [['id', 'shape', 'style', 'domain', 'ours', 'goal', 'peer', 'theirs', 'ratio']];
for (const benchmark of chosen)
  for (const [name, style] of STYLES) {
    const { constraints, domainPower } = predictCost(buildNetwork(benchmark, style));
    random.push([benchmark.id, benchmark.shape, name, `2^${domainPower}`, ...compare(benchmark, constraints)]);
  }
printTable('Random weights', random);

const digits = await readDigits();
const percent = (share: number) => `${Math.round(100 * share)} %`;
const csv: string[] = [];
const trained = [
  ['id', 'shape', 'activations', 'accuracy float → integers', 'agree', 'ours', 'goal', 'peer', 'theirs', 'ratio'],
];
const hidden = [['id', 'shape', 'weights', 'constants', 'private', 'factor', 'field elements', 'domain']];
for (const benchmark of chosen) {
  if (LARGE.includes(benchmark.id) && !wanted.includes(benchmark.id)) continue;
  const widths = UNSEARCHED.includes(benchmark.id) ? WIDTHS : ([...WIDTHS, 'cost'] as const);
  for (const { bits, graph, floatScore, integerScore, agreement } of trainBenchmark(benchmark, digits, widths)) {
    const accuracy = `${percent(floatScore)} → ${percent(integerScore)}`;
    const { constraints } = predictCost(graph);
    const chosen = bits === 'cost' ? 'for cost' : `${bits} bits`;
    trained.push([
      benchmark.id,
      benchmark.shape,
      chosen,
      accuracy,
      `${(100 * agreement).toFixed(1)} %`,
      ...compare(benchmark, constraints),
    ]);
    const secret = hideWeights(graph);
    const counts = [constraints, secret.constraints, secret.packs];
    csv.push([benchmark.id, bits, floatScore, integerScore, ...counts, agreement].join());
    if (bits !== WIDTHS[0]) continue;
    const factor = `${(secret.constraints / constraints).toFixed(2)}×`;
    hidden.push([
      benchmark.id,
      benchmark.shape,
      number(secret.weights),
      number(constraints),
      number(secret.constraints),
      factor,
      number(secret.packs),
      `2^${secret.domainPower}`,
    ]);
  }
}
printTable('Trained weights', trained);

printTable(`Private weights, trained, ${WIDTHS[0]} bits, no room`, hidden);
const head = 'id,activations,float score,integer score,constraints,private weights,field elements,agreement';
const idOf = (line: string) => line.slice(0, line.indexOf(','));
const measured = new Set(csv.map(idOf));
const kept = readFileSync(CSV, 'utf8').trim().split('\n').slice(1);
const lines = [...kept.filter((line) => !measured.has(idOf(line))), ...csv];
const place = (line: string) => benchmarks.findIndex(({ id }) => id === idOf(line));
lines.sort((a, b) => place(a) - place(b));
writeFileSync(CSV, `${[head, ...lines].join('\n')}\n`);
process.exit(0);
