import { EXACT_LIMIT } from '../core/range.js';
import { sizeOf } from '../core/tensor.js';
import { entryAt, evaluateQuantNode } from './evaluate.js';
import type { QuantBilinear, QuantLinear, QuantNode, QuantValue } from './ir.js';

/** Bounds of every element of a value; arrays have one entry per element. */
export interface Bounds {
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** Bounds with one entry per element, whatever the value stores. */
export function spreadBounds(value: QuantValue): Bounds {
  const size = sizeOf(value.shape);
  const spread = (array: Float64Array) => (array.length === size ? array : new Float64Array(size).fill(array[0]));
  return { min: spread(value.min), max: spread(value.max) };
}

function joinBounds(inputs: readonly QuantValue[]): Bounds {
  const parts = inputs.map(spreadBounds);
  if (parts.length === 1) return parts[0];
  return {
    min: Float64Array.from(parts.flatMap((part) => Array.from(part.min))),
    max: Float64Array.from(parts.flatMap((part) => Array.from(part.max))),
  };
}

function boundLinear({ map }: QuantLinear, x: Bounds): Bounds {
  const rows = map.rowWindow.length;
  const min = new Float64Array(rows);
  const max = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const window = map.windows[map.rowWindow[row]];
    const kernel = map.kernels[map.rowKernel[row]];
    let low = map.bias[row];
    let high = low;
    for (let t = 0; t < window.length; t++) {
      const i = window[t];
      const weight = kernel[t];
      if (i < 0 || weight === 0) continue;
      low += weight * (weight > 0 ? x.min[i] : x.max[i]);
      high += weight * (weight > 0 ? x.max[i] : x.min[i]);
    }
    min[row] = low;
    max[row] = high;
  }
  return { min, max };
}

function boundBilinear(node: QuantBilinear, a: Bounds, b: Bounds): Bounds {
  const rows = node.start.length - 1;
  const min = new Float64Array(rows);
  const max = new Float64Array(rows);
  const sameValue = node.inputs[0] === node.inputs[1];
  for (let row = 0; row < rows; row++) {
    for (let t = node.start[row]; t < node.start[row + 1]; t++) {
      const [i, j] = [node.left[t], node.right[t]];
      const corners = [a.min[i] * b.min[j], a.min[i] * b.max[j], a.max[i] * b.min[j], a.max[i] * b.max[j]];
      const isSquare = sameValue && i === j;
      const low = isSquare
        ? a.min[i] <= 0 && a.max[i] >= 0
          ? 0
          : Math.min(corners[0], corners[3])
        : Math.min(...corners);
      min[row] += low;
      max[row] += isSquare ? Math.max(corners[0], corners[3]) : Math.max(...corners);
    }
  }
  return { min, max };
}

/** Nodes that are monotone in each element have the bounds of their values at the bounds. */
function boundMonotone(node: QuantNode, inputs: readonly QuantValue[]): Bounds {
  const parts = inputs.map(spreadBounds);
  return {
    min: evaluateQuantNode(
      node,
      parts.map((part) => part.min),
    ),
    max: evaluateQuantNode(
      node,
      parts.map((part) => part.max),
    ),
  };
}

function boundsOf(node: QuantNode, inputs: readonly QuantValue[]): Bounds {
  switch (node.kind) {
    case 'linear':
      return boundLinear(node, joinBounds(inputs));
    case 'bilinear':
      return boundBilinear(node, spreadBounds(inputs[0]), spreadBounds(inputs[1]));
    case 'gather':
    case 'requantize':
    case 'relu':
    case 'staircase':
    case 'nonNegative':
    case 'max':
      return boundMonotone(node, inputs);
    case 'isZero': {
      const x = spreadBounds(inputs[0]);
      const canBe = x.min.map((low, i) => (low <= 0 && x.max[i] >= 0 ? 1 : 0));
      return { min: canBe.map((can, i) => (can && x.min[i] === 0 && x.max[i] === 0 ? 1 : 0)), max: canBe };
    }
    case 'lookup': {
      const x = spreadBounds(inputs[0]);
      const spans = x.min.map((low, i) => {
        const table = node.tables[entryAt(node.which ?? [0], i)];
        return low < table.offset || x.max[i] >= table.offset + table.values.length ? 1 : 0;
      });
      if (spans.includes(1)) throw new RangeError('a lookup table does not cover the range of its input');
      const reach = (pick: (a: number, b: number) => number) =>
        x.min.map((low, i) => {
          const { offset, values } = node.tables[entryAt(node.which ?? [0], i)];
          let best = values[low - offset];
          for (let q = low; q <= x.max[i]; q++) best = pick(best, values[q - offset]);
          return best;
        });
      return { min: reach(Math.min), max: reach(Math.max) };
    }
    case 'argmax':
      return {
        min: new Float64Array(node.windows.length),
        max: Float64Array.from(node.windows, (window) => window.length - 1),
      };
    case 'topk': {
      const x = spreadBounds(inputs[0]);
      const min: number[] = [];
      const max: number[] = [];
      for (const window of node.windows) {
        const ranked = (of: Float64Array) => Array.from(window, (i) => of[i]).sort((p, q) => q - p);
        min.push(...ranked(x.min).slice(0, node.k), ...new Array<number>(node.k).fill(0));
        max.push(...ranked(x.max).slice(0, node.k), ...new Array<number>(node.k).fill(window.length - 1));
      }
      return { min: Float64Array.from(min), max: Float64Array.from(max) };
    }
    case 'trees': {
      const min = Float64Array.from(node.base);
      const max = Float64Array.from(node.base);
      for (const root of node.roots) {
        const leaves = leavesUnder(node, root);
        for (let t = 0; t < min.length; t++) {
          min[t] += Math.min(...leaves.map((leaf) => node.leafWeights[leaf][t]));
          max[t] += Math.max(...leaves.map((leaf) => node.leafWeights[leaf][t]));
        }
      }
      return { min, max };
    }
  }
}

/** Leaves below a node of a tree. */
function leavesUnder(node: { readonly yes: Int32Array; readonly no: Int32Array }, root: number): number[] {
  const leaves: number[] = [];
  const open = [root];
  while (open.length > 0) {
    const at = open.pop() as number;
    if (at < 0) leaves.push(-1 - at);
    else open.push(node.yes[at], node.no[at]);
  }
  return leaves;
}

/**
 * Bounds of a node's output over every input within its bounds, by interval arithmetic: exact for linear nodes over
 * independent elements and for monotone ones, safe for the rest.
 * @throws RangeError when a bound leaves ±2^52, where doubles stop being exact
 */
export function deriveBounds(node: QuantNode, inputs: readonly QuantValue[]): Bounds {
  const bounds = boundsOf(node, inputs);
  for (let i = 0; i < bounds.min.length; i++) {
    if (bounds.min[i] < -EXACT_LIMIT || bounds.max[i] > EXACT_LIMIT)
      throw new RangeError(
        `${node.kind} ${node.layer}: element ${i} reaches [${bounds.min[i]}, ${bounds.max[i]}], beyond 2^52`,
      );
  }
  return bounds;
}
