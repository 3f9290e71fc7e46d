import { bitLength } from '../core/range.js';
import type { ValueId } from '../graph/ir.js';
import { addOffset, compact, spread, widthOf } from './affine.js';
import { type ChannelClip, clipOf } from './clip.js';
import type { QuantizeContext } from './context.js';
import { entryAt } from './evaluate.js';
import type { QuantValueId } from './ir.js';

const NO_BOUND = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/**
 * Cuts an accumulator to the codes of a clip: an offset that brings the lower end to 0 (free), then one shift with half-up
 * rounding and saturation. The step of the result is the accumulator's scale times a power of two, the least that fits.
 */
export function requantizeTo(
  ctx: QuantizeContext,
  id: QuantValueId,
  clip: ChannelClip,
  bits: number,
  layer: string,
): QuantValueId {
  const value = ctx.value(id);
  const size = clip.channel.length;
  const scale = spread(value.scale, size);
  const shift = new Int32Array(size);
  const width = new Int32Array(size);
  const zero = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const c = clip.channel[i];
    const range = clip.high[c] - clip.low[c];
    shift[i] = Math.max(0, Math.ceil(Math.log2(Math.max(clip.step[c], range / (2 ** bits - 1)) / scale[i]) - 1e-6));
    const step = scale[i] * 2 ** shift[i];
    zero[i] = Math.round(-clip.low[c] / step);
    width[i] = Math.min(bits, Math.max(1, bitLength(Math.ceil(range / step - 1e-6))));
  }
  const wanted = zero.map((code, i) => code * 2 ** shift[i] - entryAt(value.zeroPoint, i));
  const moved = addOffset(ctx, id, wanted, layer);
  const affine = { scale: compact(scale.map((s, i) => s * 2 ** shift[i])), zeroPoint: compact(zero) };
  return ctx.builder.add(
    { kind: 'requantize', inputs: [moved], shift: compact(shift), bits: compact(width), layer },
    value.name,
    value.shape,
    affine,
  );
}

/**
 * The value itself where its derived range fits `bits`, else its codes over the calibrated range. A value that hardly moved
 * keeps a relative precision of 2^-20: finer steps would make its codes large, and products of them beyond all bounds.
 */
export function narrowTo(ctx: QuantizeContext, from: ValueId, bits: number, layer: string): QuantValueId {
  const id = ctx.standIn(from);
  if (widthOf(ctx.value(id)) <= bits) return id;
  const key = `${from}:${bits}`;
  const known = ctx.narrowed.get(key);
  if (known !== undefined) return known;
  const clip = clipOf(ctx, from, bits, NO_BOUND, Number.POSITIVE_INFINITY);
  const step = clip.step.map((s, c) => Math.max(s, Math.max(Math.abs(clip.low[c]), Math.abs(clip.high[c])) / 2 ** 20));
  const narrow = requantizeTo(ctx, id, { ...clip, step }, bits, layer);
  ctx.narrowed.set(key, narrow);
  return narrow;
}
