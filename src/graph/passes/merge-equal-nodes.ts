import type { Graph, GraphNode, ValueId } from '../ir.js';
import { formatScalar } from '../scalar.js';
import { outputValues, removeDeadNodes } from './remove-dead-nodes.js';

/** Nodes that hold more numbers than this are not compared: they are weights, and weights do not repeat. */
const MAX_NUMBERS = 20_000;

/** Computes once what several nodes compute alike from the same inputs. */
export function mergeEqualNodes(graph: Graph): Graph {
  const outputs = outputValues(graph);
  const alias = new Map<ValueId, ValueId>();
  const known = new Map<string, ValueId>();
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const renamed = { ...node, inputs: node.inputs.map((id) => alias.get(id) ?? id) } as GraphNode;
    const key = keyOf(renamed);
    const same = key === undefined ? undefined : known.get(key);
    if (same !== undefined && !outputs.has(node.output)) {
      alias.set(node.output, same);
      continue;
    }
    if (key !== undefined && same === undefined) known.set(key, node.output);
    nodes.push(renamed);
  }
  return removeDeadNodes({ ...graph, nodes });
}

/** Everything the node computes by, as text; undefined where that is too much. */
function keyOf(node: GraphNode): string | undefined {
  const { origin: _origin, output: _output, ...content } = node;
  let numbers = 0;
  const parts: string[] = [];
  const write = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      const list = value as unknown as ArrayLike<number>;
      numbers += list.length;
      if (numbers <= MAX_NUMBERS) parts.push(`[${Array.from(list).join()}]`);
    } else if (Array.isArray(value)) {
      parts.push('(');
      for (const item of value) {
        if (numbers > MAX_NUMBERS) return;
        write(item);
      }
      parts.push(')');
    } else if (value !== null && typeof value === 'object') {
      for (const [name, item] of Object.entries(value)) {
        parts.push(name);
        write(item);
      }
    } else parts.push(String(value));
  };
  write(node.kind === 'unary' ? { ...content, functions: node.functions.map(formatScalar) } : content);
  return numbers > MAX_NUMBERS ? undefined : parts.join(' ');
}
