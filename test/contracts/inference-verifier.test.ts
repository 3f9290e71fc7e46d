import { expect } from 'chai';
import { toBeHex, ZeroHash } from 'ethers';
import fc from 'fast-check';
import { listLimbs } from '../../src/commitment/context.js';
import { hashChain } from '../../src/commitment/poseidon.js';
import { R } from '../../src/core/field.js';
import { NODE_KINDS } from '../chain/support/nodes.js';
import {
  type Deployment,
  deploySuite,
  makeInference,
  refusalOf,
  type StatementShape,
  trapdoorFor,
} from './support/deployment.js';

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

  it('have the same signals for random bytes, lengths, agents and nonces', async () => {
    const harness = await suite.deploy('StatementHarness');
    const contract = await harness.getAddress();
    const shape = fc.record({
      statement: fc.constantFrom('packed' as const, 'bound' as const),
      inputLength: fc.integer({ min: 0, max: 100 }),
      outputLength: fc.integer({ min: 1, max: 70 }),
      inputCommitted: fc.boolean(),
    });
    const agents = fc.constantFrom(...suite.signers.map(({ address }) => address));
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.infiniteStream(fc.nat(255)),
        fc.bigInt(0n, 2n ** 256n - 1n),
        agents,
        async (drawn, bytes, nonce, agent) => {
          const given = { ...drawn, inputLength: drawn.inputCommitted ? 32 : drawn.inputLength };
          const model = { modelId: toBeHex(nonce ^ 1n, 32), shape: given, trapdoor: trapdoorFor(2), gasUsed: 0n };
          const made = await makeInference(suite, model, { nonce, agent, bytes, prove: false, contract });
          const spec = { ...given, modelHash: ZeroHash, statement: given.statement === 'bound' ? 1 : 0 };
          expect([...(await harness.signalsOf(spec, model.modelId, made.inference))]).to.deep.equal(made.signals);
        },
      ),
      { numRuns: 120 },
    );
  });

  it('are what a registered model gives', async () => {
    for (const given of [SHAPES.packed, SHAPES.bound]) {
      const model = await suite.register(given);
      const { inference, signals, sides } = await makeInference(suite, model, { nonce: 3n, prove: false });
      expect([...(await suite.verifier.signalsOf(model.modelId, inference))]).to.deep.equal(signals);
      expect(await suite.verifier.challengeOf(model.modelId, inference)).to.equal(signals[signals.length - 1]);
      if (given.statement === 'bound') expect(await hashChain(listLimbs(sides))).to.equal(inference.commitment);
    }
  });
});
