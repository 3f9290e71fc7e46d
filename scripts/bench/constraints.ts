/**
 * Constraint counts of the benchmark networks beside what others publish: `npm run bench:constraints [-- B2 B6]`.
 * Random weights; input range checks, argmax, packing of the statement and context are included in ours.
 */
import { predictCost } from '../../src/circuit/cost.js';
import { benchmarks, buildNetwork, type NetworkStyle } from './networks.js';

const styles: readonly (readonly [string, NetworkStyle])[] = [
  ['w8 a7 saturating', { weightBits: 8, activationBits: 7, headroom: -3 }],
  ['w6 a6', { weightBits: 6, activationBits: 6, headroom: 0 }],
];

const wanted = process.argv.slice(2);
const lines = [['id', 'shape', 'style', 'ours', 'domain', 'predicted in', 'goal', 'peer', 'theirs', 'ratio']];
for (const benchmark of benchmarks) {
  if (wanted.length > 0 && !wanted.includes(benchmark.id)) continue;
  for (const [name, style] of styles) {
    const graph = buildNetwork(benchmark, style);
    const begin = performance.now();
    const { constraints, domainPower } = predictCost(graph);
    const ms = Math.round(performance.now() - begin);
    lines.push([
      benchmark.id,
      benchmark.shape,
      name,
      constraints.toLocaleString('en'),
      `2^${domainPower}`,
      `${ms} ms`,
      `${benchmark.goal.toLocaleString('en')}${constraints <= benchmark.goal ? ' ✓' : ''}`,
      benchmark.peer.name,
      benchmark.peer.constraints.toLocaleString('en'),
      `${(benchmark.peer.constraints / constraints).toFixed(1)}×`,
    ]);
  }
}
const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
for (const line of lines) console.log(line.map((cell, column) => cell.padEnd(widths[column])).join('  '));
