import { readFileSync } from 'node:fs';
import { benchmarks } from '../bench/networks.js';
import { formatTable } from '../marked-section.js';

/** Bits of weights and activations of the networks that the README shows. */
const WIDTHS = ['8', '7'];

/** Constraint counts of the field's benchmark shapes beside what others publish, from the snapshot that the circuit tests hold. */
export async function renderSizes(): Promise<string> {
  const lines = readFileSync(new URL('../../test/snapshots/constraints.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const counts = new Map<string, number>();
  for (const line of lines.slice(1)) {
    const [id, , weights, activations, constraints] = line.split(',');
    if (weights === WIDTHS[0] && activations === WIDTHS[1]) counts.set(id, Number(constraints));
  }
  const rows = benchmarks.map(({ id, shape, peer }) => {
    const constraints = counts.get(id);
    if (constraints === undefined) throw new Error(`test/snapshots/constraints.csv has no line for ${id}`);
    const ratio = peer.constraints / constraints;
    return [
      id,
      shape,
      constraints.toLocaleString('en'),
      `${peer.constraints.toLocaleString('en')} (${peer.name})`,
      `${ratio.toFixed(ratio < 10 ? 1 : 0)}×`,
    ];
  });
  return formatTable(['', 'shape', 'zkinfer', 'published by others', 'ratio'], rows);
}
