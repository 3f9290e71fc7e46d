/**
 * Measures what the README shows and rewrites its marked sections.
 *
 *     npm run build && npx tsx scripts/readme-numbers.ts          all sections
 *     npm run build && npx tsx scripts/readme-numbers.ts samples  one of: demo, tour, chain, samples, sizes, gas, browser
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { replaceSection } from './marked-section.js';
import { renderBrowser } from './readme/browser.js';
import { renderChainTour } from './readme/chain-tour.js';
import { renderDemo } from './readme/demo.js';
import { renderGas } from './readme/gas.js';
import { renderSamples } from './readme/samples.js';
import { renderSizes } from './readme/sizes.js';
import { renderTour } from './readme/tour.js';

const SECTIONS: Readonly<Record<string, () => Promise<string>>> = {
  demo: renderDemo,
  tour: renderTour,
  chain: renderChainTour,
  samples: renderSamples,
  sizes: renderSizes,
  gas: renderGas,
  browser: renderBrowser,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in SECTIONS));
if (unknown.length > 0) {
  console.error(`unknown section: ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}`);
  process.exit(2);
}

const readme = fileURLToPath(new URL('../README.md', import.meta.url));
for (const name of wanted.length > 0 ? wanted : Object.keys(SECTIONS)) {
  const body = await SECTIONS[name]();
  // Read again each time: a section takes minutes, and somebody may have edited the text around it.
  writeFileSync(readme, replaceSection(readFileSync(readme, 'utf8'), name, body));
  console.error(`${name}: written`);
}
