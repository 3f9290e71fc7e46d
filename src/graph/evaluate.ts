import type { Graph, GraphNode, NodeKind, TreesNode, ValueId } from './ir.js';
import { applyLinear } from './linear-map.js';
import { compileScalar } from './scalar.js';

/** Joins the elements of several tensors, in order. */
export function concatData(parts: readonly Float64Array[]): Float64Array {
  if (parts.length === 1) return parts[0];
  const joined = new Float64Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function applyUnary(node: ComputationOf<'unary'>, x: Float64Array): Float64Array {
  const functions = node.functions.map(compileScalar);
  const { which } = node;
  if (which === null) return x.map(functions[0]);
  return x.map((value, i) => functions[which[i]](value));
}

function applyBilinear(node: ComputationOf<'bilinear'>, a: Float64Array, b: Float64Array): Float64Array {
  const y = new Float64Array(node.start.length - 1);
  for (let row = 0; row < y.length; row++) {
    let sum = 0;
    for (let t = node.start[row]; t < node.start[row + 1]; t++) sum += a[node.left[t]] * b[node.right[t]];
    y[row] = sum;
  }
  return y;
}

/** Position in the window of the first (or last) maximum. */
export function argMaxOf(window: Int32Array, x: Float64Array, last: boolean): number {
  let best = 0;
  for (let t = 1; t < window.length; t++) {
    const challenger = x[window[t]];
    const champion = x[window[best]];
    if (challenger > champion || (last && challenger === champion)) best = t;
  }
  return best;
}

/** Positions of the k largest of a window in descending order, ties by lowest position. */
export function topPositions(window: Int32Array, x: Float64Array, k: number): number[] {
  return Array.from(window.keys())
    .sort((p, q) => x[window[q]] - x[window[p]] || p - q)
    .slice(0, k);
}

/** Index of the leaf that `x` reaches from `root`. */
export function reachLeaf(
  node: Pick<TreesNode, 'feature' | 'threshold' | 'yes' | 'no'>,
  root: number,
  x: Float64Array,
): number {
  let at = root;
  while (at >= 0) at = x[node.feature[at]] <= node.threshold[at] ? node.yes[at] : node.no[at];
  return -1 - at;
}

function applyTrees(node: ComputationOf<'trees'>, x: Float64Array): Float64Array {
  const y = Float64Array.from(node.base);
  for (const root of node.roots) {
    const weights = node.leafWeights[reachLeaf(node, root, x)];
    for (let t = 0; t < y.length; t++) y[t] += weights[t];
  }
  return y;
}

/** What a node computes, whatever its place in a graph; the integer graph has nodes of the same kinds. */
export type Computation = {
  readonly [K in NodeKind]: Omit<Extract<GraphNode, { kind: K }>, 'origin' | 'inputs' | 'output'>;
}[NodeKind];

type ComputationOf<K extends NodeKind> = Extract<Computation, { kind: K }>;

/** Computes one node from its inputs' elements. */
export function evaluateNode(node: Computation, inputs: readonly Float64Array[]): Float64Array {
  switch (node.kind) {
    case 'linear':
      return applyLinear(node.map, concatData(inputs));
    case 'gather': {
      const x = concatData(inputs);
      return Float64Array.from(node.index, (i) => (i >= 0 ? x[i] : node.constants[-1 - i]));
    }
    case 'unary':
      return applyUnary(node, inputs[0]);
    case 'bilinear':
      return applyBilinear(node, inputs[0], inputs[1]);
    case 'max': {
      const x = concatData(inputs);
      return Float64Array.from(node.windows, (window) => {
        let best = Number.NEGATIVE_INFINITY;
        for (let t = 0; t < window.length; t++) if (window[t] >= 0 && x[window[t]] > best) best = x[window[t]];
        return best;
      });
    }
    case 'argmax':
      return Float64Array.from(node.windows, (window) => argMaxOf(window, inputs[0], node.last));
    case 'topk': {
      const x = inputs[0];
      return Float64Array.from(
        node.windows.flatMap((window) => {
          const top = topPositions(window, x, node.k);
          return [...top.map((p) => x[window[p]]), ...top];
        }),
      );
    }
    case 'trees':
      return applyTrees(node, inputs[0]);
  }
}

/** A graph of either kind: float or integer. */
interface NodeGraph<Node> {
  readonly inputs: readonly { readonly name: string; readonly value: ValueId }[];
  readonly nodes: readonly Node[];
}

/**
 * Runs the nodes of a graph in order, on one row.
 * @param inputs elements of each model input, by name, row-major
 * @returns the elements of every value, by id
 */
export function evaluateNodes<Node extends { readonly inputs: readonly ValueId[]; readonly output: ValueId }>(
  graph: NodeGraph<Node>,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  evaluate: (node: Node, inputs: Float64Array[]) => Float64Array,
): Map<ValueId, Float64Array> {
  const known = new Map<ValueId, Float64Array>();
  for (const input of graph.inputs) known.set(input.value, Float64Array.from(inputs[input.name]));
  for (const node of graph.nodes) {
    const given = node.inputs.map((id) => known.get(id) as Float64Array);
    known.set(node.output, evaluate(node, given));
  }
  return known;
}

/** Runs the float graph on one row, as `evaluateNodes`. */
export function evaluateGraph(
  graph: Graph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Map<ValueId, Float64Array> {
  return evaluateNodes(graph, inputs, evaluateNode);
}
