import { sizeOf } from '../../core/tensor.js';
import type { GatherNode, Graph, GraphNode, ValueId } from '../ir.js';
import { producersOf, removeDeadNodes } from './remove-dead-nodes.js';

/**
 * Lets the nodes that address elements (bilinear, max, argmax, topk, trees) read what a gather of one tensor moved from
 * where it was: transposes of attention, slices of gates.
 */
export function foldGathers(graph: Graph): Graph {
  const producers = producersOf(graph.nodes);
  const pureGather = (id: ValueId): GatherNode | undefined => {
    const node = producers.get(id);
    const pure = node?.kind === 'gather' && node.inputs.length === 1 && node.index.every((source) => source >= 0);
    return pure ? node : undefined;
  };
  const nodes = graph.nodes.map((node) => {
    const folded = foldInto(node, pureGather, (id) => sizeOf(graph.values[id].shape));
    producers.set(folded.output, folded);
    return folded;
  });
  return removeDeadNodes({ ...graph, nodes });
}

function foldInto(
  node: GraphNode,
  gatherOf: (id: ValueId) => GatherNode | undefined,
  sizeOfValue: (id: ValueId) => number,
): GraphNode {
  const through = (gather: GatherNode, list: Int32Array) => list.map((i) => (i < 0 ? i : gather.index[i]));
  switch (node.kind) {
    case 'bilinear': {
      const [a, b] = node.inputs.map(gatherOf);
      if (a === undefined && b === undefined) return node;
      return {
        ...node,
        inputs: [a?.inputs[0] ?? node.inputs[0], b?.inputs[0] ?? node.inputs[1]],
        left: a === undefined ? node.left : through(a, node.left),
        right: b === undefined ? node.right : through(b, node.right),
      };
    }
    case 'max':
      return foldIntoMax(node, gatherOf, sizeOfValue);
    case 'argmax':
    case 'topk': {
      const gather = gatherOf(node.inputs[0]);
      if (gather === undefined) return node;
      return { ...node, inputs: [gather.inputs[0]], windows: node.windows.map((window) => through(gather, window)) };
    }
    case 'trees': {
      const gather = gatherOf(node.inputs[0]);
      if (gather === undefined) return node;
      return { ...node, inputs: [gather.inputs[0]], feature: through(gather, node.feature) };
    }
    default:
      return node;
  }
}

function foldIntoMax(
  node: GraphNode & { kind: 'max' },
  gatherOf: (id: ValueId) => GatherNode | undefined,
  sizeOfValue: (id: ValueId) => number,
): GraphNode {
  const gathers = node.inputs.map(gatherOf);
  if (gathers.every((gather) => gather === undefined)) return node;
  const inputs = node.inputs.map((id, n) => gathers[n]?.inputs[0] ?? id);
  const place: number[] = [];
  let base = 0;
  node.inputs.forEach((id, n) => {
    const size = sizeOfValue(id);
    for (let i = 0; i < size; i++) place.push(base + (gathers[n]?.index[i] ?? i));
    base += sizeOfValue(inputs[n]);
  });
  return { ...node, inputs, windows: node.windows.map((window) => window.map((i) => (i < 0 ? -1 : place[i]))) };
}
