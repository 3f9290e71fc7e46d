import type { Graph, GraphNode, UnaryNode, ValueId } from '../ir.js';
import type { ScalarFunction } from '../scalar.js';
import { consumersOf, outputValues, producersOf, removeDeadNodes } from './remove-dead-nodes.js';

/** True where the function surely never decreases, by its structure. */
export function isMonotone(fn: ScalarFunction): boolean {
  if (fn.kind !== 'call') return true;
  const [a, b] = fn.args;
  switch (fn.fn) {
    case 'max':
    case 'min':
    case 'add':
      return isMonotone(a) && isMonotone(b);
    case 'sub':
      return isMonotone(a) && b.kind === 'const';
    case 'mul':
      return (isNonNegative(a) && isMonotone(b)) || (isMonotone(a) && isNonNegative(b));
    case 'div':
      return isMonotone(a) && b.kind === 'const' && b.value > 0;
    case 'stepPositive':
    case 'stepNonNegative':
    case 'sign':
    case 'floor':
    case 'ceil':
    case 'trunc':
    case 'roundHalfEven':
    case 'exp':
    case 'sigmoid':
    case 'tanh':
    case 'erf':
    case 'softplus':
      return isMonotone(a);
    default:
      return false;
  }
}

function isNonNegative(fn: ScalarFunction): boolean {
  return fn.kind === 'const' && fn.value >= 0;
}

/** `max(f(x))` becomes `f(max(x))` where f never decreases and nobody else reads `f(x)`: fewer evaluations of f. */
export function hoistMonotone(graph: Graph): Graph {
  const consumers = consumersOf(graph.nodes);
  const producers = producersOf(graph.nodes);
  const outputs = outputValues(graph);
  const values = [...graph.values];
  const hoistable = (id: ValueId): UnaryNode | undefined => {
    const node = producers.get(id);
    const lone =
      node?.kind === 'unary' && node.functions.length === 1 && !outputs.has(id) && consumers.get(id)?.length === 1;
    return lone && isMonotone(node.functions[0]) ? node : undefined;
  };
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const unary = node.kind === 'max' && node.inputs.length === 1 ? hoistable(node.inputs[0]) : undefined;
    if (node.kind !== 'max' || unary === undefined) return [node];
    const output = values[node.output];
    const id = values.length;
    values.push({ ...output, id, name: `${output.name}/max`, type: values[unary.inputs[0]].type });
    return [
      { ...node, inputs: unary.inputs, output: id },
      { ...unary, inputs: [id], which: null, output: node.output },
    ];
  });
  return removeDeadNodes({ ...graph, values, nodes });
}
