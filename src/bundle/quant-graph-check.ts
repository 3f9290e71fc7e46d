import { EXACT_LIMIT } from '../core/range.js';
import { sizeOf } from '../core/tensor.js';
import type { LinearMap } from '../graph/linear-map.js';
import type { QuantGraph, QuantNode, QuantValue } from '../quantize/ir.js';
import { deriveBounds } from '../quantize/ranges.js';
import { SchemaError } from './schema.js';

type Check = (holds: boolean, what: string, expected: string, given: unknown) => void;

function checkIndices(check: Check, what: string, indices: ArrayLike<number>, low: number, high: number): void {
  for (let i = 0; i < indices.length; i++) {
    if (indices[i] < low || indices[i] >= high) check(false, `${what}[${i}]`, `${low} to ${high - 1}`, indices[i]);
  }
}

function checkIntegers(check: Check, what: string, numbers: ArrayLike<number>): void {
  for (let i = 0; i < numbers.length; i++) {
    if (!Number.isInteger(numbers[i]) || Math.abs(numbers[i]) > EXACT_LIMIT) {
      check(false, `${what}[${i}]`, 'an integer within ±2^52', numbers[i]);
    }
  }
}

/** One entry for the whole tensor, or one an element. */
function checkEntries(check: Check, what: string, length: number, size: number): void {
  check(length === size || length === 1, what, `1 or ${size} entries`, length);
}

function checkLinear(check: Check, map: LinearMap, inputSize: number): number {
  const rows = map.rowWindow.length;
  check(map.rowKernel.length === rows && map.bias.length === rows, 'map', `${rows} rows`, [
    map.rowKernel.length,
    map.bias.length,
  ]);
  checkIndices(check, 'map.rowWindow', map.rowWindow, 0, map.windows.length);
  checkIndices(check, 'map.rowKernel', map.rowKernel, 0, map.kernels.length);
  map.windows.forEach((window, i) => {
    checkIndices(check, `map.windows[${i}]`, window, -1, inputSize);
  });
  map.kernels.forEach((kernel, i) => {
    checkIntegers(check, `map.kernels[${i}]`, kernel);
  });
  checkIntegers(check, 'map.bias', map.bias);
  for (let row = 0; row < rows; row++) {
    const [window, kernel] = [map.windows[map.rowWindow[row]].length, map.kernels[map.rowKernel[row]].length];
    check(window === kernel, `map row ${row}`, `a kernel of ${window}`, kernel);
  }
  return rows;
}

function checkWindows(check: Check, windows: readonly Int32Array[], inputSize: number, low: number): number {
  windows.forEach((window, i) => {
    check(
      window.some((index) => index >= 0),
      `windows[${i}]`,
      'an element',
      'none',
    );
    checkIndices(check, `windows[${i}]`, window, low, inputSize);
  });
  return windows.length;
}

function checkTrees(check: Check, node: Extract<QuantNode, { kind: 'trees' }>, inputSize: number): number {
  const count = node.feature.length;
  check(
    node.threshold.length === count && node.yes.length === count && node.no.length === count,
    'trees',
    `${count} thresholds and children`,
    [node.threshold.length, node.yes.length, node.no.length],
  );
  const leaves = node.leafWeights.length;
  checkIndices(check, 'feature', node.feature, 0, inputSize);
  for (const side of ['roots', 'yes', 'no'] as const) checkIndices(check, side, node[side], -leaves, count);
  for (let i = 0; i < count; i++) {
    for (const child of [node.yes[i], node.no[i]])
      check(child < 0 || child > i, `trees node ${i}`, 'children after it', child);
  }
  checkIntegers(check, 'threshold', node.threshold);
  checkIntegers(check, 'base', node.base);
  node.leafWeights.forEach((weights, i) => {
    check(weights.length === node.base.length, `leafWeights[${i}]`, `${node.base.length} entries`, weights.length);
    checkIntegers(check, `leafWeights[${i}]`, weights);
  });
  return node.base.length;
}

function checkChoice(check: Check, which: Int32Array | null, choices: number, size: number): number {
  check(choices > 0, 'choices', 'at least one', choices);
  if (which !== null) {
    check(which.length === size, 'which', `${size} entries`, which.length);
    checkIndices(check, 'which', which, 0, choices);
  }
  return size;
}

