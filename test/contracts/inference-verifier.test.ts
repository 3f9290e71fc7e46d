import { expect } from 'chai';
import fc from 'fast-check';
import { listLimbs } from '../../src/chain/context.js';
import { hashChain } from '../../src/commitment/poseidon.js';
import { R } from '../../src/core/field.js';
import { NODE_KINDS } from '../chain/support/nodes.js';
import { type Deployment, deploySuite, makeInference, refusalOf, type StatementShape } from './support/deployment.js';

const SHAPES: Record<string, StatementShape> = {
  packed: { statement: 'packed', inputLength: 4, outputLength: 3, inputCommitted: false },
  'packed, private input': { statement: 'packed', inputLength: 0, outputLength: 1, inputCommitted: false },
  'packed, committed input': { statement: 'packed', inputLength: 32, outputLength: 1, inputCommitted: true },
  bound: { statement: 'bound', inputLength: 200, outputLength: 48, inputCommitted: false },
  'bound, committed input': { statement: 'bound', inputLength: 32, outputLength: 100, inputCommitted: true },
};

for (const kind of NODE_KINDS) {
  describe(`InferenceVerifier on the ${kind} node`, () => {
    let suite: Deployment;
    before(async () => {
      suite = await deploySuite(kind);
    });
    after(() => suite.node.close());

    for (const [name, shape] of Object.entries(SHAPES)) {
      it(`accepts an inference, ${name}, and refuses every change of it`, async () => {
        const model = await suite.register(shape);
        const made = await makeInference(suite, model, { nonce: 1n });
        const { inference, proof } = made;
        expect(await suite.verifier.verifyInference(model.modelId, inference, proof)).to.equal(true);
        const other = `0x${'22'.repeat(20)}`;
        const flip = (hex: string) => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`;
        const changes = [
          { agent: other },
          { nonce: `0x${'00'.repeat(31)}07` },
          { output: flip(inference.output) },
          ...(shape.inputLength > 0 ? [{ input: flip(inference.input) }] : []),
          ...(shape.statement === 'bound' ? [{ commitment: (inference.commitment + 1n) % R }] : []),
        ];
        for (const change of changes) {
          const refusal = await refusalOf(
            suite.verifier.verifyInference(model.modelId, { ...inference, ...change }, proof),
          );
          expect(refusal, JSON.stringify(Object.keys(change))).to.equal('ProofInvalid');
        }
      });
    }
  });
}

describe('statements in TypeScript and Solidity', () => {
  let suite: Deployment;
  before(async () => {
    suite = await deploySuite('embedded');
  });
  after(() => suite.node.close());

  it('have the same signals for random bytes, agents and nonces', async () => {
    const shape = fc.record({
      statement: fc.constantFrom('packed' as const, 'bound' as const),
      inputLength: fc.integer({ min: 0, max: 70 }),
      outputLength: fc.integer({ min: 1, max: 70 }),
      inputCommitted: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(shape, fc.infiniteStream(fc.nat(255)), fc.bigInt(1n, R - 1n), async (drawn, bytes, nonce) => {
        const spec = { ...drawn, inputLength: drawn.inputCommitted ? 32 : drawn.inputLength };
        const model = await suite.register(spec);
        const { inference, signals, sides } = await makeInference(suite, model, { nonce, bytes, prove: false });
        expect([...(await suite.verifier.signalsOf(model.modelId, inference))]).to.deep.equal(signals);
        expect(await suite.verifier.challengeOf(model.modelId, inference)).to.equal(signals[signals.length - 1]);
        if (spec.statement === 'bound') expect(await hashChain(listLimbs(sides))).to.equal(inference.commitment);
      }),
      { numRuns: 25 },
    );
  });
});
