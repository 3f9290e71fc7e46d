import { sizeOf } from '../../core/tensor.js';
import { KeyedTable } from '../intern.js';
import type { BilinearNode, Graph, GraphNode, LinearNode, ValueId } from '../ir.js';
import { call, composeScalar, constant, type ScalarFunction, X } from '../scalar.js';

/** A tensor whose element i is `functions[which[i]]` of element i of one root tensor. */
export interface ElementFunctions {
  readonly functions: readonly ScalarFunction[];
  readonly which: Int32Array;
}

/** Size above which an expression is no longer worth a table of its own. */
const MAX_EXPRESSION = 400;

/** True where element i of the output depends on nothing but element i of each input, all of the output's size. */
export function isElementwise(node: GraphNode, graph: Graph): boolean {
  const size = sizeOf(graph.values[node.output].shape);
  if (node.inputs.some((id) => sizeOf(graph.values[id].shape) !== size)) return false;
  switch (node.kind) {
    case 'unary':
      return true;
    case 'linear':
      return node.map.rowWindow.every((window, row) =>
        node.map.windows[window].every((source) => source < 0 || source % size === row),
      );
    case 'bilinear':
      return (
        node.left.length === size &&
        node.left.every((left, row) => node.start[row] === row && left === row && node.right[row] === row)
      );
    default:
      return false;
  }
}

/** Writes the nodes of a region, in execution order, as functions of `root`; undefined where there are too many. */
export function expressRegion(
  region: readonly GraphNode[],
  root: ValueId,
  size: number,
  maxFunctions: number,
): ElementFunctions | undefined {
  const known = new Map<ValueId, ElementFunctions>([[root, { functions: [X], which: new Int32Array(size) }]]);
  let last: ElementFunctions | undefined;
  for (const node of region) {
    last = expressNode(node, known, size);
    if (last.functions.length > maxFunctions || last.functions.some((fn) => sizeOfExpression(fn) > MAX_EXPRESSION))
      return undefined;
    known.set(node.output, last);
  }
  return last;
}

function expressNode(node: GraphNode, known: ReadonlyMap<ValueId, ElementFunctions>, size: number): ElementFunctions {
  const inputs = node.inputs.map((id) => known.get(id) as ElementFunctions);
  const table = new KeyedTable<ScalarFunction>();
  const which = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const classes = inputs.map((input) => input.which[i]);
    const args = () => inputs.map((input, n) => input.functions[classes[n]]);
    which[i] = table.add(`${ownClass(node, i)}|${classes.join()}`, () => expressElement(node, i, args(), size));
  }
  return { functions: table.items, which };
}

/** What tells the node's own function at element i from that at another. */
function ownClass(node: GraphNode, i: number): string {
  if (node.kind === 'unary') return String(node.which?.[i] ?? 0);
  if (node.kind !== 'linear') return '';
  return `${node.map.bias[i]},${node.map.rowKernel[i]},${inputOrder(node, i)}`;
}

/** Which input each entry of row i reads (-1 padding). */
function inputOrder(node: LinearNode, i: number): string {
  const size = node.map.rowWindow.length;
  return Array.from(node.map.windows[node.map.rowWindow[i]], (source) =>
    source < 0 ? -1 : Math.floor(source / size),
  ).join();
}

function expressElement(node: GraphNode, i: number, args: readonly ScalarFunction[], size: number): ScalarFunction {
  if (node.kind === 'unary') return composeScalar(node.functions[node.which?.[i] ?? 0], args[0]);
  if (node.kind === 'bilinear') return expressProduct(node, args);
  return expressSum(node as LinearNode, i, args, size);
}

function expressProduct(_node: BilinearNode, args: readonly ScalarFunction[]): ScalarFunction {
  return call('mul', args[0], args[1] ?? args[0]);
}

function expressSum(node: LinearNode, i: number, args: readonly ScalarFunction[], size: number): ScalarFunction {
  const window = node.map.windows[node.map.rowWindow[i]];
  const kernel = node.map.kernels[node.map.rowKernel[i]];
  let sum: ScalarFunction | undefined;
  window.forEach((source, t) => {
    if (source < 0) return;
    const arg = args[Math.floor(source / size)];
    const term = kernel[t] === 1 || kernel[t] === -1 ? arg : call('mul', constant(kernel[t]), arg);
    if (kernel[t] === -1) sum = sum === undefined ? call('neg', term) : call('sub', sum, term);
    else sum = sum === undefined ? term : call('add', sum, term);
  });
  const bias = node.map.bias[i];
  if (sum === undefined) return constant(bias);
  return bias === 0 ? sum : call('add', sum, constant(bias));
}

function sizeOfExpression(fn: ScalarFunction): number {
  return fn.kind === 'call' ? fn.args.reduce((n, arg) => n + sizeOfExpression(arg), 1) : 1;
}
