import { evaluateNode, evaluateNodes } from '../graph/evaluate.js';
import type { QuantGraph, QuantNode, QuantRequantize, QuantValueId } from './ir.js';

/** `floor((x + 2^(shift-1)) / 2^shift)`: half-up; x itself with shift 0. */
export function roundShift(x: number, shift: number): number {
  return shift === 0 ? x : Math.floor((x + 2 ** (shift - 1)) / 2 ** shift);
}

/** The rounded quotient clamped to `[0, 2^bits - 1]`. */
export function requantize(x: number, shift: number, bits: number): number {
  return Math.min(Math.max(roundShift(x, shift), 0), 2 ** bits - 1);
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

/** Computes one node on integers held exactly in doubles; kinds that the float graph has too mean the same in both. */
export function evaluateQuantNode(node: QuantNode, inputs: readonly Float64Array[]): Float64Array {
  const x = inputs[0];
  switch (node.kind) {
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
    default:
      return evaluateNode(node, inputs);
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
  return evaluateNodes(graph, inputs, evaluateQuantNode);
}
