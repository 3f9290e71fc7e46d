import type { Diagnostic } from '../core/diagnostic.js';
import type { OnnxGraph, OnnxNode } from '../onnx/model.js';

/** Every name that a node reads, those its subgraphs take from outside included. */
export function readNames(node: OnnxNode): string[] {
  const names = node.inputs.filter((name) => name !== '');
  for (const attribute of node.attributes.values())
    if (attribute.kind === 'graph') names.push(...outerNames(attribute.value));
  return names;
}

function outerNames(graph: OnnxGraph): string[] {
  const inner = new Set([
    ...graph.initializers.keys(),
    ...graph.inputs.map((input) => input.name),
    ...graph.nodes.flatMap((node) => node.outputs),
  ]);
  const read = [...graph.nodes.flatMap(readNames), ...graph.outputs.map((output) => output.name)];
  return read.filter((name) => !inner.has(name));
}

/**
 * The nodes that the wanted values need, in an order in which each comes after what it reads. Nodes on a cycle, names
 * that nothing defines and names that two nodes define become diagnostics.
 */
export function sortNodes(
  graph: Pick<OnnxGraph, 'nodes' | 'inputs' | 'initializers'>,
  wanted: readonly string[],
  diagnostics: Diagnostic[],
): OnnxNode[] {
  const producer = new Map<string, OnnxNode>();
  for (const node of graph.nodes)
    for (const name of node.outputs) {
      if (name === '') continue;
      if (producer.has(name)) report(diagnostics, node, `the value "${name}" is computed by two nodes`);
      producer.set(name, node);
    }
  const given = new Set([...graph.initializers.keys(), ...graph.inputs.map((input) => input.name)]);
  const state = new Map<OnnxNode, 'open' | 'done'>();
  const order: OnnxNode[] = [];
  for (const name of wanted) visit(producer.get(name));
  return order;

  /** Depth first with its own stack: graphs can be deeper than the call stack. */
  function visit(root: OnnxNode | undefined): void {
    if (root === undefined || state.has(root)) return;
    const stack: { node: OnnxNode; names: string[] }[] = [open(root)];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const name = top.names.shift();
      if (name === undefined) {
        state.set(top.node, 'done');
        order.push(top.node);
        stack.pop();
        continue;
      }
      if (given.has(name)) continue;
      const next = producer.get(name);
      if (next === undefined) report(diagnostics, top.node, `reads "${name}", which nothing defines`);
      else if (state.get(next) === 'open') report(diagnostics, top.node, `is on a cycle through "${name}"`);
      else if (!state.has(next)) stack.push(open(next));
    }
  }

  function open(node: OnnxNode): { node: OnnxNode; names: string[] } {
    state.set(node, 'open');
    return { node, names: readNames(node) };
  }
}

function report(diagnostics: Diagnostic[], node: OnnxNode, message: string): void {
  diagnostics.push({ severity: 'error', where: node.name || node.outputs[0], op: node.opType, message });
}
