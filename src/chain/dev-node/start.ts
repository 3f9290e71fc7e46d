import { findAnvil, startAnvil } from './anvil.js';
import { type DevNode, type DevNodeOptions, startEmbeddedNode } from './embedded.js';

export type DevNodeKind = 'auto' | 'embedded' | 'anvil';

/** Starts a local chain: `auto` takes anvil where its npm package is installed, else the embedded node. */
export async function startDevNode(
  kind: DevNodeKind = 'auto',
  options: DevNodeOptions & { readonly port?: number } = {},
): Promise<DevNode> {
  if (kind === 'anvil' || (kind === 'auto' && findAnvil() !== undefined)) return startAnvil(options);
  return startEmbeddedNode(options);
}
