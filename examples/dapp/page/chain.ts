/** Everything that talks to the chain; the page loads it after it is drawn. */
import { formatEther, JsonRpcProvider, type JsonRpcSigner, parseEther } from 'ethers';
import { InferenceClient, type MarketClient } from 'zkinfer/chain';
import type { PageConfig } from '../server/page-config.js';

export { hexlify, randomBytes } from 'ethers';
export { ContractRefusal, computeContext, explainFailure, listLimbs, toProvenInference } from 'zkinfer/chain';
export { formatEther, parseEther };

export interface Chain {
  readonly config: PageConfig;
  readonly provider: JsonRpcProvider;
  readonly visitor: JsonRpcSigner;
  readonly client: InferenceClient;
  readonly market: MarketClient;
}

/** Connects as the visitor's development account. @throws ZkinferError `CHAIN_UNREACHABLE` */
export async function connect(config: PageConfig): Promise<Chain> {
  const { chain, chainId } = config;
  const provider = new JsonRpcProvider(chain, chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
  provider.pollingInterval = 250;
  const visitor = await provider.getSigner(config.visitor);
  const client = new InferenceClient(visitor, config.verifier);
  return { config, provider, visitor, client, market: client.market(config.market) };
}
