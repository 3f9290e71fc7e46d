import type { LinearMap } from '../graph/linear-map.js';

/**
 * Rounds the weights of a kernel one after the other, each time moving what was lost onto the weights still to be rounded, in
 * proportion to how their inputs vary together (the update of optimal brain surgeon, as GPTQ applies it: Frantar et al.,
 * arXiv 2210.17323). Correlated inputs, as pixels are, let the errors cancel: the same accuracy with one to two bits less.
 */
export interface RoundingBasis {
  /** Upper Cholesky factor of the inverse covariance, row-major, n × n. */
  readonly factor: Float64Array;
  readonly size: number;
  /** Root mean square error of an accumulator that this rounding leaves, in integer units. */
  readonly noise: number;
}

/** Beyond this many inputs the factorization costs more than its bits save. */
export const LARGEST_BASIS = 1024;
/** Part of the mean variance added to every input's own: what the calibration rows have not shown is assumed independent. */
const DAMPING = 0.05;
const MOST_SAMPLES = 1500;

/** Lower Cholesky factor in place, row-major; false where the matrix is not positive definite. */
function factorize(matrix: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    const rowJ = j * n;
    let diagonal = matrix[rowJ + j];
    for (let k = 0; k < j; k++) diagonal -= matrix[rowJ + k] ** 2;
    if (!(diagonal > 0)) return false;
    const pivot = Math.sqrt(diagonal);
    matrix[rowJ + j] = pivot;
    for (let i = j + 1; i < n; i++) {
      const rowI = i * n;
      let sum = matrix[rowI + j];
      for (let k = 0; k < j; k++) sum -= matrix[rowI + k] * matrix[rowJ + k];
      matrix[rowI + j] = sum / pivot;
    }
  }
  return true;
}

/**
 * Upper factor U of the inverse, `H⁻¹ = Uᵀ·U` up to order: with H reversed and factored as `L·Lᵀ`, the inverse of L read
 * backwards is U. Costs one factorization and one triangular inverse.
 */
function inverseFactor(covariance: Float64Array, n: number): Float64Array | null {
  const reversed = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) reversed[i * n + j] = covariance[(n - 1 - i) * n + (n - 1 - j)];
  if (!factorize(reversed, n)) return null;
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    inverse[i * n + i] = 1 / reversed[i * n + i];
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= reversed[i * n + k] * inverse[k * n + j];
      inverse[i * n + j] = sum / reversed[i * n + i];
    }
  }
  const upper = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) upper[i * n + j] = inverse[(n - 1 - i) * n + (n - 1 - j)];
  return upper;
}

/**
 * The basis for kernels that read the given windows.
 * @param codes integers of the concatenated inputs with zero points removed, per calibration row
 * @param least variance assumed of every element of the concatenated inputs at least
 * @returns null where there are too many inputs, or none varies
 */
export function roundingBasis(
  windows: readonly Int32Array[],
  codes: readonly Float64Array[],
  least: Float64Array,
): RoundingBasis | null {
  const n = windows[0].length;
  if (n < 2 || n > LARGEST_BASIS) return null;
  const step = Math.max(1, Math.floor((windows.length * codes.length) / MOST_SAMPLES));
  const samples: Float64Array[] = [];
  for (let s = 0; s < windows.length * codes.length; s += step) {
    const row = codes[s % codes.length];
    const window = windows[Math.floor(s / codes.length)];
    samples.push(Float64Array.from(window, (i) => (i >= 0 ? row[i] : 0)));
  }
  const mean = new Float64Array(n);
  for (const sample of samples) for (let i = 0; i < n; i++) mean[i] += sample[i] / samples.length;
  const covariance = new Float64Array(n * n);
  for (const sample of samples)
    for (let i = 0; i < n; i++) {
      const centred = (sample[i] - mean[i]) / samples.length;
      if (centred === 0) continue;
      for (let j = 0; j <= i; j++) covariance[i * n + j] += centred * (sample[j] - mean[j]);
    }
  let trace = 0;
  for (let i = 0; i < n; i++) {
    const floor = windows[0][i] >= 0 ? least[windows[0][i]] : 0;
    covariance[i * n + i] = Math.max(covariance[i * n + i], floor);
    trace += covariance[i * n + i];
    for (let j = i + 1; j < n; j++) covariance[i * n + j] = covariance[j * n + i];
  }
  if (!(trace > 0)) return null;
  for (let i = 0; i < n; i++) covariance[i * n + i] += (DAMPING * trace) / n;
  const factor = inverseFactor(covariance, n);
  if (!factor) return null;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += 1 / factor[i * n + i] ** 2 / 12;
  return { factor, size: n, noise: Math.sqrt(variance) };
}

/** Rounds real weights in integer units to integers. */
export function roundKernel(weights: Float64Array, basis: RoundingBasis | null): Float64Array {
  if (!basis) return weights.map((weight) => Math.round(weight) + 0);
  const { factor, size: n } = basis;
  const left = Float64Array.from(weights);
  const rounded = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    rounded[i] = Math.round(left[i]) + 0;
    const error = (left[i] - rounded[i]) / factor[i * n + i];
    if (error === 0) continue;
    for (let j = i + 1; j < n; j++) left[j] -= error * factor[i * n + j];
  }
  return rounded;
}

/** Windows that each kernel of a map reads, as a key shared by kernels that read the same ones. */
export function groupWindows(map: LinearMap): {
  readonly keyOf: readonly string[];
  readonly windows: ReadonlyMap<string, Int32Array[]>;
} {
  const perKernel = map.kernels.map(() => [] as number[]);
  for (let row = 0; row < map.rowKernel.length; row++) perKernel[map.rowKernel[row]].push(map.rowWindow[row]);
  const keyOf = perKernel.map((list) => list.join());
  const windows = new Map<string, Int32Array[]>();
  for (const [kernel, key] of keyOf.entries())
    if (!windows.has(key))
      windows.set(
        key,
        perKernel[kernel].map((w) => map.windows[w]),
      );
  return { keyOf, windows };
}
