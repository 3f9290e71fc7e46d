import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JsonRpcSigner } from 'ethers';
import { type Agent, type AgentOptions, startAgent } from '../../examples/agent/agent.js';
import { ContractRefusal } from '../../src/chain/client/errors.js';
import type { ProvenInference } from '../../src/chain/client/inference.js';
import { InferenceClient } from '../../src/chain/client/inference-client.js';
import type { MarketClient } from '../../src/chain/client/market-client.js';
import { openBundleModel } from '../../src/chain/commands/bundle-model.js';
import { deployInferenceMarket, deployInferenceVerifier } from '../../src/chain/commands/deploy.js';
import type { DevNode } from '../../src/chain/dev-node/embedded.js';
import { startDevNode } from '../../src/chain/dev-node/start.js';
import { openBundle } from '../../src/pipeline/open-bundle.js';
import { decodeStatementInput, encodeStatementInput } from '../../src/pipeline/statement-input.js';
import { NODE_KINDS } from './support/nodes.js';
import { buildSampleBundle, type SampleBundle } from './support/sample-bundle.js';

const BOND = 1_000n;
const BOUNTY = 50_000n;

describe('an agent, end to end', function () {
  this.timeout(120_000);
  let sample: SampleBundle;
  let node: DevNode;
  let signers: JsonRpcSigner[];
  let client: InferenceClient;
  let market: MarketClient;
  let modelId: string;
  let input: Uint8Array;
  let common: Pick<AgentOptions, 'verifier' | 'market' | 'modelId' | 'leastBounty'>;

  const agents: Agent[] = [];
  before(async () => {
    sample = await buildSampleBundle();
    node = await startDevNode(NODE_KINDS[NODE_KINDS.length - 1]);
    signers = await Promise.all([0, 1, 2, 3].map((index) => node.provider.getSigner(index)));
    const verifier = await deployInferenceVerifier(signers[0]);
    const deployed = await deployInferenceMarket(signers[0], verifier.address, BOND);
    client = new InferenceClient(signers[0], verifier.address);
    market = client.market(deployed.address);
    const { key, spec } = await openBundleModel(sample.bundle);
    ({ modelId } = await client.registerModel(key, spec));
    common = { verifier: verifier.address, market: deployed.address, modelId, leastBounty: 10n };
    const test = JSON.parse(await readFile(sample.testRows, 'utf8')) as {
      inputs: Record<string, { rows: number[][] }>;
    };
    const [name] = Object.keys(test.inputs);
    const row = join(sample.folder, 'row.json');
    await writeFile(row, JSON.stringify({ [name]: test.inputs[name].rows[3] }));
    input = await encodeStatementInput(sample.bundle, row);
  });
  after(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await node?.close();
    await sample?.remove();
  });

  const post = async (bounty = BOUNTY) => {
    const latest = await node.provider.getBlock('latest');
    return (await market.post(modelId, input, (latest?.timestamp ?? 0) + 600, bounty)).id;
  };
  const refusal = (call: Promise<unknown>) =>
    call.then(
      () => 'accepted',
      (cause) => (cause instanceof ContractRefusal ? cause.errorName : String(cause)),
    );

  it('reads from a request the row that was posted', async () => {
    const { manifest } = await openBundle(sample.bundle);
    const row = decodeStatementInput(manifest, input);
    const [values] = Object.values(row);
    expect(Array.from(values)).to.have.length(4);
  });

  it('is paid for a request; a thief is refused; another agent finds the same output', async () => {
    const outputs = new Map<bigint, string>();
    const thefts: string[] = [];
    const thiefMarket = new InferenceClient(signers[3], client.address).market(market.address);
    const steal = async (id: bigint, proven: ProvenInference) => {
      outputs.set(id, proven.inference.output);
      const stolen = { ...proven, inference: { ...proven.inference, agent: signers[3].address } };
      thefts.push(await refusal(thiefMarket.fulfil(id, stolen)), await refusal(client.verify(modelId, stolen)));
    };
    const steps: string[] = [];
    const start = async (
      signer: JsonRpcSigner,
      bundleDir: string,
      rest: { withdrawFrom?: bigint } = {},
    ): Promise<Agent> => {
      const options = { ...common, ...rest, signer, bundleDir };
      agents.push(await startAgent({ ...options, onProven: steal, onStep: (id, step) => steps.push(`${id} ${step}`) }));
      return agents[agents.length - 1];
    };

    const first = await start(signers[1], sample.bundle);
    const id = await post();
    await first.handled(id);
    expect((await market.getRequest(id)).status).to.equal('fulfilled');
    expect(await market.balanceOf(signers[1].address)).to.equal(0n);
    expect(await node.provider.getBalance(market.address)).to.equal(0n);
    const poor = await post(5n);
    await first.handled(poor);
    await first.stop();
    expect(steps).to.deep.equal([`${id} locked`, `${id} proven`, `${id} fulfilled`, `${id} paid`, `${poor} skipped`]);
    expect(thefts).to.deep.equal(['RequestLockedBy', 'ProofInvalid']);

    // Somebody else, with a copy of the bundle of their own.
    const copy = join(sample.folder, 'copy');
    await cp(sample.bundle, copy, { recursive: true });
    const second = await start(signers[2], copy, { withdrawFrom: BOUNTY + BOND + 1n });
    const again = await post();
    await second.handled(again);
    await second.stop();
    expect(outputs.get(again)).to.equal(outputs.get(id));
    expect(await market.balanceOf(signers[2].address)).to.equal(BOUNTY + BOND);
    expect(await market.balanceOf(signers[3].address)).to.equal(0n);
  });
});
