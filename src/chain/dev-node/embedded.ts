import { BrowserProvider } from 'ethers';
import { type DevAccount, listDevAccounts } from './accounts.js';
import { DevChain } from './dev-chain.js';
import { serveHttp } from './http-server.js';
import { createRequest, type RpcRequest } from './rpc.js';

export interface DevNodeOptions {
  /** Default 31337, on which development keys are accepted. */
  readonly chainId?: number;
  /** How many accounts are opened, each with 10,000 ether. Default 10. */
  readonly accounts?: number;
}

/** A local chain, embedded or anvil. */
export interface DevNode {
  readonly kind: 'embedded' | 'anvil';
  readonly chainId: number;
  readonly accounts: readonly DevAccount[];
  /** EIP-1193. */
  readonly request: (request: RpcRequest) => Promise<unknown>;
  /** An ethers v6 provider on it, without a cache and quick to poll; `close` destroys it. */
  readonly provider: BrowserProvider;
  /** Starts the HTTP JSON-RPC server (or names the one that runs). @returns its address */
  readonly listen: (port?: number) => Promise<string>;
  /** Ends servers, processes and timers. */
  readonly close: () => Promise<void>;
}

const BALANCE_WEI = 10_000n * 10n ** 18n;

/**
 * Starts a chain inside this process: nothing is listened to until `listen` is called, and nothing keeps the
 * process alive after `close`.
 *
 * @example
 * const node = await startEmbeddedNode();
 * const signer = await node.provider.getSigner(0);
 * …
 * await node.close();
 */
export async function startEmbeddedNode(options: DevNodeOptions = {}): Promise<DevNode> {
  const chainId = options.chainId ?? 31337;
  const accounts = listDevAccounts(options.accounts ?? 10);
  const chain = await DevChain.create(chainId);
  for (const { address } of accounts) await chain.setBalance(address as `0x${string}`, BALANCE_WEI);
  const request = createRequest(chain, accounts);
  const provider = createDevProvider(request, chainId);
  const closers: (() => Promise<void>)[] = [];
  return {
    kind: 'embedded',
    chainId,
    accounts,
    request,
    provider,
    listen: async (port = 0) => {
      const { url, server } = await serveHttp(request, port);
      closers.push(() => new Promise((resolve) => server.close(() => resolve())));
      closers.push(async () => server.closeAllConnections());
      return url;
    },
    close: async () => {
      provider.destroy();
      await Promise.all(closers.map((closer) => closer()));
    },
  };
}

/** An ethers provider over an EIP-1193 function of a local chain. */
export function createDevProvider(request: DevNode['request'], chainId: number): BrowserProvider {
  const provider = new BrowserProvider({ request: (given) => request(given as RpcRequest) }, chainId, {
    staticNetwork: true,
    cacheTimeout: -1,
  });
  provider.pollingInterval = 20;
  return provider;
}
