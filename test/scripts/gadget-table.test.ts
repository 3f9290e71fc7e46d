import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { renderGadgets } from '../../scripts/gadget-table.js';
import { readSection } from '../../scripts/marked-section.js';

const page = readFileSync(new URL('../../circuits/README.md', import.meta.url), 'utf8');

describe('the table of gadgets', () => {
  it('is what the gadgets, the audit and the forgeries say', function () {
    this.timeout(30_000);
    expect(readSection(page, 'gadgets'), 'run npx tsx scripts/gadget-table.ts').to.equal(renderGadgets());
  });

  it('proves all but one, and refuses every forgery but of that', () => {
    for (const line of readSection(page, 'gadgets').split('\n').slice(2)) {
      const [, name, parameters, , , audited, , forgeries] = line.split('|').map((cell) => cell.trim());
      if (`${name} ${parameters}`.includes('without their ranges')) expect(audited).to.equal('no');
      else {
        expect(audited, line).to.equal('yes');
        const [refused, tried] = forgeries.split(' of ');
        if (forgeries !== '') expect(refused, line).to.equal(tried);
      }
    }
  });
});
