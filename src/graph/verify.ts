import { formatShape, sizeOf } from '../core/tensor.js';
import type { Graph, GraphNode, ValueId } from './ir.js';

/** A broken rule of the Graph: always a bug of a rule or a pass, never of a model. */
export class GraphInvalid extends Error {
  constructor(
    readonly where: string,
    readonly expected: string,
    readonly given: string,
  ) {
    super(`internal: ${where}: expected ${expected}, given ${given}`);
    this.name = 'GraphInvalid';
  }
}

/**
 * Checks everything that the Graph's types cannot say: values numbered by position, nodes in execution order, each value
 * computed once, index ranges, sizes, finite constants.
 * @throws GraphInvalid naming the node, what was expected and what was given
 */
export function verifyGraph(graph: Graph): void {
  const fail = (where: string, expected: string, given: unknown): never => {
    throw new GraphInvalid(where, expected, String(given));
  };
  graph.values.forEach((value, position) => {
    if (value.id !== position) fail(`value ${value.name}`, `id ${position}`, value.id);
    if (value.shape.some((extent) => !Number.isInteger(extent) || extent < 0))
      fail(`value ${value.name}`, 'extents of at least 0', formatShape(value.shape));
  });
  const known = new Set<ValueId>();
  for (const input of graph.inputs) {
    if (graph.values[input.value] === undefined) fail(`input ${input.name}`, 'a value', input.value);
    known.add(input.value);
  }
  for (const node of graph.nodes) {
    const where = `${node.kind} node ${node.origin.op} "${node.origin.name}"`;
    for (const id of node.inputs) if (!known.has(id)) fail(where, 'operands computed before it', `value ${id}`);
    if (known.has(node.output)) fail(where, 'an output of its own', `value ${node.output} is already computed`);
    if (graph.values[node.output] === undefined) fail(where, 'an output value', node.output);
    const sizes = node.inputs.map((id) => sizeOf(graph.values[id].shape));
    verifyNode(node, sizes, sizeOf(graph.values[node.output].shape), (expected, given) => fail(where, expected, given));
    known.add(node.output);
  }
  for (const output of graph.outputs)
    if (!known.has(output.value)) fail(`output ${output.name}`, 'a computed value', output.value);
}

type Fail = (expected: string, given: unknown) => never;

function verifyNode(node: GraphNode, sizes: readonly number[], size: number, fail: Fail): void {
  const total = sizes.reduce((sum, n) => sum + n, 0);
  switch (node.kind) {
    case 'linear':
      verifyLinear(node, total, size, fail);
      break;
    case 'gather':
      if (node.index.length !== size) fail(`${size} indices`, node.index.length);
      checkRange(node.index, -node.constants.length, total, 'gather index', fail);
      checkFinite(node.constants, 'constants', fail);
      break;
    case 'unary':
      if (sizes[0] !== size) fail(`an input of ${size} elements`, sizes[0]);
      if (node.functions.length < 1) fail('a function', 'none');
      if (node.which !== null && node.which.length !== size) fail(`${size} entries in which`, node.which.length);
      checkRange(node.which ?? [], 0, node.functions.length, 'which', fail);
      break;
    case 'bilinear':
      verifyBilinear(node, sizes, size, fail);
      break;
    case 'max':
    case 'argmax':
      if (node.windows.length !== size) fail(`${size} windows`, node.windows.length);
      for (const window of node.windows) {
        checkRange(window, node.kind === 'max' ? -1 : 0, total, 'window index', fail);
        if (!window.some((i) => i >= 0)) fail('a window with an element', 'an empty one');
      }
      break;
    case 'topk':
      if (node.windows.length * 2 * node.k !== size) fail(`${size} results`, node.windows.length * 2 * node.k);
      for (const window of node.windows) {
        checkRange(window, 0, total, 'window index', fail);
        if (window.length < node.k) fail(`windows of at least ${node.k}`, window.length);
      }
      break;
    case 'trees':
      verifyTrees(node, total, size, fail);
      break;
  }
}

function verifyLinear(node: GraphNode & { kind: 'linear' }, total: number, size: number, fail: Fail): void {
  const { windows, kernels, rowWindow, rowKernel, bias } = node.map;
  for (const [name, list] of Object.entries({ rowWindow, rowKernel, bias }))
    if (list.length !== size) fail(`${size} entries in ${name}`, list.length);
  checkRange(rowWindow, 0, windows.length, 'rowWindow', fail);
  checkRange(rowKernel, 0, kernels.length, 'rowKernel', fail);
  for (const window of windows) checkRange(window, -1, total, 'window index', fail);
  for (const kernel of kernels) checkFinite(kernel, 'kernel', fail);
  checkFinite(bias, 'bias', fail);
  for (let row = 0; row < size; row++) {
    const [window, kernel] = [windows[rowWindow[row]], kernels[rowKernel[row]]];
    if (window.length !== kernel.length) fail(`row ${row} with a kernel of ${window.length}`, kernel.length);
  }
}

function verifyBilinear(
  node: GraphNode & { kind: 'bilinear' },
  sizes: readonly number[],
  size: number,
  fail: Fail,
): void {
  const { start, left, right } = node;
  if (start.length !== size + 1) fail(`${size + 1} starts`, start.length);
  if (start[0] !== 0 || start[size] !== left.length)
    fail(`starts from 0 to ${left.length}`, `${start[0]} to ${start[size]}`);
  for (let row = 0; row < size; row++) if (start[row] > start[row + 1]) fail('ascending starts', start[row]);
  if (left.length !== right.length) fail(`${left.length} right factors`, right.length);
  checkRange(left, 0, sizes[0], 'left index', fail);
  checkRange(right, 0, sizes[1], 'right index', fail);
}

function verifyTrees(node: GraphNode & { kind: 'trees' }, total: number, size: number, fail: Fail): void {
  const count = node.feature.length;
  if (node.base.length !== size) fail(`${size} targets`, node.base.length);
  for (const [name, list] of Object.entries({ threshold: node.threshold, yes: node.yes, no: node.no }))
    if (list.length !== count) fail(`${count} entries in ${name}`, list.length);
  checkRange(node.feature, 0, total, 'feature', fail);
  for (const list of [node.yes, node.no, node.roots]) checkRange(list, -node.leafWeights.length, count, 'child', fail);
  for (const weights of node.leafWeights) if (weights.length !== size) fail(`${size} weights a leaf`, weights.length);
}

function checkRange(list: ArrayLike<number>, from: number, to: number, what: string, fail: Fail): void {
  for (let i = 0; i < list.length; i++)
    if (!(list[i] >= from && list[i] < to)) fail(`${what} in [${from}, ${to})`, list[i]);
}

function checkFinite(list: Float64Array, what: string, fail: Fail): void {
  for (const value of list) if (!Number.isFinite(value)) fail(`finite ${what}`, value);
}
