import type { DevAccount } from './accounts.js';
import { BASE_FEE_WEI, type CallRequest, type DevChain } from './dev-chain.js';
import { formatBlock, formatReceipt, formatTransaction } from './format.js';
import { readAddress, readBigInt, readHex, toQuantity } from './hex.js';
import { type LogCriteria, resolveBlock, selectLogs } from './log-filter.js';
import { RpcError } from './rpc-error.js';

/** A request as EIP-1193 has it. */
export interface RpcRequest {
  readonly method: string;
  readonly params?: readonly unknown[];
}

type Handler = (...params: unknown[]) => unknown;

/**
 * The JSON-RPC methods of a chain, one request at a time.
 *
 * @returns an EIP-1193 `request` function; it rejects with {@link RpcError}
 */
export function createRequest(
  chain: DevChain,
  accounts: readonly DevAccount[],
): (request: RpcRequest) => Promise<unknown> {
  const handlers: Record<string, Handler> = {
    ...readHandlers(chain),
    ...writeHandlers(chain, accounts),
    ...filterHandlers(chain),
  };
  let queue: Promise<unknown> = Promise.resolve();
  return ({ method, params = [] }) => {
    const answer = queue.then(() => {
      const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
      if (!handler) throw new RpcError(-32601, `the method ${method} does not exist`);
      return handler(...params);
    });
    queue = answer.catch(() => {});
    return answer;
  };
}

function readHandlers(chain: DevChain): Record<string, Handler> {
  return {
    eth_chainId: () => toQuantity(chain.chainId),
    net_version: () => String(chain.chainId),
    web3_clientVersion: () => 'zkinfer-dev-node',
    eth_syncing: () => false,
    eth_blockNumber: () => toQuantity(chain.blocks.length - 1),
    eth_gasPrice: () => toQuantity(BASE_FEE_WEI),
    eth_maxPriorityFeePerGas: () => '0x0',
    eth_getBalance: async (address) => toQuantity(await chain.getBalance(readAddress(address))),
    eth_getTransactionCount: async (address) => toQuantity(await chain.getNonce(readAddress(address))),
    eth_getCode: (address) => chain.getCode(readAddress(address)),
    eth_getStorageAt: (address, slot) => chain.getStorage(readAddress(address), readBigInt(slot)),
    eth_call: (request) => chain.call(request as CallRequest),
    eth_estimateGas: async (request) => toQuantity(await chain.estimateGas(request as CallRequest)),
    eth_getBlockByNumber: (tag, full) => {
      const mined = chain.blocks[resolveBlock(chain, tag)];
      return mined ? formatBlock(mined, full === true) : null;
    },
    eth_getBlockByHash: (hash, full) => {
      const mined = chain.blocks.find((block) => block.hash === hash);
      return mined ? formatBlock(mined, full === true) : null;
    },
    eth_getTransactionByHash: (hash) => {
      const found = chain.transactions.get(readHex(hash));
      return found ? formatTransaction(found.mined, chain.blocks[Number(found.blockNumber)]) : null;
    },
    eth_getTransactionReceipt: (hash) => {
      const found = chain.transactions.get(readHex(hash));
      return found ? formatReceipt(found.mined, chain.blocks[Number(found.blockNumber)]) : null;
    },
    eth_getLogs: (criteria) => selectLogs(chain, criteria as LogCriteria),
  };
}

function writeHandlers(chain: DevChain, accounts: readonly DevAccount[]): Record<string, Handler> {
  const listAddresses = () => accounts.map(({ address }) => address.toLowerCase());
  return {
    eth_accounts: listAddresses,
    eth_requestAccounts: listAddresses,
    eth_sendRawTransaction: (raw) => chain.sendRawTransaction(readHex(raw)),
    eth_sendTransaction: (given) => {
      const request = given as CallRequest;
      const from = readAddress(request.from);
      const account = accounts.find(({ address }) => address.toLowerCase() === from);
      if (!account) throw new RpcError(-32000, `no key for ${from}`);
      return chain.sendTransaction(request, account.privateKey);
    },
    evm_increaseTime: (seconds) => {
      chain.increaseTime(readBigInt(seconds));
      return toQuantity(0);
    },
    evm_setNextBlockTimestamp: (timestamp) => {
      chain.setNextTimestamp(readBigInt(timestamp));
      return null;
    },
    evm_mine: () => {
      chain.mineEmpty();
      return toQuantity(0);
    },
    anvil_setBalance: async (address, balance) => {
      await chain.setBalance(readAddress(address), readBigInt(balance));
      return null;
    },
  };
}

function filterHandlers(chain: DevChain): Record<string, Handler> {
  const filters = new Map<string, { criteria?: LogCriteria; next: number }>();
  let made = 0;
  const add = (criteria?: LogCriteria) => {
    const id = toQuantity(++made);
    filters.set(id, { criteria, next: chain.blocks.length });
    return id;
  };
  const find = (id: unknown) => {
    const filter = filters.get(id as string);
    if (!filter) throw new RpcError(-32000, 'filter not found');
    return filter;
  };
  return {
    eth_newFilter: (criteria) => add(criteria as LogCriteria),
    eth_newBlockFilter: () => add(),
    eth_uninstallFilter: (id) => filters.delete(id as string),
    eth_getFilterLogs: (id) => selectLogs(chain, find(id).criteria ?? {}),
    eth_getFilterChanges: (id) => {
      const filter = find(id);
      const from = filter.next;
      filter.next = chain.blocks.length;
      if (!filter.criteria) return chain.blocks.slice(from).map(({ hash }) => hash);
      return selectLogs(chain, { ...filter.criteria, toBlock: undefined }, from);
    },
  };
}
