import { readFileSync } from 'node:fs';
import { benchmarks } from '../bench/networks.js';
import { formatTable } from '../marked-section.js';

/** Bits of weights and activations of the random networks, and of their saturation; bits of the trained ones' activations. */
const RANDOM = '8,7,3';
const TRAINED = '6';

function readLines(name: string): string[][] {
  const text = readFileSync(new URL(`../../test/snapshots/${name}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
}

const percent = (share: string) => `${Math.round(100 * Number(share))} %`;

const count = (constraints: number) => constraints.toLocaleString('en');

function compare(theirs: number, ours: number): string {
  const ratio = theirs / ours;
  return `${ratio.toFixed(ratio < 10 ? 1 : 0)}×`;
}

/** Constraint counts of the field's benchmark shapes beside what others publish, from the snapshots of circuit tests and benchmark. */
export async function renderSizes(): Promise<string> {
  const random = new Map(
    readLines('constraints.csv')
      .filter((cells) => cells.slice(2, 5).join() === RANDOM)
      .map((cells) => [cells[0], Number(cells[5])]),
  );
  const trained = new Map(
    readLines('trained-constraints.csv')
      .filter(([, bits]) => bits === TRAINED)
      .map(([id, , , , constants, hidden]) => [id, { constants: Number(constants), hidden: Number(hidden) }]),
  );
  const cheapest = new Map(
    readLines('trained-constraints.csv')
      .filter(([, bits]) => bits === 'cost')
      .map(([id, , , , constants, , , agreement]) => [id, `${count(Number(constants))} (${percent(agreement)})`]),
  );
  const rows = benchmarks.map(({ id, shape, peer }) => {
    const constraints = random.get(id);
    if (constraints === undefined) throw new Error(`test/snapshots/constraints.csv has no line for ${id}`);
    const own = trained.get(id);
    return [
      id,
      shape,
      count(constraints),
      own ? count(own.constants) : '',
      cheapest.get(id) ?? '',
      own ? count(own.hidden) : '',
      `${count(peer.constraints)} (${peer.name})`,
      compare(peer.constraints, own?.constants ?? constraints),
    ];
  });
  const head = [
    '',
    'shape',
    'random',
    `trained, ${TRAINED} bits`,
    'for cost (agreement)',
    `${TRAINED} bits, weights private`,
    'published by others',
    'ratio',
  ];
  return formatTable(head, rows);
}
