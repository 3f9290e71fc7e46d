import { expect } from 'chai';
import { compareVerdicts } from './support/differential.js';
import { NODE_KINDS } from './support/nodes.js';

describe('V5 library and contract', () => {
  for (const [kind, runs] of NODE_KINDS.map((kind) => [kind, kind === 'anvil' ? 300 : 30] as const)) {
    it(`give the same verdict on ${runs} mutated proofs and signals, on the ${kind} node`, async () => {
      const { accepted, refused } = await compareVerdicts(kind, runs, 7);
      expect(accepted).to.be.greaterThan(runs / 50);
      expect(refused).to.be.greaterThan(runs / 2);
    });
  }
});