/** Checks the fields of a node against the sizes of its inputs. @returns the size of its output */
function checkNode(check: Check, node: QuantNode, sizes: readonly number[]): number {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const arity =
    node.kind === 'bilinear'
      ? 2
      : node.kind === 'linear' || node.kind === 'gather' || node.kind === 'max'
        ? sizes.length
        : 1;
  check(sizes.length === arity && arity > 0, 'inputs', `${arity} inputs`, sizes.length);
  switch (node.kind) {
    case 'linear':
      return checkLinear(check, node.map, total);
    case 'gather':
      checkIndices(check, 'index', node.index, -node.constants.length, total);
      checkIntegers(check, 'constants', node.constants);
      return node.index.length;
    case 'requantize':
      checkEntries(check, 'shift', node.shift.length, total);
      checkEntries(check, 'bits', node.bits.length, total);
      checkIndices(check, 'shift', node.shift, 0, 53);
      checkIndices(check, 'bits', node.bits, 0, 53);
      return total;
    case 'relu':
    case 'nonNegative':
    case 'isZero':
      return total;
    case 'lookup':
      node.tables.forEach((table, i) => {
        checkIntegers(check, `tables[${i}]`, [table.offset]);
        checkIntegers(check, `tables[${i}].values`, table.values);
      });
      return checkChoice(check, node.which, node.tables.length, total);
    case 'staircase':
      node.steps.forEach(({ base, thresholds }, i) => {
        checkIntegers(check, `steps[${i}].base`, [base]);
        checkIntegers(check, `steps[${i}].thresholds`, thresholds);
        const ascending = thresholds.every((threshold, t) => t === 0 || thresholds[t - 1] < threshold);
        check(ascending, `steps[${i}].thresholds`, 'ascending', 'not so');
      });
      return checkChoice(check, node.which, node.steps.length, total);
    case 'bilinear': {
      const rows = node.start.length - 1;
      check(rows >= 0 && node.start[0] === 0, 'start', '0 first', node.start[0]);
      for (let row = 0; row < rows; row++) check(node.start[row] <= node.start[row + 1], 'start', 'ascending', row);
      const terms = node.start[rows];
      check(
        node.left.length === terms && node.right.length === terms,
        'left, right',
        `${terms} terms`,
        node.left.length,
      );
      checkIndices(check, 'left', node.left, 0, sizes[0]);
      checkIndices(check, 'right', node.right, 0, sizes[1]);
      return rows;
    }
    case 'max':
      return checkWindows(check, node.windows, total, -1);
    case 'argmax':
      return checkWindows(check, node.windows, total, 0);
    case 'topk':
      for (const window of node.windows)
        check(node.k >= 1 && node.k <= window.length, 'k', `1 to ${window.length}`, node.k);
      return checkWindows(check, node.windows, total, 0) * 2 * node.k;
    case 'trees':
      return checkTrees(check, node, total);
  }
}

function checkValue(check: Check, value: QuantValue, index: number): void {
  const size = sizeOf(value.shape);
  check(value.id === index, `values[${index}].id`, `${index}`, value.id);
  for (const key of ['scale', 'zeroPoint', 'min', 'max'] as const) {
    checkEntries(check, `values[${index}].${key}`, value[key].length, size);
    if (key !== 'scale') checkIntegers(check, `values[${index}].${key}`, value[key]);
  }
}

/** Declared bounds have to hold every integer that the node can give for inputs within their own bounds. */
function checkBounds(check: Check, node: QuantNode, inputs: readonly QuantValue[], output: QuantValue): void {
  let bounds: { min: Float64Array; max: Float64Array };
  try {
    bounds = deriveBounds(node, inputs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SchemaError('bounds', 'within ±2^52', error.message);
  }
  const entry = (array: Float64Array, i: number) => array[array.length === 1 ? 0 : i];
  for (let i = 0; i < bounds.min.length; i++) {
    const holds = entry(output.min, i) <= bounds.min[i] && entry(output.max, i) >= bounds.max[i];
    check(holds, `bounds of element ${i}`, `[${bounds.min[i]}, ${bounds.max[i]}] inside`, [
      entry(output.min, i),
      entry(output.max, i),
    ]);
  }
}

/**
 * The verifier of the integer graph: indices in range, lengths in agreement, values defined once and before use, integers
 * exact, and every declared bound no narrower than interval arithmetic allows.
 * @throws SchemaError naming the place
 */
export function checkQuantGraph(graph: QuantGraph): void {
  const at =
    (prefix: string): Check =>
    (holds, what, expected, given) => {
      if (!holds) throw new SchemaError(`${prefix}${what}`, expected, given);
    };
  graph.values.forEach((value, i) => {
    checkValue(at('$.graph.'), value, i);
  });
  const known = new Set<number>();
  const count = graph.values.length;
  graph.inputs.forEach(({ value, bits }, i) => {
    const check = at(`$.graph.inputs[${i}].`);
    check(value < count && !known.has(value), 'value', 'a value of its own', value);
    check(bits >= 1 && bits <= 32, 'bits', '1 to 32', bits);
    const { min, max } = graph.values[value];
    const fits = min.every((low) => low >= 0) && max.every((high) => high < 2 ** bits);
    check(fits, 'bits', 'a range within the bits', bits);
    known.add(value);
  });
  graph.nodes.forEach((node, i) => {
    const check = at(`$.graph.nodes[${i}].`);
    for (const input of node.inputs) check(known.has(input), 'inputs', 'values computed before', input);
    check(node.output < count && !known.has(node.output), 'output', 'a value of its own', node.output);
    const inputs = node.inputs.map((input) => graph.values[input]);
    const size = checkNode(
      check,
      node,
      inputs.map((input) => sizeOf(input.shape)),
    );
    const output = graph.values[node.output];
    check(size === sizeOf(output.shape), 'output', `${size} elements`, output.shape);
    checkBounds(check, node, inputs, output);
    known.add(node.output);
  });
  graph.outputs.forEach(({ value }, i) => {
    const check = at(`$.graph.outputs[${i}].`);
    check(known.has(value), 'value', 'a value that is computed', value);
    check(
      graph.values[value].min.every((low) => low >= 0),
      'value',
      'no negative integers',
      value,
    );
  });
}
