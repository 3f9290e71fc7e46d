import { sizeOf } from '../../core/tensor.js';
import type { BilinearNode, Graph, GraphNode, GraphValue, ValueId } from '../ir.js';
import { consumersOf, outputValues, producersOf, removeDeadNodes } from './remove-dead-nodes.js';

/**
 * `Σ_t (e[t] · f) · v[t]` becomes `(Σ_t e[t] · v[t]) · f` where every product of a row has the same factor f: a softmax
 * multiplies by the reciprocal of its sum after the matrix product instead of before, so that its probabilities need no
 * rounding of their own. Only where nobody else reads the probabilities and there are fewer sums than probabilities.
 */
export function postponeFactors(graph: Graph): Graph {
  const producers = producersOf(graph.nodes);
  const consumers = consumersOf(graph.nodes);
  const outputs = outputValues(graph);
  const values: GraphValue[] = [...graph.values];
  const factorized = (id: ValueId): BilinearNode | undefined => {
    const node = producers.get(id);
    const lone = node?.kind === 'bilinear' && !outputs.has(id) && consumers.get(id)?.length === 1;
    return lone && node.left.length === node.start.length - 1 ? node : undefined;
  };
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    if (node.kind !== 'bilinear' || node.inputs[0] === node.inputs[1]) return [node];
    for (const side of [0, 1] as const) {
      const product = factorized(node.inputs[side]);
      if (product === undefined || isUnitRows(node) || sizeOf(values[product.output].shape) <= node.start.length - 1)
        continue;
      for (const factorSide of [0, 1] as const) {
        const split = postpone(node, side, product, factorSide, values);
        if (split !== undefined) return split;
      }
    }
    return [node];
  });
  return removeDeadNodes({ ...graph, values, nodes });
}

/** True where each row is a single product: nothing is summed, so nothing is won. */
function isUnitRows(node: BilinearNode): boolean {
  return node.left.length === node.start.length - 1;
}

/** The two nodes that replace `node`, or undefined where the factor differs within a row or a row is empty. */
function postpone(
  node: BilinearNode,
  side: 0 | 1,
  product: BilinearNode,
  factorSide: 0 | 1,
  values: GraphValue[],
): GraphNode[] | undefined {
  const terms = side === 0 ? node.left : node.right;
  const others = side === 0 ? node.right : node.left;
  const factors = factorSide === 0 ? product.left : product.right;
  const rest = factorSide === 0 ? product.right : product.left;
  const rows = node.start.length - 1;
  const factorOf = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [node.start[row], node.start[row + 1]];
    if (from === to) return undefined;
    factorOf[row] = factors[terms[from]];
    for (let t = from + 1; t < to; t++) if (factors[terms[t]] !== factorOf[row]) return undefined;
  }
  const output = values[node.output];
  const id = values.length;
  values.push({ ...output, id, name: `${output.name}/sum` });
  const identity = Int32Array.from({ length: rows }, (_, row) => row);
  const sums: BilinearNode = {
    ...node,
    inputs: [product.inputs[1 - factorSide], node.inputs[1 - side]],
    left: terms.map((t) => rest[t]),
    right: others,
    output: id,
  };
  const scaled: BilinearNode = {
    ...node,
    inputs: [id, product.inputs[factorSide]],
    start: Int32Array.from({ length: rows + 1 }, (_, row) => row),
    left: identity,
    right: factorOf,
  };
  return [sums, scaled];
}
