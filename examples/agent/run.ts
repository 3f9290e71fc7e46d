/** The whole story on a local chain: `npx tsx examples/agent/run.ts BUNDLE ROW.json` */
import { formatEther } from 'ethers';
import { InferenceClient } from '../../src/chain/client/inference-client.js';
import { openBundleModel } from '../../src/chain/commands/bundle-model.js';
import { deployInferenceMarket, deployInferenceVerifier } from '../../src/chain/commands/deploy.js';
import { startDevNode } from '../../src/chain/dev-node/start.js';
import { encodeStatementInput } from '../../src/pipeline/statement-input.js';
import { startAgent } from './agent.js';

const [bundleDir, rowPath] = process.argv.slice(2);
if (!bundleDir || !rowPath) throw new Error('usage: run.ts BUNDLE ROW.json');

const node = await startDevNode();
const [requester, worker] = [await node.provider.getSigner(0), await node.provider.getSigner(1)];
const verifier = await deployInferenceVerifier(requester);
const deployed = await deployInferenceMarket(requester, verifier.address);
const { key, spec } = await openBundleModel(bundleDir);
const client = new InferenceClient(requester, verifier.address);
const { modelId } = await client.registerModel(key, spec);
console.log(`model ${modelId}`);

const agent = await startAgent({
  signer: worker,
  verifier: verifier.address,
  market: deployed.address,
  modelId,
  bundleDir,
  leastBounty: 10n ** 15n,
  onStep: (id, step, detail) => console.log(`request ${id}: ${step}${detail ? ` (${detail})` : ''}`),
});

const market = client.market(deployed.address);
const deadline = Math.floor(Date.now() / 1000) + 3600;
const before = await node.provider.getBalance(worker.address);
const { id } = await market.post(modelId, await encodeStatementInput(bundleDir, rowPath), deadline, 5n * 10n ** 16n);
console.log(`request ${id}: posted`);
await agent.handled(id);
const earned = (await node.provider.getBalance(worker.address)) - before;
console.log(`the agent has ${formatEther(earned)} ether more, gas paid`);
await client
  .market(deployed.address)
  .getRequest(id)
  .then(({ status }) => console.log(`request ${id}: ${status}`));
await agent.stop();
await node.close();
