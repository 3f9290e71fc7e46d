/** The agent in a process of its own, as it would run on a machine of its own: the settings come as one JSON argument. */
import { JsonRpcProvider, Wallet } from 'ethers';
import { startAgent } from '../../agent/agent.js';

/** What the agent is told. */
export interface AgentSettings {
  readonly rpc: string;
  readonly chainId: number;
  readonly privateKey: string;
  readonly verifier: string;
  readonly market: string;
  readonly modelId: string;
  readonly bundleDir: string;
}

const { rpc, chainId, privateKey, ...where } = JSON.parse(process.argv[2]) as AgentSettings;
const provider = new JsonRpcProvider(rpc, chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
provider.pollingInterval = 200;
const agent = await startAgent({
  ...where,
  signer: new Wallet(privateKey, provider),
  leastBounty: 10n ** 15n,
  onStep: (id, step, detail) => process.send?.(`agent: request ${id} ${step}${detail ? ` (${detail})` : ''}`),
});
process.send?.('agent: watching the market');

async function stop(): Promise<void> {
  await agent.stop();
  provider.destroy();
  process.exit(0);
}
process.once('disconnect', stop);
process.once('SIGTERM', stop);
// Ctrl-C reaches the whole group; the parent ends this process when the page is down.
process.on('SIGINT', () => {});
