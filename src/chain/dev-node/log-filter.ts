import type { DevChain, LogEntry } from './dev-chain.js';
import { readBigInt } from './hex.js';
import { RpcError } from './rpc-error.js';

/** The criteria of eth_getLogs and eth_newFilter. */
export interface LogCriteria {
  readonly address?: string | readonly string[];
  readonly topics?: readonly (string | readonly string[] | null)[];
  readonly fromBlock?: string;
  readonly toBlock?: string;
  readonly blockHash?: string;
}

/** Position in the chain that a block tag or number names. @throws RpcError -32602 */
export function resolveBlock(chain: DevChain, tag: unknown): number {
  const last = chain.blocks.length - 1;
  if (tag === undefined || tag === null) return last;
  if (tag === 'earliest') return 0;
  if (['latest', 'pending', 'safe', 'finalized'].includes(tag as string)) return last;
  if (typeof tag === 'object') throw new RpcError(-32602, 'blocks are named by number or tag');
  return Number(readBigInt(tag));
}

/** Logs between two positions of the chain that match. */
export function selectLogs(chain: DevChain, criteria: LogCriteria, from?: number): LogEntry[] {
  const addresses = listOf(criteria.address);
  const topics = criteria.topics ?? [];
  const matches = (log: LogEntry) =>
    (addresses.length === 0 || addresses.includes(log.address)) &&
    topics.every((wanted, index) => {
      const allowed = listOf(wanted);
      return allowed.length === 0 || allowed.includes(log.topics[index]);
    });
  const first = from ?? (criteria.blockHash ? 0 : resolveBlock(chain, criteria.fromBlock));
  const last = criteria.blockHash ? chain.blocks.length - 1 : resolveBlock(chain, criteria.toBlock);
  return chain.blocks
    .slice(Math.max(0, first), last + 1)
    .filter((block) => !criteria.blockHash || block.hash === criteria.blockHash)
    .flatMap((block) => block.transactions.flatMap((mined) => mined.logs))
    .filter(matches);
}

function listOf(value: string | readonly string[] | null | undefined): string[] {
  if (value === undefined || value === null) return [];
  return (typeof value === 'string' ? [value] : [...value]).map((text) => text.toLowerCase());
}
