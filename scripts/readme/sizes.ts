import { predictCost } from '../../src/circuit/cost.js';
import { benchmarks, buildNetwork } from '../bench/networks.js';
import { formatTable } from '../marked-section.js';

/** Constraint counts of the field's benchmark shapes beside what others publish. Deterministic: weights come from a fixed seed. */
export async function renderSizes(): Promise<string> {
  const rows = benchmarks.map((benchmark) => {
    const graph = buildNetwork(benchmark, { weightBits: 8, activationBits: 7, headroom: -3 });
    const { constraints } = predictCost(graph);
    const { name, constraints: theirs } = benchmark.peer;
    const ratio = theirs / constraints;
    return [
      benchmark.id,
      benchmark.shape,
      constraints.toLocaleString('en'),
      `${theirs.toLocaleString('en')} (${name})`,
      `${ratio.toFixed(ratio < 10 ? 1 : 0)}×`,
    ];
  });
  return formatTable(['', 'shape', 'zkinfer', 'published by others', 'ratio'], rows);
}
