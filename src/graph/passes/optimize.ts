import type { Graph } from '../ir.js';
import { composeLinear } from './compose-linear.js';
import { dropIdentities } from './drop-identities.js';
import { foldGathers } from './fold-gathers.js';
import { fuseElementwise } from './fuse-elementwise.js';
import { hoistMonotone } from './hoist-monotone.js';
import { mergeEqualNodes } from './merge-equal-nodes.js';
import { postponeFactors } from './postpone-factors.js';
import { removeDeadNodes } from './remove-dead-nodes.js';

/**
 * The passes in the order they run, again and again until none changes the number of nodes. Linear composition comes
 * before fusion, so that a scale per channel goes into the convolution before it instead of into one function per channel.
 */
export const passes: readonly ((graph: Graph) => Graph)[] = [
  removeDeadNodes,
  dropIdentities,
  mergeEqualNodes,
  composeLinear,
  foldGathers,
  fuseElementwise,
  postponeFactors,
  hoistMonotone,
  composeLinear,
];

const MAX_ROUNDS = 8;

/** The same function in fewer and larger nodes. Values keep their names; evaluation agrees up to rounding. */
export function optimizeGraph(graph: Graph): Graph {
  let current = graph;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = passes.reduce((g, pass) => pass(g), current);
    if (next.nodes.length === current.nodes.length && round > 0) return next;
    current = next;
  }
  return current;
}
