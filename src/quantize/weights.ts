import type { LinearMap } from '../graph/linear-map.js';
import { type RoundingBasis, roundKernel } from './rounding.js';

/** Which scales the entries of each window read: windows with the same pattern share integer kernels. */
export interface WindowScales {
  /** Pattern of each window. */
  readonly patternOf: Int32Array;
  /** Scale per entry of a pattern; 0 where only padding was seen. */
  readonly patterns: readonly Float64Array[];
}

/** Groups the windows of a map by the input scales that they read; padding matches anything. */
export function windowScales(map: LinearMap, scale: Float64Array): WindowScales {
  const patterns: Float64Array[] = [];
  const byLength = new Map<number, number[]>();
  const known = new Map<string, number>();
  const single = scale.every((entry) => entry === scale[0]);
  const patternOf = Int32Array.from(map.windows, (window) => {
    const own = Float64Array.from(window, (i) => (single ? scale[0] : i >= 0 ? scale[i] : 0));
    const key = single ? `${own.length}` : own.join();
    const found = known.get(key);
    if (found !== undefined) return found;
    const candidates = byLength.get(own.length) ?? [];
    const fits = own.includes(0)
      ? candidates.find((p) => own.every((entry, t) => entry === 0 || entry === patterns[p][t]))
      : undefined;
    const at = fits ?? patterns.push(own) - 1;
    if (fits === undefined) byLength.set(own.length, [...candidates, at]);
    known.set(key, at);
    return at;
  });
  return { patternOf, patterns };
}

/**
 * The map with a kernel of its own for each pattern of scales that a kernel reads: pooling shares one kernel between channels
 * of different scales, and is exact in each.
 */
export function splitKernels(map: LinearMap, { patternOf }: WindowScales): LinearMap {
  const kernels: Float64Array[] = [];
  const known = new Map<string, number>();
  const rowKernel = map.rowKernel.map((kernel, row) => {
    const key = `${kernel}:${patternOf[map.rowWindow[row]]}`;
    const at = known.get(key) ?? kernels.push(map.kernels[kernel]) - 1;
    known.set(key, at);
    return at;
  });
  return { ...map, kernels, rowKernel };
}

/** Largest integer weight that an exact common step may need. */
const LARGEST_EXACT = 2 ** 15;
/** Largest integer that the smallest weight of an exact kernel may be. */
const LARGEST_DIVISOR = 255;
const RELATIVE_ERROR = 2e-6;

/** The step of which every value is a whole multiple, within float32 rounding; null where there is none of a useful size. */
export function commonStep(values: readonly number[]): number | null {
  const magnitudes = [...new Set(values.map(Math.abs))].filter((value) => value > 0).sort((a, b) => a - b);
  if (magnitudes.length === 0) return null;
  if (magnitudes.every(Number.isInteger)) return magnitudes.reduce(greatestDivisor);
  const least = magnitudes[0];
  const most = magnitudes[magnitudes.length - 1];
  for (let divisor = 1; divisor <= LARGEST_DIVISOR; divisor++) {
    const step = least / divisor;
    if (most / step > LARGEST_EXACT) return null;
    if (
      magnitudes.every((value) => Math.abs(value / step - Math.round(value / step)) <= RELATIVE_ERROR * (value / step))
    )
      return step;
    if (magnitudes.length > 64 && divisor > 1 && magnitudes.length > LARGEST_DIVISOR * 2 * divisor) return null;
  }
  return null;
}

/** Greatest common divisor of two positive integers. */
function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Per kernel, the step that makes its weights exact integers; null entries where there is none, null where none has one. */
export function naturalStep(map: LinearMap, scales: WindowScales, oneScale: boolean): (number | null)[] | null {
  const products = map.kernels.map(() => new Set<number>());
  const seen = new Set<string>();
  for (let row = 0; row < map.rowKernel.length; row++) {
    const kernel = map.rowKernel[row];
    const pattern = scales.patternOf[map.rowWindow[row]];
    const key = `${kernel}:${pattern}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const entries = scales.patterns[pattern];
    const weights = map.kernels[kernel];
    for (let t = 0; t < weights.length; t++)
      if (products[kernel].size <= 512) products[kernel].add(Math.abs(weights[t] * entries[t]));
  }
  if (oneScale) {
    const all = new Set(products.flatMap((set) => [...set]));
    const step = all.size > 512 ? null : commonStep([...all]);
    return step === null ? null : map.kernels.map(() => step);
  }
  const steps = products.map((set) => (set.size > 512 ? null : commonStep([...set])));
  return steps.every((step) => step === null) ? null : steps;
}

/** Integer kernels `round(weight · inputScale / rowScale)`, shared between rows that agree in all three. */
export function quantizeKernels(
  map: LinearMap,
  scales: WindowScales,
  rowScale: Float64Array,
  basisOf: (kernel: number) => RoundingBasis | null,
) {
  const kernels: Float64Array[] = [];
  const known = new Map<string, number>();
  let isExact = true;
  const rowKernel = Int32Array.from(map.rowKernel, (kernel, row) => {
    const pattern = scales.patternOf[map.rowWindow[row]];
    const key = `${kernel}:${pattern}:${rowScale[row]}`;
    let at = known.get(key);
    if (at === undefined) {
      at = kernels.length;
      known.set(key, at);
      const entries = scales.patterns[pattern];
      const exact = map.kernels[kernel].map((weight, t) => (weight * entries[t]) / rowScale[row]);
      const isWhole = exact.every(
        (weight) => Math.abs(weight - Math.round(weight)) <= RELATIVE_ERROR * 2 * Math.max(1, Math.abs(weight)),
      );
      isExact &&= isWhole;
      kernels.push(roundKernel(exact, isWhole ? null : basisOf(kernel)));
    }
    return at;
  });
  return { kernels, rowKernel, isExact };
}
