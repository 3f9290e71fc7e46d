import { formatShape } from '../core/tensor.js';
import type { Graph, GraphNode, ValueId } from './ir.js';
import { countMacs } from './linear-map.js';
import { formatScalar } from './scalar.js';

/** Functions shown per unary node; the rest are counted. */
const SHOWN = 3;

/**
 * The graph as text, one line per node:
 *
 *     %2 logits 1×10 float = linear(%1) 10 rows, 10 kernels, 320 MACs   // Gemm "fc2"
 */
export function printGraph(graph: Graph): string {
  const describe = (id: ValueId) => {
    const { name, shape, type } = graph.values[id];
    return `%${id} ${name} ${formatShape(shape)} ${type}`;
  };
  const lines = [
    ...graph.inputs.map((input) => `input ${describe(input.value)}`),
    ...graph.nodes.map((node) => {
      const operands = node.inputs.map((id) => `%${id}`).join(', ');
      return `${describe(node.output)} = ${node.kind}(${operands}) ${printDetail(node)}   // ${node.origin.op} "${node.origin.name}"`;
    }),
    ...graph.outputs.map((output) => {
      const labels = output.labels === undefined ? '' : ` labels ${output.labels.slice(0, 8).join(', ')}`;
      return `output ${output.name} = %${output.value}${labels}${output.cut === undefined ? '' : ` (${output.cut} left out)`}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

function printDetail(node: GraphNode): string {
  switch (node.kind) {
    case 'linear':
      return `${node.map.bias.length} rows, ${node.map.kernels.length} kernels, ${countMacs(node.map)} MACs`;
    case 'gather':
      return `${node.index.length} elements, ${node.index.reduce((n, i) => n + (i < 0 ? 1 : 0), 0)} constant`;
    case 'unary': {
      const shown = node.functions.slice(0, SHOWN).map(formatScalar).join(' | ');
      const rest = node.functions.length - SHOWN;
      return rest > 0 ? `${shown} | … ${rest} more` : shown;
    }
    case 'bilinear':
      return `${node.start.length - 1} rows, ${node.left.length} products`;
    case 'max':
      return `${node.windows.length} windows`;
    case 'argmax':
      return `${node.windows.length} windows${node.last ? ', last on a tie' : ''}`;
    case 'topk':
      return `${node.windows.length} windows, k ${node.k}`;
    case 'trees':
      return `${node.roots.length} trees, ${node.feature.length} nodes, ${node.base.length} targets`;
  }
}
