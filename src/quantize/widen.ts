import { bitLength } from '../core/range.js';
import { entryAt, roundShift } from './evaluate.js';
import type { QuantGraph, QuantNode, QuantRequantize, QuantValue } from './ir.js';
import { deriveBounds, spreadBounds } from './ranges.js';

/** Kinds that wider operands make dearer, and change in no other way. */
const CARRIERS: ReadonlySet<QuantNode['kind']> = new Set(['linear', 'gather', 'relu', 'max', 'requantize', 'argmax']);
/** Constraints of a clamp at the upper end, beside the bits it looks at. */
const CLAMP_COST = 2;

/**
 * Lifts upper clamps where that saves constraints: a requantization that cannot saturate costs two constraints less for each
 * element, and each bit that its results gain one for each sum that reads them. What the model computes changes only beyond the
 * calibrated range, where it follows the float model instead of stopping.
 * @param kept layers whose clamp is the operator's own (Clip, Relu6), which stays
 */
export function widenClamps(graph: QuantGraph, kept: ReadonlySet<string> = new Set()): QuantGraph {
  let best = graph;
  for (let at = graph.nodes.length - 1; at >= 0; at--) {
    const lifted = kept.has(graph.nodes[at].layer) ? null : liftClamp(best, at);
    if (lifted && lifted.saved > 0) best = lifted.graph;
  }
  return best;
}

/** The graph without the upper clamps of one node; null where that can't be done. */
function liftClamp(graph: QuantGraph, at: number): { graph: QuantGraph; saved: number } | null {
  const node = graph.nodes[at];
  if (node.kind !== 'requantize') return null;
  const lifted = liftBits(node, graph.values[node.inputs[0]]);
  if (!lifted) return null;
  const nodes = [...graph.nodes];
  nodes[at] = lifted;
  const values = [...graph.values];
  const outputs = new Set(graph.outputs.map((output) => output.value));
  const changed = new Set<number>();
  let saved = 0;
  for (let n = at; n < nodes.length; n++) {
    const next = nodes[n];
    if (n > at && !next.inputs.some((id) => changed.has(id))) continue;
    if (!CARRIERS.has(next.kind)) return null;
    saved += countBits(graph.nodes[n], graph.values) - countBits(next, values);
    const bounds = tryBounds(next, values);
    if (!bounds) return null;
    const { min, max } = spreadBounds(values[next.output]);
    if (bounds.max.every((top, i) => top === max[i]) && bounds.min.every((low, i) => low === min[i])) continue;
    if (outputs.has(next.output)) return null;
    values[next.output] = { ...values[next.output], ...bounds };
    changed.add(next.output);
  }
  return { graph: { ...graph, nodes, values }, saved };
}

function tryBounds(node: QuantNode, values: readonly QuantValue[]): ReturnType<typeof deriveBounds> | null {
  try {
    return deriveBounds(
      node,
      node.inputs.map((id) => values[id]),
    );
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The node with as many bits for each element as its accumulator can fill; null where nothing changes. */
function liftBits(node: QuantRequantize, input: QuantValue): QuantRequantize | null {
  const { max } = spreadBounds(input);
  let isChanged = false;
  const bits = Int32Array.from(max, (top, i) => {
    const own = entryAt(node.bits, i);
    const needed = bitLength(Math.max(0, roundShift(top, entryAt(node.shift, i))));
    if (needed <= own) return own;
    isChanged = true;
    return needed;
  });
  return isChanged ? { ...node, bits } : null;
}

/** Constraints that depend on the bounds of what a node reads, to a few. */
function countBits(node: QuantNode, values: readonly QuantValue[]): number {
  if (node.kind === 'linear' || node.kind === 'gather') return 0;
  const { min, max } = spreadBounds(values[node.inputs[0]]);
  const widthOf = (i: number) => bitLength(Math.max(max[i], -min[i] - 1, 0)) + 1;
  if (node.kind === 'requantize') {
    return max.reduce((sum, top, i) => {
      const isClamped = roundShift(top, entryAt(node.shift, i)) >= 2 ** entryAt(node.bits, i);
      return sum + widthOf(i) + (isClamped ? CLAMP_COST : 0);
    }, 0);
  }
  if (node.kind === 'relu') return max.reduce((sum, _, i) => sum + widthOf(i), 0);
  if (node.kind !== 'max' && node.kind !== 'argmax') return 0;
  const all = node.inputs.map((id) => spreadBounds(values[id]));
  const [low, high] = [all.flatMap((part) => [...part.min]), all.flatMap((part) => [...part.max])];
  return node.windows.reduce((sum, window) => {
    const live = window.filter((i) => i >= 0);
    const top = live.reduce((most, i) => Math.max(most, high[i]), Number.NEGATIVE_INFINITY);
    const bottom = live.reduce((least, i) => Math.min(least, low[i]), Number.POSITIVE_INFINITY);
    return sum + Math.max(0, live.length - 1) * (bitLength(Math.max(0, top - bottom)) + 1);
  }, 0);
}
