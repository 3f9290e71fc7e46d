import { findAnvil } from '../../../src/chain/dev-node/anvil.js';
import type { DevNode } from '../../../src/chain/dev-node/embedded.js';
import { startDevNode } from '../../../src/chain/dev-node/start.js';

/** The local chains that this machine has; each on-chain suite runs on all of them. */
export const NODE_KINDS: readonly ('embedded' | 'anvil')[] = findAnvil() ? ['embedded', 'anvil'] : ['embedded'];

/** Folder of compiled contracts, shared by all suites. */
export const CACHE_FOLDER = 'artifacts/.cache/solidity';

export function startNode(kind: 'embedded' | 'anvil', chainId?: number): Promise<DevNode> {
  return startDevNode(kind, { chainId, accounts: 6 });
}
