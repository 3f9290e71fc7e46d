/**
 * Measures the gas of every call of the contracts, rewrites test/snapshots/gas.json and prints the README's table; where
 * the README has a section `gas`, rewrites that too.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type GasTable, measureGas } from '../test/contracts/support/gas.js';
import { formatTable, replaceSection } from './marked-section.js';

function renderGas(table: GasTable): string {
  const rows = Object.entries(table).map(([name, gas]) => {
    const batch = /^batch (\d+)$/.exec(name);
    const label = batch ? `verify, each of ${batch[1]} proofs in one batch` : name;
    return [label, gas.toLocaleString('en-US')];
  });
  return formatTable(['call', 'gas'], rows);
}

const table = await measureGas();
writeFileSync('test/snapshots/gas.json', `${JSON.stringify(table, null, 2)}\n`);
const section = renderGas(table);
console.log(section);
const readme = readFileSync('README.md', 'utf8');
if (readme.includes('<!-- begin:gas -->')) writeFileSync('README.md', replaceSection(readme, 'gas', section));
