import { argMaxOf, concatData, reachLeaf, topPositions } from '../graph/evaluate.js';
import { applyLinear } from '../graph/linear-map.js';
import type { QuantGraph, QuantNode, QuantRequantize, QuantValueId } from './ir.js';

/** `clamp(floor((x + 2^(shift-1)) / 2^shift), 0, 2^bits - 1)`: half-up; shift 0 only clamps. */
export function requantize(x: number, shift: number, bits: number): number {
  const rounded = shift === 0 ? x : Math.floor((x + 2 ** (shift - 1)) / 2 ** shift);
  return Math.min(Math.max(rounded, 0), 2 ** bits - 1);
}

/** Entry of a per-tensor or per-element array. */
export function entryAt<T>(array: ArrayLike<T>, index: number): T {
  return array[array.length === 1 ? 0 : index];
}

/** Number of thresholds at or below x; thresholds ascend. */
export function countSteps(thresholds: Float64Array, x: number): number {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (thresholds[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function requantizeAll(node: QuantRequantize, x: Float64Array): Float64Array {
  return x.map((value, i) => requantize(value, entryAt(node.shift, i), entryAt(node.bits, i)));
}

/** Computes one node on integers held exactly in doubles. */
export function evaluateQuantNode(node: QuantNode, inputs: readonly Float64Array[]): Float64Array {
  const x = inputs[0];
  switch (node.kind) {
    case 'linear':
      return applyLinear(node.map, concatData(inputs));
    case 'gather': {
      const all = concatData(inputs);
      return Float64Array.from(node.index, (i) => (i >= 0 ? all[i] : node.constants[-1 - i]));
    }
    case 'requantize':
      return requantizeAll(node, x);
    case 'relu':
      return x.map((value) => Math.max(value, 0));
    case 'lookup':
      return x.map((value, i) => {
        const table = node.tables[node.which ? node.which[i] : 0];
        return table.values[value - table.offset];
      });
    case 'staircase':
      return x.map((value, i) => {
        const steps = node.steps[node.which ? node.which[i] : 0];
        return steps.base + countSteps(steps.thresholds, value);
      });
    case 'nonNegative':
      return x.map((value) => (value >= 0 ? 1 : 0));
    case 'isZero':
      return x.map((value) => (value === 0 ? 1 : 0));
    case 'bilinear': {
      const b = inputs[1];
      return Float64Array.from({ length: node.start.length - 1 }, (_, row) => {
        let sum = 0;
        for (let t = node.start[row]; t < node.start[row + 1]; t++) sum += x[node.left[t]] * b[node.right[t]];
        return sum;
      });
    }
    case 'max': {
      const all = concatData(inputs);
      return Float64Array.from(node.windows, (window) =>
        window.reduce((best, i) => (i >= 0 && all[i] > best ? all[i] : best), Number.NEGATIVE_INFINITY),
      );
    }
    case 'argmax':
      return Float64Array.from(node.windows, (window) => argMaxOf(window, x, node.last));
    case 'topk':
      return Float64Array.from(
        node.windows.flatMap((window) => {
          const top = topPositions(window, x, node.k);
          return [...top.map((p) => x[window[p]]), ...top];
        }),
      );
    case 'trees': {
      const y = Float64Array.from(node.base);
      for (const root of node.roots) {
        const weights = node.leafWeights[reachLeaf(node, root, x)];
        for (let t = 0; t < y.length; t++) y[t] += weights[t];
      }
      return y;
    }
  }
}

/**
 * The integer model on one row: the specification of the circuit.
 * @param inputs quantized elements of each model input, by name, row-major, within the declared ranges
 * @returns the integers of every value, by id
 */
export function evaluateQuant(
  graph: QuantGraph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Map<QuantValueId, Float64Array> {
  const known = new Map<QuantValueId, Float64Array>();
  for (const input of graph.inputs) known.set(input.value, Float64Array.from(inputs[input.name]));
  for (const node of graph.nodes) {
    known.set(
      node.output,
      evaluateQuantNode(
        node,
        node.inputs.map((id) => known.get(id) as Float64Array),
      ),
    );
  }
  return known;
}
