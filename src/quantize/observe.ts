import type { Observer } from './options.js';

/** A clipping range in real units. */
export interface ClipRange {
  readonly low: number;
  readonly high: number;
}

/** Least and greatest of the finite samples; `[0, 0]` for none. */
export function observeMinMax(samples: ArrayLike<number>): ClipRange {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i];
    if (sample < low && Number.isFinite(sample)) low = sample;
    if (sample > high && Number.isFinite(sample)) high = sample;
  }
  return low > high ? { low: 0, high: 0 } : { low, high };
}

/** The range that leaves out `fraction` of the samples at each end that `keepLow` does not hold fixed. */
function observePercentile(sorted: Float64Array, fraction: number, keepLow: boolean): ClipRange {
  const drop = Math.floor(sorted.length * fraction);
  return { low: sorted[keepLow ? 0 : drop], high: sorted[sorted.length - 1 - drop] };
}

function meanSquaredError(samples: ArrayLike<number>, { low, high }: ClipRange, levels: number): number {
  const step = (high - low) / (levels - 1);
  if (step === 0) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < samples.length; i++) {
    const code = Math.min(Math.max(Math.round((samples[i] - low) / step), 0), levels - 1);
    sum += (samples[i] - (low + code * step)) ** 2;
  }
  return sum;
}

const SHRINK = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5];
const MAX_SAMPLES = 20_000;

/** Of a row's positions, at least one in so many is looked at. */
const SPARSEST = 8;

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** Every n-th sample, so that at most 20,000 stay; not the same few positions (a column of a picture, its margin) of every row. */
function thin(samples: Float64Array, rowLength: number): Float64Array {
  if (samples.length <= MAX_SAMPLES) return samples;
  let step = Math.ceil(samples.length / MAX_SAMPLES);
  while (commonDivisor(step, rowLength) > SPARSEST) step++;
  return samples.filter((_, i) => i % step === 0);
}

/**
 * Chooses the clipping range of an activation.
 * @param samples calibration values in real units
 * @param bits width of the code that will cover the range
 * @param keepLow whether the lower end is exact (0 after a ReLU) and must not move
 * @param rowLength samples of one row, which lie together
 */
export function observe(
  samples: Float64Array,
  bits: number,
  observer: Observer,
  keepLow: boolean,
  rowLength = 1,
): ClipRange {
  const full = observeMinMax(samples);
  if (observer === 'minmax' || full.low === full.high) return full;
  const thinned = thin(samples, rowLength).filter(Number.isFinite);
  const sorted = Float64Array.from(thinned).sort();
  if (observer === 'percentile') return observePercentile(sorted, 0.001, keepLow);
  const candidates = SHRINK.map((factor) => ({
    low: keepLow ? full.low : full.low * factor,
    high: full.high * factor,
  }));
  if (observer === 'auto')
    candidates.push(observePercentile(sorted, 0.001, keepLow), observePercentile(sorted, 0.0001, keepLow));
  let best = full;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const error = meanSquaredError(thinned, candidate, 2 ** bits);
    if (error < least) {
      least = error;
      best = candidate;
    }
  }
  return best;
}
