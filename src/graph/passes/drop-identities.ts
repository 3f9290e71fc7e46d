import { sizeOf } from '../../core/tensor.js';
import type { Graph, GraphNode, ValueId } from '../ir.js';
import { nodeOfView } from './linear-view.js';
import { outputValues, removeDeadNodes } from './remove-dead-nodes.js';

/** Makes linear nodes that only move elements gathers, and lets readers of a gather that moves nothing read its input. */
export function dropIdentities(graph: Graph): Graph {
  const outputs = outputValues(graph);
  const alias = new Map<ValueId, ValueId>();
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const renamed = { ...node, inputs: node.inputs.map((id) => alias.get(id) ?? id) } as GraphNode;
    const simple = renamed.kind === 'linear' ? nodeOfView(renamed, renamed) : renamed;
    const idle =
      simple.kind === 'gather' &&
      simple.inputs.length === 1 &&
      simple.index.length === sizeOf(graph.values[simple.inputs[0]].shape) &&
      simple.index.every((source, i) => source === i);
    if (idle && !outputs.has(simple.output)) alias.set(simple.output, simple.inputs[0]);
    else nodes.push(simple);
  }
  return removeDeadNodes({ ...graph, nodes });
}
