import { expect } from 'chai';
import type { Contract } from 'ethers';
import fc from 'fast-check';
import { NODE_KINDS } from '../chain/support/nodes.js';
import {
  attempt,
  type Deployment,
  deploySuite,
  makeInference,
  passTime,
  type RegisteredModel,
  readClock,
} from './support/deployment.js';

const SHAPE = { statement: 'packed', inputLength: 4, outputLength: 1, inputCommitted: false } as const;
const INPUT = Uint8Array.of(1, 2, 3, 4);
const BOND = 5_000n;
const BOUNTY = 70_000n;

/** The quickest chain of this machine. */
const KIND = NODE_KINDS[NODE_KINDS.length - 1];

interface MarketSuite extends Deployment {
  readonly model: RegisteredModel;
  readonly market: Contract;
  /** The market as seen by account `index`. */
  as(index: number): Contract;
  post(from: number, seconds?: number): Promise<bigint>;
  /** Arguments of `fulfil` with a proof for account `agent`. */
  prove(id: bigint, agent: number): Promise<[bigint, object, string]>;
}

async function deployMarket(): Promise<MarketSuite> {
  const suite = await deploySuite(KIND);
  const market = await suite.deploy('InferenceMarket', await suite.verifier.getAddress(), BOND);
  const model = await suite.register(SHAPE);
  const as = (index: number) => market.connect(suite.signers[index]) as Contract;
  return {
    ...suite,
    model,
    market,
    as,
    post: async (from, seconds = 3600) => {
      const deadline = (await readClock(suite.node)) + seconds;
      expect(await attempt(as(from), 'post', [model.modelId, INPUT, deadline], { value: BOUNTY })).to.equal(undefined);
      return market.requestCount();
    },
    prove: async (id, agent) => {
      const { inference, proof } = await makeInference(suite, model, {
        nonce: await market.nonceOf(id),
        agent: suite.signers[agent].address,
        input: INPUT,
      });
      return [id, inference, proof];
    },
  };
}

describe(`InferenceMarket on the ${KIND} node`, () => {
  let suite: MarketSuite;
  before(async () => {
    suite = await deployMarket();
  });
  after(() => suite.node.close());

  const owed = (index: number): Promise<bigint> => suite.market.balanceOf(suite.signers[index].address);

  it('pays the agent that the proof is bound to, whoever brings it', async () => {
    const id = await suite.post(0);
    const before = await owed(1);
    expect(await attempt(suite.as(3), 'fulfil', await suite.prove(id, 1))).to.equal(undefined);
    expect((await owed(1)) - before).to.equal(BOUNTY);
    expect(await attempt(suite.as(3), 'fulfil', await suite.prove(id, 2))).to.equal('RequestNotOpen');
  });

  it('refuses a copier: the proof names another agent', async () => {
    const id = await suite.post(0);
    const [, inference, proof] = await suite.prove(id, 1);
    const stolen = { ...inference, agent: suite.signers[2].address };
    expect(await attempt(suite.as(2), 'fulfil', [id, stolen, proof])).to.equal('ProofInvalid');
  });

  it('refuses a searcher that proves the same itself while the request is locked', async () => {
    const id = await suite.post(0);
    expect(await attempt(suite.as(1), 'lock', [id], { value: BOND })).to.equal(undefined);
    expect(await attempt(suite.as(2), 'fulfil', await suite.prove(id, 2))).to.equal('RequestLockedBy');
    expect(await attempt(suite.as(2), 'lock', [id], { value: BOND })).to.equal('RequestLockedBy');
    const before = await owed(1);
    expect(await attempt(suite.as(1), 'fulfil', await suite.prove(id, 1))).to.equal(undefined);
    expect((await owed(1)) - before).to.equal(BOUNTY + BOND);
  });

  it('gives the bond of a lapsed lock to the requester, and the request to the next', async () => {
    const id = await suite.post(0);
    expect(await attempt(suite.as(1), 'lock', [id], { value: BOND })).to.equal(undefined);
    await passTime(suite.node, 601);
    const before = await owed(0);
    expect(await attempt(suite.as(2), 'lock', [id], { value: BOND })).to.equal(undefined);
    expect((await owed(0)) - before).to.equal(BOND);
    expect(await attempt(suite.as(1), 'fulfil', await suite.prove(id, 1))).to.equal('RequestLockedBy');
    expect(await attempt(suite.as(2), 'fulfil', await suite.prove(id, 2))).to.equal(undefined);
  });

  it('never locks beyond the deadline, so that a lock can not outlive the request', async () => {
    const id = await suite.post(0, 100);
    expect(await attempt(suite.as(1), 'lock', [id], { value: BOND })).to.equal(undefined);
    const { deadline, lockUntil } = await suite.market.requestOf(id);
    expect(lockUntil).to.equal(deadline);
    expect(await attempt(suite.as(0), 'cancel', [id])).to.equal('DeadlineNotPassed');
    await passTime(suite.node, 101);
    expect(await attempt(suite.as(1), 'fulfil', await suite.prove(id, 1))).to.equal('DeadlinePassed');
    expect(await attempt(suite.as(1), 'cancel', [id])).to.equal('NotRequester');
    const before = await owed(0);
    expect(await attempt(suite.as(0), 'cancel', [id])).to.equal(undefined);
    expect((await owed(0)) - before).to.equal(BOUNTY + BOND);
    expect(await attempt(suite.as(0), 'cancel', [id])).to.equal('RequestNotOpen');
  });

  it('refuses another input, another nonce, no bounty, a wrong bond, a past deadline, an inactive model', async () => {
    const id = await suite.post(0);
    const [, inference, proof] = await suite.prove(id, 1);
    const { market, model } = suite;
    expect(await attempt(market, 'fulfil', [id, { ...inference, input: '0x01020305' }, proof])).to.equal(
      'InputMismatch',
    );
    expect(await attempt(market, 'fulfil', await suite.prove(id - 1n, 1))).to.equal('RequestNotOpen');
    const [, other, otherProof] = await suite.prove(id + 1n, 1);
    expect(await attempt(market, 'fulfil', [id, other, otherProof])).to.equal('NonceMismatch');
    expect(await attempt(market, 'lock', [id], { value: BOND - 1n })).to.equal('BondMismatch');
    const later = (await readClock(suite.node)) + 1000;
    expect(await attempt(market, 'post', [model.modelId, INPUT, later])).to.equal('BountyInvalid');
    expect(await attempt(market, 'post', [model.modelId, INPUT, 1], { value: 1n })).to.equal('DeadlinePassed');
    expect(await attempt(market, 'post', [model.modelId, '0x01', later], { value: 1n })).to.equal('InputMismatch');
    const idle = await suite.register(SHAPE);
    expect(await attempt(suite.verifier, 'deactivate', [idle.modelId])).to.equal(undefined);
    expect(await attempt(market, 'post', [idle.modelId, INPUT, later], { value: 1n })).to.equal('ModelNotActive');
    expect(proof).to.have.length(514);
  });

  it('pays out once, also to an account that calls back', async () => {
    const greedy = await suite.deploy('GreedyAccount', await suite.market.getAddress());
    const deadline = (await readClock(suite.node)) + 50;
    expect(await attempt(greedy, 'post', [suite.model.modelId, INPUT, deadline], { value: BOUNTY })).to.equal(
      undefined,
    );
    const id: bigint = await suite.market.requestCount();
    await passTime(suite.node, 60);
    expect(await attempt(greedy, 'cancel', [id])).to.equal(undefined);
    expect(await attempt(greedy, 'withdraw', [true])).not.to.equal(undefined);
    expect(await suite.market.balanceOf(await greedy.getAddress())).to.equal(BOUNTY);
    expect(await attempt(greedy, 'withdraw', [false])).to.equal(undefined);
    expect(await attempt(suite.as(4), 'withdraw', [])).to.equal('NothingToWithdraw');
  });
});

