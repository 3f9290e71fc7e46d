import { sizeOf } from '../../core/tensor.js';
import type { Graph, GraphNode, UnaryNode, ValueId } from '../ir.js';
import { formatScalar } from '../scalar.js';
import { expressRegion, isElementwise } from './element-expressions.js';
import { consumersOf, outputValues, producersOf, removeDeadNodes } from './remove-dead-nodes.js';

/** A fused node may need this many different functions, unless its chain had more already. */
const MAX_FUNCTIONS = 8;

/**
 * Collapses chains of element-wise nodes with one dynamic input into one unary node: GELU and the like as exporters
 * decompose them, `x · sigmoid(x)`, quantize-dequantize pairs, `1 / sqrt(v + ε)`. A chain is fused where it holds a unary
 * node and at least two nonlinear ones, none of which anybody outside reads.
 */
export function fuseElementwise(graph: Graph): Graph {
  const nodes = new Map<ValueId, GraphNode>(graph.nodes.map((node) => [node.output, node]));
  const consumers = consumersOf(graph.nodes);
  const producers = producersOf(graph.nodes);
  const outputs = outputValues(graph);
  const order = new Map(graph.nodes.map((node, at) => [node, at]));
  const elementwise = new Set(graph.nodes.filter((node) => isElementwise(node, graph)));
  const absorbed = new Set<GraphNode>();
  for (const node of graph.nodes.toReversed()) {
    if (!elementwise.has(node) || absorbed.has(node)) continue;
    const chain = growChain(node);
    if (chain === undefined) continue;
    const functionsBefore = Math.max(
      ...chain.nodes.map((inner) => (inner.kind === 'unary' ? inner.functions.length : 1)),
    );
    const sorted = chain.nodes.toSorted((a, b) => (order.get(a) as number) - (order.get(b) as number));
    const size = sizeOf(graph.values[node.output].shape);
    const fused = expressRegion(sorted, chain.root, size, Math.max(MAX_FUNCTIONS, functionsBefore));
    if (fused === undefined) continue;
    for (const inner of chain.nodes) absorbed.add(inner);
    nodes.set(node.output, mergeEqual(node, chain.root, fused.functions, fused.which, sorted));
  }
  return removeDeadNodes({ ...graph, nodes: [...nodes.values()] });

  /** The nodes between `last` and one root value: the shortest chain with the most nonlinear nodes. */
  function growChain(last: GraphNode): { nodes: GraphNode[]; root: ValueId } | undefined {
    const region = new Set([last]);
    let best: { nodes: GraphNode[]; root: ValueId; nonlinear: number } | undefined;
    for (;;) {
      const frontier = new Set([...region].flatMap((node) => node.inputs.filter((id) => !region.has(at(id)))));
      const nonlinear = [...region].filter((node) => node.kind !== 'linear').length;
      if (frontier.size === 1 && nonlinear > (best?.nonlinear ?? 0))
        best = { nodes: [...region], root: [...frontier][0], nonlinear };
      const next = [...frontier].map(at).filter((node) => canJoin(node, region));
      if (next.length === 0) break;
      const latest = next.reduce((a, b) => ((order.get(a) as number) > (order.get(b) as number) ? a : b));
      region.add(latest);
    }
    const worthIt = best !== undefined && best.nonlinear >= 2 && best.nodes.some((node) => node.kind === 'unary');
    return worthIt && (last.kind !== 'linear' || sumsNonlinear(last)) ? best : undefined;
  }

  function at(id: ValueId): GraphNode {
    return producers.get(id) as GraphNode;
  }

  /** A linear node or a flag may be computed twice; any other only moves into a chain that alone reads it. */
  function canJoin(node: GraphNode | undefined, region: ReadonlySet<GraphNode>): boolean {
    if (node === undefined || !elementwise.has(node)) return false;
    if (node.kind === 'linear' || isFlag(node)) return true;
    return !outputs.has(node.output) && (consumers.get(node.output) ?? []).every((reader) => region.has(reader));
  }

  /** A sum of one nonlinear function is free as it is; only of two or more does fusing save one. */
  function sumsNonlinear(node: GraphNode): boolean {
    return node.inputs.length > 1;
  }
}

const FLAGS = new Set(['stepPositive', 'stepNonNegative', 'isZero']);

/** A comparison, or `x / x`: a constant but for where it changes or is undefined. */
function isFlag(node: GraphNode): boolean {
  return (
    node.kind === 'unary' &&
    node.functions.every((fn) => (fn.kind === 'call' && FLAGS.has(fn.fn)) || formatScalar(fn) === 'div(x,x)')
  );
}

/** The fused node, with functions that print alike made one. */
function mergeEqual(
  node: GraphNode,
  root: ValueId,
  functions: UnaryNode['functions'],
  which: Int32Array,
  chain: readonly GraphNode[],
): UnaryNode {
  const keys = functions.map(formatScalar);
  const distinct = [...new Set(keys)];
  const kept = distinct.map((key) => functions[keys.indexOf(key)]);
  const renumbered = which.map((w) => distinct.indexOf(keys[w]));
  const named = chain.findLast((inner) => inner.kind === 'unary') ?? node;
  return {
    kind: 'unary',
    inputs: [root],
    functions: kept,
    which: kept.length === 1 ? null : renumbered,
    origin: named.origin,
    output: node.output,
  };
}
