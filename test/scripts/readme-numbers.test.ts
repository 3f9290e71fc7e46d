import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readSection } from '../../scripts/marked-section.js';
import { renderGas } from '../../scripts/readme/gas.js';
import { renderSizes } from '../../scripts/readme/sizes.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('figures in the README', () => {
  it('quote the constraints that the circuits are held to', async () => {
    expect(readSection(readme, 'sizes'), 'run npx tsx scripts/readme-numbers.ts sizes').to.equal(await renderSizes());
  });

  it('quote the gas that the contracts are held to', async () => {
    expect(readSection(readme, 'gas'), 'run npx tsx scripts/readme-numbers.ts gas').to.equal(await renderGas());
  });
});
