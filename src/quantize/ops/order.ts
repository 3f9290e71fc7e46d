import type { ArgMaxNode, MaxNode, TopKNode } from '../../graph/ir.js';
import { alignScales, compact, concatAffine, widthOf } from '../affine.js';
import { plainScale } from '../builder.js';
import type { QuantizeContext } from '../context.js';
import type { QuantValueId } from '../ir.js';
import { requantizeTo } from '../narrow.js';

/** Whether every window reads elements of one scale and zero point only. */
function windowsAgree(ctx: QuantizeContext, inputs: readonly QuantValueId[], windows: readonly Int32Array[]): boolean {
  const { scale, zeroPoint } = concatAffine(inputs.map((id) => ctx.value(id)));
  return windows.every((window) => {
    const first = window.find((i) => i >= 0) as number;
    return window.every((i) => i < 0 || (scale[i] === scale[first] && zeroPoint[i] === zeroPoint[first]));
  });
}

/** Inputs on one scale, so that the order of codes is the order of reals. */
function alignInputs(
  ctx: QuantizeContext,
  inputs: readonly QuantValueId[],
  windows: readonly Int32Array[],
  layer: string,
): readonly QuantValueId[] {
  if (windowsAgree(ctx, inputs, windows)) return inputs;
  if (inputs.length === 1) return [alignScales(ctx, inputs[0], layer)];
  const sizes = inputs.map((id) => ctx.size(id));
  const total = sizes.reduce((a, b) => a + b, 0);
  const affine = concatAffine(inputs.map((id) => ctx.value(id)));
  const joined = ctx.builder.add(
    {
      kind: 'gather',
      inputs,
      index: Int32Array.from({ length: total }, (_, i) => i),
      constants: new Float64Array(0),
      layer,
    },
    layer,
    [total],
    affine,
  );
  return [alignScales(ctx, joined, layer)];
}

/** Maximum of codes, before any requantization. */
export function quantizeMax(ctx: QuantizeContext, node: MaxNode): QuantValueId {
  const layer = node.origin.name;
  const inputs = alignInputs(
    ctx,
    node.inputs.map((id) => ctx.standIn(id)),
    node.windows,
    layer,
  );
  const affine = concatAffine(inputs.map((id) => ctx.value(id)));
  const firsts = Int32Array.from(node.windows, (window) => window.find((i) => i >= 0) as number);
  const pick = (of: Float64Array) => compact(Float64Array.from(firsts, (i) => of[i]));
  const { shape, name } = ctx.graph.values[node.output];
  return ctx.builder.add({ kind: 'max', inputs, windows: node.windows, layer }, name, shape, {
    scale: pick(affine.scale),
    zeroPoint: pick(affine.zeroPoint),
  });
}

/** Position of the maximum accumulator; exact on the integers. */
export function quantizeArgMax(ctx: QuantizeContext, node: ArgMaxNode): QuantValueId {
  const layer = node.origin.name;
  const [input] = alignInputs(ctx, [ctx.standIn(node.inputs[0])], node.windows, layer);
  const { shape, name } = ctx.graph.values[node.output];
  const draft = { kind: 'argmax', inputs: [input] as const, windows: node.windows, last: node.last, layer } as const;
  return ctx.builder.add(draft, name, shape, plainScale(1));
}

/** A window of this many times k elements has many that are never among the k largest. */
const MANY_OTHERS = 8;
/** Bits beyond those of an activation that the elements around the k largest are told apart by. */
const ORDER_BITS = 6;
/** Room below and above the calibrated range of the k largest, over that range: an outlier's neighbours are far away. */
const ORDER_MARGIN = { below: 3, above: 0.25 };

/**
 * Codes of the part of the range that the k largest come from, as neighbours by their distances do: what lies below it is cut
 * to its lower end, where it can win nothing. The input itself where it is narrow, or small.
 */
function focusOnLargest(ctx: QuantizeContext, node: TopKNode, id: QuantValueId): QuantValueId {
  const [from] = node.inputs;
  const bits = ctx.bitsOf(node) + ORDER_BITS;
  const others = node.windows.every((window) => window.length >= MANY_OTHERS * node.k);
  const value = ctx.value(id);
  if (!others || widthOf(value) <= bits || ctx.graph.values[from].type !== 'float' || ctx.isOutput(from)) return id;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of ctx.rowsOf(from))
    for (const window of node.windows) {
      const sorted = Float64Array.from(window, (i) => row[i]).sort();
      low = Math.min(low, sorted[sorted.length - node.k]);
      high = Math.max(high, sorted[sorted.length - 1]);
    }
  if (!(high > low)) return id;
  const range = { low: low - ORDER_MARGIN.below * (high - low), high: high + ORDER_MARGIN.above * (high - low) };
  const clip = {
    channel: new Int32Array(ctx.size(id)),
    low: Float64Array.of(range.low),
    high: Float64Array.of(range.high),
    step: Float64Array.of((range.high - range.low) / (2 ** bits - 1)),
  };
  return requantizeTo(ctx, id, clip, bits, node.origin.name);
}

/** The k largest, values on the input's scale and positions as integers. */
export function quantizeTopK(ctx: QuantizeContext, node: TopKNode): QuantValueId {
  const layer = node.origin.name;
  const aligned = alignInputs(ctx, [ctx.standIn(node.inputs[0])], node.windows, layer).map((id) =>
    focusOnLargest(ctx, node, id),
  );
  const affine = concatAffine(aligned.map((id) => ctx.value(id)));
  const { shape, name } = ctx.graph.values[node.output];
  const fill = (of: Float64Array, position: number) =>
    Float64Array.from(
      node.windows.flatMap((window) => [
        ...new Array<number>(node.k).fill(of[window[0]]),
        ...new Array<number>(node.k).fill(position),
      ]),
    );
  return ctx.builder.add({ kind: 'topk', inputs: [aligned[0]], windows: node.windows, k: node.k, layer }, name, shape, {
    scale: fill(affine.scale, 1),
    zeroPoint: fill(affine.zeroPoint, 0),
  });
}
