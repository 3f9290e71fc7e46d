import type { CircomArgument, WireSource } from '../component.js';
import { Lc } from '../lc.js';

/** Rows `bias[j] + Σ_i kernels[j][i] · x[i]` over the inputs of one component, all integers below 2^52. */
export interface AffineRows {
  readonly inputs: number;
  readonly kernels: readonly Float64Array[];
  readonly bias: Float64Array;
}

/** Row j as a combination of the local wires 1 … inputs. */
export function affineLc(rows: AffineRows, j: number): Lc {
  const lc = Lc.of(rows.bias[j]);
  const kernel = rows.kernels[j];
  for (let i = 0; i < rows.inputs; i++) if (kernel[i] !== 0) lc.add(i + 1, kernel[i]);
  return lc;
}

export function affineValues(rows: AffineRows, x: WireSource): Float64Array {
  const values = new Float64Array(rows.inputs);
  for (let i = 0; i < rows.inputs; i++) values[i] = x.get(i);
  const sums = Float64Array.from(rows.bias);
  for (let j = 0; j < sums.length; j++) {
    const kernel = rows.kernels[j];
    let sum = sums[j];
    for (let i = 0; i < values.length; i++) sum += kernel[i] * values[i];
    sums[j] = sum;
  }
  return sums;
}

/** Bits of a packed constant; a shift in circom works on integers below the field's order. */
const PACK_BITS = 248;

/**
 * The rows as template arguments `N, M, B, W, BIAS`: weights of B bits, stored plus 2^(B-1), up to 24 to a constant.
 */
export function affineArguments(rows: AffineRows): CircomArgument[] {
  let largest = 1;
  for (const kernel of new Set(rows.kernels))
    for (const weight of kernel) largest = Math.max(largest, Math.abs(weight));
  let width = 2;
  while (2 ** (width - 1) <= largest) width++;
  const perConstant = weightsPerConstant(width);
  const packed = rows.kernels.map((kernel) => packWeights(kernel, width, perConstant));
  return [rows.inputs, rows.kernels.length, width, packed, Array.from(rows.bias)];
}

/** At most 24, the terms that the longest templates write out in one expression. */
export function weightsPerConstant(width: number): number {
  const fit = Math.floor(PACK_BITS / width);
  return Math.min(fit, 24);
}

function packWeights(kernel: Float64Array, width: number, perConstant: number): bigint[] {
  const half = 2 ** (width - 1);
  const out: bigint[] = [];
  for (let at = 0; at < kernel.length; at += perConstant) {
    let constant = 0n;
    for (let t = Math.min(perConstant, kernel.length - at) - 1; t >= 0; t--)
      constant = (constant << BigInt(width)) + BigInt(kernel[at + t] + half);
    out.push(constant);
  }
  return out;
}
