import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { countMutants } from './count-mutants.js';
import { EMITTED_GADGETS } from './emitted-gadgets.js';
import { MutantJudge } from './judge-mutant.js';
import { listRowMutants } from './row-mutants.js';

/** Mutants with another constraint and the same inputs and outputs, by gadget: why each changes nothing. */
const EXPLAINED: Readonly<Record<string, { readonly why: string; readonly changes: readonly string[] }>> = {
  'range check, 0 … 2': {
    why: 'twice the digit below 2 beside a digit of its own: 0, 1 and 2 are still all there is',
    changes: ['constraint 1, A: 60 · wire 2 plus one'],
  },
  copy: { why: '(x - y)·0 = x - y is x = y, too', changes: ['constraint 0, A and C exchanged'] },
  constant: {
    why: '-c·(y - c) = 0 and (y - c)·0 = y - c are y = c, too',
    changes: ['constraint 0, A: 1 · wire 1 dropped', 'constraint 0, A and C exchanged'],
  },
  'trees, 2 trees over 2 inputs of 2 bits': {
    why: 'the thermometer over an input holds it to its range once more',
    changes: [
      'constraint 0 deleted',
      'constraint 0, A: 1 · wire 4 dropped',
      'constraint 1 deleted',
      'constraint 2 deleted',
      'constraint 2, A: 1 · wire 5 dropped',
      'constraint 3 deleted',
    ],
  },
};

describe('audit of mutated gadgets, as the compiler emits them', function () {
  this.slow(20_000);
  this.timeout(30_000);

  for (const gadget of EMITTED_GADGETS) {
    const what = [gadget.name, gadget.parameters].filter((text) => text !== '').join(', ');
    it(`refuses or explains every mutant of ${what}`, () => {
      const { proved, tried, verdicts, remarkable } = countMutants(gadget);
      expect(proved, 'the gadget itself').to.equal(true);
      expect(tried).to.be.greaterThan(0);
      expect(remarkable.filter(({ verdict }) => verdict === 'survivor').map(({ mutant }) => mutant.what)).to.deep.equal(
        [],
      );
      expect(remarkable.map(({ mutant }) => mutant.what)).to.deep.equal(EXPLAINED[what]?.changes ?? []);
      const sum = Object.values(verdicts).reduce((total, count) => total + count, 0);
      expect(sum, 'each mutant in one class').to.equal(tried);
    });
  }

  it('explains gadgets that are there', () => {
    const names = EMITTED_GADGETS.map(({ name, parameters }) =>
      [name, parameters].filter((text) => text !== '').join(', '),
    );
    expect(names).to.include.members(Object.keys(EXPLAINED));
  });

  it('has every template of the compiler', async () => {
    const circuits = new URL('../../circuits/', import.meta.url);
    const files = (await readdir(circuits, { recursive: true })).filter((file) => file.endsWith('.circom'));
    const texts = await Promise.all(files.map((file) => readFile(new URL(file, circuits), 'utf8')));
    const templates = texts.flatMap((text) => [...text.matchAll(/^template (\w+)/gm)].map(([, name]) => name));
    const tried = EMITTED_GADGETS.flatMap(({ program }) => program.layers.flatMap(({ blocks }) => blocks)).map(
      ({ component }) => component.template,
    );
    expect(templates.length).to.be.greaterThan(10);
    expect(tried).to.include.members(templates);
  });

  it('is right to refuse deletions: search finds a second output, or an input out of range, for each', () => {
    for (const gadget of EMITTED_GADGETS) {
      if (gadget.prime === null || (gadget.name !== 'requantize' && gadget.name !== 'range check')) continue;
      const judge = new MutantJudge(gadget);
      for (const mutant of listRowMutants(judge.system)) {
        if (mutant.kind !== 'deleted') continue;
        expect(judge.decide(mutant), `${gadget.name} ${gadget.parameters}: ${mutant.what}`).to.equal('survivor');
      }
    }
  });
});
