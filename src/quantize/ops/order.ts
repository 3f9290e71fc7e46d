import type { ArgMaxNode, MaxNode, TopKNode } from '../../graph/ir.js';
import { alignScales, compact, concatAffine } from '../affine.js';
import { plainScale } from '../builder.js';
import type { QuantizeContext } from '../context.js';
import type { QuantValueId } from '../ir.js';

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

/** The k largest, values on the input's scale and positions as integers. */
export function quantizeTopK(ctx: QuantizeContext, node: TopKNode): QuantValueId {
  const layer = node.origin.name;
  const aligned = alignInputs(ctx, [ctx.standIn(node.inputs[0])], node.windows, layer);
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
