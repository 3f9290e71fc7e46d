import type { Graph, GraphNode, ValueId } from '../ir.js';
import { countMacs } from '../linear-map.js';
import { composeViews, countComposed, type LinearView, nodeOfView, viewAsLinear } from './linear-view.js';
import { outputValues, removeDeadNodes } from './remove-dead-nodes.js';

/** A composition may grow the multiply-accumulates by this factor … */
const GROWTH = 1.5;
/** … or end below this number. */
const SMALL = 4096;
/** Rows of two inputs have a window each: compositions beyond this many entries would not fit in memory. */
const LARGE = 2 ** 25;

/**
 * Folds linear and gather nodes into the linear and gather nodes that read them: biases and batch norms into
 * convolutions, residual sums into rows of two inputs, padding into windows. A gather is folded into each such reader; a
 * linear node only where all its readers are such and none grows too much.
 */
export function composeLinear(graph: Graph): Graph {
  const nodes = [...graph.nodes];
  const outputs = outputValues(graph);
  const position = new Map(nodes.map((node, at) => [node.output, at]));
  const readers = new Map<ValueId, Set<number>>();
  const addReaders = (node: GraphNode, at: number) => {
    for (const id of node.inputs) readers.set(id, (readers.get(id) ?? new Set()).add(at));
  };
  nodes.forEach(addReaders);
  for (const first of graph.nodes) {
    const at = position.get(first.output) as number;
    const node = nodes[at];
    const inner = viewAsLinear(node);
    if (inner === undefined) continue;
    const targets = [...(readers.get(node.output) ?? [])].filter((t) => nodes[t].inputs.includes(node.output as never));
    const views = targets.map((target) => viewAsLinear(nodes[target]));
    const folds = (target: number) => shouldFold(node, inner, nodes[target], nodes, position, graph);
    const chosen =
      node.kind === 'gather'
        ? targets.filter((_, n) => views[n] !== undefined)
        : outputs.has(node.output) || views.includes(undefined) || !targets.every(folds)
          ? []
          : targets;
    for (const target of chosen) {
      const outer = nodes[target];
      const composed = composeViews(viewAsLinear(outer) as LinearView, node.output, inner, graph.values);
      nodes[target] = nodeOfView(composed, { origin: heavier(node, outer).origin, output: outer.output });
      addReaders(nodes[target], target);
    }
  }
  return removeDeadNodes({ ...graph, nodes });
}

function shouldFold(
  node: GraphNode,
  inner: LinearView,
  outer: GraphNode,
  nodes: readonly GraphNode[],
  position: ReadonlyMap<ValueId, number>,
  graph: Graph,
): boolean {
  const view = viewAsLinear(outer) as LinearView;
  if (outer.kind === 'gather' && !outer.inputs.every((id) => isLinear(nodes[position.get(id) ?? -1]))) return false;
  const after = countComposed(view, node.output, inner, graph.values);
  const oneRowEach = view.map.windows.every((window) => window.length === 1) && outer.inputs.length === 1;
  if (after > LARGE && !oneRowEach) return false;
  return after <= SMALL || after <= GROWTH * (countMacs(view.map) + countMacs(inner.map));
}

function isLinear(node: GraphNode | undefined): boolean {
  return node?.kind === 'linear' || node?.kind === 'gather';
}

/** The node whose name the composition keeps: the one with more weights. */
function heavier(inner: GraphNode, outer: GraphNode): GraphNode {
  const weight = (node: GraphNode) =>
    node.kind === 'linear' ? node.map.kernels.reduce((n, kernel) => n + kernel.length, 0) : 0;
  return weight(inner) > weight(outer) ? inner : outer;
}
