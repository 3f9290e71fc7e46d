import type { Graph, GraphNode, LinearNode, TopKNode, UnaryNode, ValueId } from '../ir.js';
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

/** True where the function surely increases everywhere, by its structure: then it never changes which element is largest. */
export function isIncreasing(fn: ScalarFunction): boolean {
  if (fn.kind !== 'call') return fn.kind === 'x';
  const [a, b] = fn.args;
  const isPositive = (factor: ScalarFunction) => factor.kind === 'const' && factor.value > 0;
  switch (fn.fn) {
    case 'add':
      return (isIncreasing(a) && isMonotone(b)) || (isMonotone(a) && isIncreasing(b));
    case 'sub':
      return isIncreasing(a) && b.kind === 'const';
    case 'mul':
      return (isIncreasing(a) && isPositive(b)) || (isPositive(a) && isIncreasing(b));
    case 'div':
      return isIncreasing(a) && isPositive(b);
    case 'exp':
    case 'sigmoid':
    case 'tanh':
    case 'erf':
    case 'softplus':
    case 'atan':
    case 'sqrt':
    case 'log':
      return isIncreasing(a);
    default:
      return false;
  }
}

function isNonNegative(fn: ScalarFunction): boolean {
  return fn.kind === 'const' && fn.value >= 0;
}

/** A linear node that multiplies each element by one number of the given sign and adds one number to each. */
function isUniformScale(node: GraphNode | undefined, sign: 1 | -1 = 1): node is LinearNode {
  if (node?.kind !== 'linear' || node.inputs.length !== 1) return false;
  const { windows, kernels, rowWindow, rowKernel, bias } = node.map;
  const [kernel] = kernels;
  if (kernel === undefined || kernel.length !== 1 || !(sign * kernel[0] > 0)) return false;
  return rowWindow.every(
    (window, row) => windows[window][0] === row && kernels[rowKernel[row]][0] === kernel[0] && bias[row] === bias[0],
  );
}

/** The scale of `isUniformScale` for `rows` elements. */
function scaleRows({ map }: LinearNode, rows: number): LinearNode['map'] {
  const rowWindow = Int32Array.from({ length: rows }, (_, row) => row);
  return {
    windows: Array.from(rowWindow, (row) => Int32Array.of(row)),
    kernels: [map.kernels[0]],
    rowWindow,
    rowKernel: new Int32Array(rows),
    bias: new Float64Array(rows).fill(map.bias[0]),
  };
}

/** Where an argmax may read from instead: the argument of an increasing function or of a positive scale. */
function beforeOrderPreserving(id: ValueId, producers: ReadonlyMap<ValueId, GraphNode>): ValueId {
  const node = producers.get(id);
  const increasing = node?.kind === 'unary' && node.functions.length === 1 && isIncreasing(node.functions[0]);
  if (node === undefined || !(increasing || isUniformScale(node))) return id;
  return beforeOrderPreserving(node.inputs[0], producers);
}

/**
 * `max(f(x))` becomes `f(max(x))` where f never decreases and nobody else reads `f(x)`: fewer evaluations of f. A positive
 * scale moves behind the maximum in any case, since linear nodes cost nothing. An argmax does not need f at all where f
 * increases, as a sigmoid does.
 */
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
  /** Whether everybody who reads a topk wants the positions only. */
  const wantsPositions = (node: TopKNode) =>
    !outputs.has(node.output) &&
    (consumers.get(node.output) ?? []).every(
      (reader) =>
        reader.kind === 'gather' &&
        reader.inputs.length === 1 &&
        reader.index.every((i) => i < 0 || Math.floor(i / node.k) % 2 === 1),
    );
  /** Positions of the largest `f(x)` are those of the largest `x`, of the largest `-f(x)` those of the largest `-x`. */
  const reorder = (node: TopKNode): GraphNode[] => {
    if (!wantsPositions(node)) return [node];
    const [input] = node.inputs;
    const negation = producers.get(input);
    const source = isUniformScale(negation, -1) ? negation.inputs[0] : input;
    const before = beforeOrderPreserving(source, producers);
    if (before === source) return [node];
    if (source === input) return [{ ...node, inputs: [before] }];
    const id = values.length;
    values.push({ ...values[input], id, type: values[before].type });
    return [
      { ...(negation as LinearNode), inputs: [before], output: id },
      { ...node, inputs: [id] },
    ];
  };
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    if (node.kind === 'topk') return reorder(node);
    if (node.kind === 'argmax') return [{ ...node, inputs: [beforeOrderPreserving(node.inputs[0], producers)] }];
    if (node.kind !== 'max' || node.inputs.length !== 1) return [node];
    const producer = producers.get(node.inputs[0]);
    const moved = isUniformScale(producer) ? producer : hoistable(node.inputs[0]);
    if (moved === undefined) return [node];
    const output = values[node.output];
    const id = values.length;
    values.push({ ...output, id, name: `${output.name}/max`, type: values[moved.inputs[0]].type });
    const rest: GraphNode =
      moved.kind === 'linear'
        ? { ...moved, inputs: [id], output: node.output, map: scaleRows(moved, node.windows.length) }
        : { ...moved, inputs: [id], output: node.output, which: null };
    return [{ ...node, inputs: moved.inputs, output: id }, rest];
  });
  return removeDeadNodes({ ...graph, values, nodes });
}
