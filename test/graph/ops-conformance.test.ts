import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { corpusRoot, hasCorpus } from './corpus.js';
import { loadCases, runCase } from './op-cases.js';

/** Cases of the corpus that are refused, at most; a refusal that appears must be decided on. */
const MOST_REFUSED = 18;

describe('single-operator cases of the corpus', () => {
  const refused: string[] = [];

  before(function () {
    if (!hasCorpus()) this.skip();
  });

  const ops = hasCorpus() ? readdirSync(join(corpusRoot, 'ops')).map((file) => file.replace('.json', '')) : [];
  for (const op of ops.sort())
    it(`${op}: none is wrong`, () => {
      for (const test of loadCases(op)) {
        const { verdict, reason } = runCase(test);
        if (verdict === 'refused') refused.push(`${test.name}: ${reason}`);
        expect(verdict, `${test.name}: ${reason}`).to.not.equal('wrong');
      }
    });

  it(`at most ${MOST_REFUSED} are refused`, () => {
    expect(refused.length, refused.join('\n')).to.be.at.most(MOST_REFUSED);
  });
});
