import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { renderGadgets, renderMutants } from '../../scripts/gadget-table.js';
import { readSection } from '../../scripts/marked-section.js';

const page = readFileSync(new URL('../../circuits/README.md', import.meta.url), 'utf8');

describe('the table of gadgets', () => {
  it('is what the gadgets, the audit and the forgeries say', function () {
    this.timeout(30_000);
    expect(readSection(page, 'gadgets'), 'run npx tsx scripts/gadget-table.ts').to.equal(renderGadgets());
  });

  it('has every mutant in its place, and no survivor', function () {
    this.timeout(60_000);
    const table = readSection(page, 'mutants');
    expect(table, 'run npx tsx scripts/gadget-table.ts').to.equal(renderMutants());
    for (const line of table.split('\n').slice(2)) {
      const cells = line.split('|').map((cell) => cell.trim());
      const [mutants, ...verdicts] = cells.slice(5, -1);
      const sum = verdicts.reduce((total, count) => total + Number(count), 0);
      expect(sum, line).to.equal(Number.parseInt(mutants, 10));
      expect(verdicts[verdicts.length - 1], line).to.equal('0');
    }
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
