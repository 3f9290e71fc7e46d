import { toField } from '../../core/field.js';
import type { QuantGraph } from '../../quantize/ir.js';
import type { PrivateLayer } from './private-layers.js';

/**
 * The weights and biases of a model as the circuit takes them: for each group of kernels one element a position, then one for
 * the biases, each `Σ weight_k · 2^(slotBits · k)`, negative weights included.
 * @param model of the architecture that the layers belong to
 */
export function packWeights(model: QuantGraph, layers: readonly PrivateLayer[]): bigint[] {
  const packs: bigint[] = [];
  for (const { node: at, slotBits, groups } of layers) {
    const node = model.nodes[at];
    if (node.kind !== 'linear') throw new Error(`internal: node ${at} is not linear`);
    const { kernels, bias } = node.map;
    for (const group of groups) {
      const pack = (digit: (k: number) => number) =>
        toField(group.kernels.reduce((sum, _, k) => sum + BigInt(digit(k)) * (1n << BigInt(slotBits * k)), 0n));
      for (const t of group.positions) packs.push(pack((k) => kernels[group.kernels[k]][t]));
      packs.push(pack((k) => bias[group.rows[0][k]]));
    }
  }
  return packs;
}
