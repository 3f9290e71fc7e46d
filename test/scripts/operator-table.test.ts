import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readSection } from '../../scripts/marked-section.js';
import { measureOperators, renderOperators } from '../../scripts/operator-table.js';
import { rules } from '../../src/graph/ops/registry.js';
import { hasCorpus } from '../graph/corpus.js';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/operators.md', root), 'utf8');

describe('the operator table', () => {
  it('is what the registry of import rules says', () => {
    expect(readSection(page, 'operators'), 'run npx tsx scripts/operator-table.ts').to.equal(renderOperators());
  });

  it('has a row for every rule', () => {
    const rows = readSection(page, 'operators')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !/^\| (operator|---) /.test(line));
    expect(rows).to.have.length(Object.keys(rules).length);
  });

  it('counts the cases and models that the corpus shows', function () {
    if (!hasCorpus()) return this.skip();
    const snapshot = JSON.parse(readFileSync(new URL('test/snapshots/operators.json', root), 'utf8'));
    expect(measureOperators(), 'run npx tsx scripts/operator-table.ts --measure').to.deep.equal(snapshot);
  });
});
