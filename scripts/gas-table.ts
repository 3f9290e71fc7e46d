/** Measures the gas of every call of the contracts, rewrites test/snapshots/gas.json and the README's table, and prints it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { measureGas } from '../test/contracts/support/gas.js';
import { replaceSection } from './marked-section.js';
import { renderGas } from './readme/gas.js';

writeFileSync('test/snapshots/gas.json', `${JSON.stringify(await measureGas(), null, 2)}\n`);
const section = await renderGas();
console.log(section);
writeFileSync('README.md', replaceSection(readFileSync('README.md', 'utf8'), 'gas', section));
