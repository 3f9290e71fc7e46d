import type { Graph, GraphNode, GraphValue, ValueId } from '../ir.js';

/** For each value, the node that computes it. */
export function producersOf(nodes: readonly GraphNode[]): Map<ValueId, GraphNode> {
  return new Map(nodes.map((node) => [node.output, node]));
}

/** For each value, the nodes that read it. */
export function consumersOf(nodes: readonly GraphNode[]): Map<ValueId, GraphNode[]> {
  const consumers = new Map<ValueId, GraphNode[]>();
  for (const node of nodes)
    for (const id of new Set<ValueId>(node.inputs)) {
      const list = consumers.get(id);
      if (list === undefined) consumers.set(id, [node]);
      else list.push(node);
    }
  return consumers;
}

/** The values that the model's outputs name. */
export function outputValues(graph: Graph): Set<ValueId> {
  return new Set(graph.outputs.map((output) => output.value));
}

/** Drops nodes that no output depends on, and numbers the values anew. Inputs stay, read or not. */
export function removeDeadNodes(graph: Graph): Graph {
  const live = outputValues(graph);
  for (const node of graph.nodes.toReversed()) {
    if (!live.has(node.output)) continue;
    for (const id of node.inputs) live.add(id);
  }
  const nodes = graph.nodes.filter((node) => live.has(node.output));
  const order = [...graph.inputs.map((input) => input.value), ...nodes.map((node) => node.output)];
  const renumbered = new Map(order.map((id, position) => [id, position]));
  const at = (id: ValueId) => renumbered.get(id) as ValueId;
  return {
    values: order.map((id, position): GraphValue => ({ ...graph.values[id], id: position })),
    inputs: graph.inputs.map((input) => ({ ...input, value: at(input.value) })),
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(at), output: at(node.output) }) as GraphNode),
    outputs: graph.outputs.map((output) => ({ ...output, value: at(output.value) })),
  };
}
