import { readFileSync } from 'node:fs';
import { formatTable } from '../marked-section.js';

/** The measured gas of the contracts, from the snapshot that the contract tests hold them to. */
export async function renderGas(): Promise<string> {
  const snapshot = new URL('../../test/snapshots/gas.json', import.meta.url);
  const gas = JSON.parse(readFileSync(snapshot, 'utf8')) as Record<string, number>;
  const rows = Object.entries(gas)
    .filter(([name]) => !name.startsWith('batch '))
    .map(([name, used]) => [name, used.toLocaleString('en')]);
  const batches = Object.entries(gas)
    .filter(([name]) => name.startsWith('batch '))
    .map(([name, used]) => [name.slice('batch '.length), used.toLocaleString('en')]);
  return [
    formatTable(['call', 'gas'], rows),
    'Many proofs of one model checked in one pairing call, gas a proof:',
    formatTable(['proofs', ...batches.map(([size]) => size)], [['gas', ...batches.map(([, used]) => used)]]),
  ].join('\n\n');
}