describe('InferenceMarket under random calls', () => {
  it('owns exactly its open bounties, held bonds and balances, after every call', async () => {
    const suite = await deployMarket();
    const accounts = [0, 1, 2, 3];
    const account = fc.constantFrom(...accounts);
    const step = fc.oneof(
      fc.record({ do: fc.constant('post' as const), by: account, seconds: fc.integer({ min: 20, max: 1500 }) }),
      fc.record({ do: fc.constant('lock' as const), by: account, pick: fc.nat(3) }),
      fc.record({ do: fc.constant('fulfil' as const), by: account, agent: account, pick: fc.nat(3) }),
      fc.record({ do: fc.constant('cancel' as const), by: account, own: fc.boolean(), pick: fc.nat(3) }),
      fc.record({ do: fc.constant('withdraw' as const), by: account }),
      fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 900 }) }),
    );
    const done: Record<string, number> = {};
    const run = async (given: typeof step extends fc.Arbitrary<infer T> ? T : never): Promise<string | undefined> => {
      const latest: bigint = await suite.market.requestCount();
      const idOf = (pick: number) => latest - BigInt(pick);
      switch (given.do) {
        case 'post':
          await suite.post(given.by, given.seconds);
          return undefined;
        case 'lock':
          return attempt(suite.as(given.by), 'lock', [idOf(given.pick)], { value: BOND });
        case 'fulfil':
          return attempt(suite.as(given.by), 'fulfil', await suite.prove(idOf(given.pick), given.agent));
        case 'cancel': {
          const { requester } = await suite.market.requestOf(idOf(given.pick));
          const own = suite.signers.findIndex(({ address }) => address === requester);
          return attempt(suite.as(given.own && own >= 0 ? own : given.by), 'cancel', [idOf(given.pick)]);
        }
        case 'withdraw':
          return attempt(suite.as(given.by), 'withdraw', []);
        case 'wait':
          await passTime(suite.node, given.seconds);
          return undefined;
      }
    };
    const checkBooks = async () => {
      const count = Number(await suite.market.requestCount());
      let owned = 0n;
      for (let id = 1; id <= count; id++) {
        const { status, bounty, lockedBy, lockUntil, deadline } = await suite.market.requestOf(id);
        if (status === 1n) owned += bounty;
        if (BigInt(lockedBy) !== 0n) {
          expect(status).to.equal(1n);
          owned += BOND;
        }
        expect(lockUntil <= deadline).to.equal(true);
      }
      for (const index of accounts) owned += (await suite.market.balanceOf(suite.signers[index].address)) as bigint;
      expect(await suite.node.provider.getBalance(await suite.market.getAddress())).to.equal(owned);
    };
    try {
      await suite.post(0);
      const sequence = fc.array(step, { minLength: 10, maxLength: 14 });
      await fc.assert(
        fc.asyncProperty(sequence, async (steps) => {
          for (const given of steps) {
            const refusal = await run(given);
            if (refusal === undefined) done[given.do] = (done[given.do] ?? 0) + 1;
            else expect(refusal, given.do).to.match(/^(Request|Deadline|Not|Nothing|Bond|NonceMismatch)/);
            await checkBooks();
          }
        }),
        { numRuns: 6, seed: 20, endOnFailure: true },
      );
      // The sequences did reach every call.
      expect(Object.keys(done).sort()).to.deep.equal(['cancel', 'fulfil', 'lock', 'post', 'wait', 'withdraw']);
    } finally {
      await suite.node.close();
    }
  });
});
