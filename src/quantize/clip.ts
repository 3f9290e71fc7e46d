import type { ValueId } from '../graph/ir.js';
import type { QuantizeContext } from './context.js';
import { observe, observeMinMax } from './observe.js';

/** How an activation is cut to codes: per channel a range, and the step that one code should be worth. */
export interface ChannelClip {
  readonly channel: Int32Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Real value of one code, per channel; never finer than the tensor's step over the allowed spread. */
  readonly step: Float64Array;
}

/** A channel never seen above this part of the tensor's range still gets this much: it may fire on other inputs. */
const LEAST_SHARE = 1 / 8;

/** The same where channels have units of their own, as features of a table do. */
const SMALLEST_SHARE = 1e-4;
/** With fewer samples a channel than this, channels are not told apart. */
const LEAST_SAMPLES = 12;

/** Room beyond the observed range, larger where few samples were seen. */
function marginFor(samples: number): number {
  return Math.min(0.5, 4 / Math.sqrt(Math.max(1, samples)));
}

/**
 * Decides the clipping of a value from its calibration rows, per channel.
 * @param bits width of the codes
 * @param spread largest ratio between the tensor's step and a channel's; the options' own by default
 * @param fixed ends that the operator itself fixes (0 below a Relu, 6 above a Relu6); infinite where it doesn't
 */
export function clipOf(
  ctx: QuantizeContext,
  id: ValueId,
  bits: number,
  fixed: { readonly low: number; readonly high: number },
  spread = ctx.options.channelSpread,
): ChannelClip {
  const key = `${bits}:${fixed.low}:${fixed.high}:${spread}`;
  const memo = ctx.clips.get(id) ?? new Map<string, ChannelClip>();
  ctx.clips.set(id, memo);
  let clip = memo.get(key);
  if (!clip) {
    clip = decideClip(ctx, id, bits, fixed, spread);
    memo.set(key, clip);
  }
  return clip;
}

function decideClip(
  ctx: QuantizeContext,
  id: ValueId,
  bits: number,
  fixed: { readonly low: number; readonly high: number },
  spread: number,
): ChannelClip {
  const rows = ctx.rowsOf(id);
  const known = ctx.channelsOf(id);
  const size = known.length;
  const told = known.reduce((n, c) => Math.max(n, c + 1), 1);
  const channel = rows.length * size < told * LEAST_SAMPLES ? new Int32Array(size) : known;
  const channels = channel === known ? told : 1;
  const all = new Float64Array(rows.length * size);
  for (const [r, row] of rows.entries()) all.set(row, r * size);
  const keepLow = Number.isFinite(fixed.low);
  const seen = observe(all, bits, ctx.options.observer, keepLow, size);
  const widen = marginFor(rows.length * size) * (seen.high - seen.low);
  const tensorLow = keepLow ? fixed.low : Math.max(fixed.low, seen.low - (seen.low === 0 ? 0 : widen));
  let tensorHigh = Math.min(fixed.high, seen.high + widen);
  if (!(tensorHigh > tensorLow)) tensorHigh = tensorLow + Math.max(Math.abs(tensorLow), 1) * 2 ** -bits;
  const tensorStep = (tensorHigh - tensorLow) / (2 ** bits - 1);

  const low = new Float64Array(channels).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(channels).fill(Number.NEGATIVE_INFINITY);
  const count = new Float64Array(channels);
  for (const row of rows)
    for (let i = 0; i < size; i++) {
      const c = channel[i];
      if (row[i] < low[c]) low[c] = row[i];
      if (row[i] > high[c]) high[c] = row[i];
      count[c]++;
    }
  const step = new Float64Array(channels);
  const least = (tensorHigh - tensorLow) * LEAST_SHARE;
  for (let c = 0; c < channels; c++) {
    const margin = marginFor(Math.max(1, count[c])) * Math.max(0, high[c] - low[c]);
    const share = Number.isFinite(spread) ? least : Math.max(2 * margin, (tensorHigh - tensorLow) * SMALLEST_SHARE);
    low[c] = keepLow ? fixed.low : Math.min(Math.max(tensorLow, low[c] - margin), tensorHigh - share);
    high[c] = Math.max(Math.min(tensorHigh, high[c] + margin), low[c] + share);
    step[c] = Math.max((high[c] - low[c]) / (2 ** bits - 1), tensorStep / spread);
  }
  return { channel, low, high, step };
}

/** The widest step of a clip: what one scale for the whole tensor has to use. */
export function tensorStep(clip: ChannelClip, bits: number): number {
  const range = observeMinMax([...clip.low, ...clip.high]);
  return (range.high - range.low) / (2 ** bits - 1);
}
