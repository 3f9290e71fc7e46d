import type { QuantGraph, QuantNode } from '../../quantize/ir.js';

/** Says in one line where two architectures differ; undefined where their circuits are one. Names of layers do not matter. */
export function findDifference(ours: QuantGraph, theirs: QuantGraph): string | undefined {
  const differ = (a: unknown, b: unknown) => print(a) !== print(b);
  if (differ(ours.inputs, theirs.inputs)) return 'the inputs have other names or bits';
  if (differ(ours.outputs, theirs.outputs)) return 'the outputs have other names';
  if (ours.nodes.length !== theirs.nodes.length || ours.values.length !== theirs.values.length)
    return 'the model has another number of nodes';
  const node = ours.nodes.find((own, i) => differ(unnamed(own), unnamed(theirs.nodes[i])));
  if (node) return `layer ${JSON.stringify(node.layer)}: another ${node.kind}`;
  const range = ({ shape, min, max }: QuantGraph['values'][number]) => [shape, min, max];
  const at = ours.values.findIndex((value, i) => differ(range(value), range(theirs.values[i])));
  if (at < 0) return undefined;
  const producer = ours.nodes.find(({ output }) => output === at);
  return producer
    ? `layer ${JSON.stringify(producer.layer)}: other shapes or ranges`
    : 'the inputs have other shapes or ranges';
}

function unnamed(node: QuantNode): unknown {
  return { ...node, layer: '' };
}

/** Sorted keys, and typed arrays as lists: one text for equal values. */
function print(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (ArrayBuffer.isView(part)) return Array.from(part as Float64Array);
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
