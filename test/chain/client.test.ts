import { expect } from 'chai';
import { getBytes, JsonRpcProvider, toBeHex } from 'ethers';
import { toCalldata } from '../../src/chain/calldata.js';
import { ContractRefusal, explainFailure } from '../../src/chain/client/errors.js';
import { toProvenInference } from '../../src/chain/client/inference.js';
import { InferenceClient } from '../../src/chain/client/inference-client.js';
import type { PostedRequest } from '../../src/chain/client/market-client.js';
import { computeContext, packedSignals } from '../../src/commitment/context.js';
import { ZkinferError } from '../../src/core/error.js';
import { type Deployment, deploySuite, passTime, readClock, trapdoorFor } from '../contracts/support/deployment.js';
import { NODE_KINDS } from './support/nodes.js';

const SPEC = {
  modelHash: toBeHex(77, 32),
  inputLength: 4,
  outputLength: 1,
  statement: 'packed',
  inputCommitted: false,
} as const;
const trapdoor = trapdoorFor(2);
const INPUT = Uint8Array.of(9, 8, 7, 6);

async function failureOf(call: Promise<unknown>): Promise<ZkinferError> {
  return call.then(
    () => expect.fail('it was accepted'),
    (cause) => cause as ZkinferError,
  );
}

for (const kind of NODE_KINDS) {
  describe(`InferenceClient on the ${kind} node`, () => {
    let suite: Deployment;
    let client: InferenceClient;
    let modelId: string;
    before(async () => {
      suite = await deploySuite(kind);
      client = new InferenceClient(suite.signers[0], await suite.verifier.getAddress());
      ({ modelId } = await client.registerModel(trapdoor.key, SPEC, 'ipfs://bundle'));
    });
    after(() => suite.node.close());

    /** A proof file of the sample input, bound to an agent and a nonce. */
    const prove = async (agent: string, nonce: string, output = Uint8Array.of(3)) => {
      const binding = await client.bind({ modelId, agent, nonce });
      const signals = packedSignals(binding, { input: INPUT, inputCommitted: false, output });
      expect(signals[1]).to.equal(computeContext(binding));
      const file = {
        proof: trapdoor.simulate(signals),
        publicSignals: signals.map(String),
        statement: { input: Buffer.from(INPUT).toString('hex'), output: Buffer.from(output).toString('hex') },
      };
      return toProvenInference(file, 'packed', { agent, nonce });
    };

    it('registers, reads, verifies, records and lists', async () => {
      const publisher = suite.signers[0].address;
      expect(await client.modelIdOf(publisher, trapdoor.key, SPEC)).to.equal(modelId);
      expect(await client.getModel(modelId)).to.deep.include({ ...SPEC, modelId, publisher, active: true });
      const agent = suite.signers[1].address;
      const proven = await prove(agent, toBeHex(1, 32));
      expect(await client.verify(modelId, proven)).to.equal(true);
      expect(await client.verifyBatch(modelId, [proven, await prove(agent, toBeHex(2, 32))])).to.equal(true);
      expect(Number(await client.estimate('verifyInference', modelId, proven))).to.be.within(200_000, 300_000);
      const { nullifier } = await client.record(modelId, proven);
      expect(await client.isNullified(nullifier)).to.equal(true);
      const [recorded] = await client.listRecorded({ modelId, agent });
      expect(recorded).to.deep.include({ modelId, agent, nullifier, output: '0x03' });
      expect(await client.listRecorded({ agent: publisher })).to.deep.equal([]);
    });

    it('says by name why a contract refuses', async () => {
      const proven = await prove(suite.signers[1].address, toBeHex(5, 32));
      const stolen = { ...proven, inference: { ...proven.inference, agent: suite.signers[2].address } };
      const failure = await failureOf(client.verify(modelId, stolen));
      expect(failure).to.be.instanceOf(ContractRefusal);
      expect(failure).to.include({ errorName: 'ProofInvalid', code: 'CHAIN_REFUSED', exitCode: 1 });
      const twice = await failureOf(client.registerModel(trapdoor.key, SPEC));
      expect(twice).to.include({ errorName: 'ModelExists' });
      expect((twice as ContractRefusal).args).to.deep.equal({ modelId });
      const unknown = await failureOf(client.getModel(toBeHex(1, 32)));
      expect(unknown.facts.join()).to.include(toBeHex(1, 32));
    });

    it('runs a market: post, watch, lock, fulfil, withdraw, cancel', async () => {
      const contract = await suite.deploy('InferenceMarket', client.address, 500n);
      const market = client.market(await contract.getAddress());
      const agentMarket = new InferenceClient(suite.signers[1], client.address).market(market.address);
      const agent = suite.signers[1].address;
      const seen: PostedRequest[] = [];
      const stop = await agentMarket.onPosted((request) => seen.push(request), { modelId });
      const deadline = (await readClock(suite.node)) + 300;
      const { id } = await market.post(modelId, INPUT, deadline, 9_000n);
      for (let tries = 0; seen.length === 0 && tries < 100; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      await stop();
      expect(seen).to.have.length(1);
      expect(seen[0]).to.deep.equal({
        id,
        modelId,
        requester: suite.signers[0].address,
        bounty: 9_000n,
        deadline,
        input: INPUT,
      });
      expect(await market.readInput(id)).to.deep.equal(INPUT);
      await agentMarket.lock(id);
      const proven = await prove(agent, await market.nonceOf(id));
      expect(getBytes(proven.inference.input)).to.deep.equal(INPUT);
      await agentMarket.fulfil(id, proven);
      expect(await market.balanceOf(agent)).to.equal(9_500n);
      await agentMarket.withdraw();
      expect(await market.balanceOf(agent)).to.equal(0n);
      const second = await market.post(modelId, INPUT, (await readClock(suite.node)) + 60, 70n);
      expect((await market.listRequests('open')).map((request) => request.id)).to.deep.equal([second.id]);
      expect((await failureOf(market.cancel(second.id))) as ContractRefusal).to.include({
        errorName: 'DeadlineNotPassed',
      });
      await passTime(suite.node, 100);
      await market.cancel(second.id);
      expect((await market.getRequest(second.id)).status).to.equal('cancelled');
      expect(await market.verifierAddress()).to.equal(client.address);
    });

    it('says when an account cannot pay, and when no node answers', async () => {
      const rich = 10n ** 30n;
      const contract = await suite.deploy('InferenceMarket', client.address, rich);
      const market = client.market(await contract.getAddress());
      const { id } = await market.post(modelId, INPUT, (await readClock(suite.node)) + 300, 1n);
      expect((await failureOf(market.lock(id))).code).to.be.oneOf(['CHAIN_NO_FUNDS', 'CHAIN_FAILED']);
      expect(explainFailure({ code: 'NETWORK_ERROR', message: 'x' }).code).to.equal('CHAIN_UNREACHABLE');
      const nobody = new JsonRpcProvider('http://127.0.0.1:1', 31337, { staticNetwork: true });
      const failure = await failureOf(new InferenceClient(nobody, client.address).getModel(modelId));
      nobody.destroy();
      expect(failure.code).to.equal('CHAIN_UNREACHABLE');
    });
  });
}

describe('calldata', () => {
  it('swaps the halves of G2 coordinates and refuses what is not canonical', () => {
    const proof = trapdoor.simulate([1n, 2n]);
    const { b, signals } = toCalldata(proof, ['1', '2']);
    expect(b[0]).to.deep.equal([BigInt(proof.pi_b[0][1]), BigInt(proof.pi_b[0][0])]);
    expect(signals).to.deep.equal([1n, 2n]);
    const bad: [object, string[]][] = [
      [proof, ['01']],
      [proof, ['0x1']],
      [proof, ['-1']],
      [{ ...proof, pi_a: ['1', '2', '2'] }, ['1']],
      [{ ...proof, pi_b: proof.pi_b.slice(0, 2) }, ['1']],
      [{ ...proof, pi_c: [' 1', '2', '1'] }, ['1']],
      [{}, []],
    ];
    for (const [document, list] of bad) {
      expect(() => toCalldata(document as never, list))
        .to.throw(ZkinferError)
        .with.property('code', 'CHAIN_BAD_PROOF');
    }
  });
});
