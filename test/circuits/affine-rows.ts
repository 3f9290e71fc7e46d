import type { AffineRows } from '../../src/circuit/gadgets/affine.js';

/** Rows by weights and biases. */
export function affineRows(kernels: readonly (readonly number[])[], bias: readonly number[]): AffineRows {
  return {
    inputs: kernels[0].length,
    kernels: kernels.map((row) => Float64Array.from(row)),
    bias: Float64Array.from(bias),
  };
}

/** One row that is the one input itself. */
export const identity = affineRows([[1]], [0]);

/** All integers of `[min, max]`. */
export function span(min: number, max: number): number[] {
  return Array.from({ length: max - min + 1 }, (_, i) => min + i);
}
