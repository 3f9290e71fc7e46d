import { bitLength, EXACT_LIMIT } from '../core/range.js';
import { sizeOf } from '../core/tensor.js';
import type { LinearMap } from '../graph/linear-map.js';
import type { Affine } from './builder.js';
import type { QuantizeContext } from './context.js';
import { entryAt } from './evaluate.js';
import type { QuantValue, QuantValueId } from './ir.js';
import { spreadBounds } from './ranges.js';

/** One entry where all are equal, else the array itself. */
export function compact<T extends Float64Array | Int32Array>(array: T): T {
  return (array.length > 1 && array.every((entry) => entry === array[0]) ? array.slice(0, 1) : array) as T;
}

/** One entry per element. */
export function spread(array: Float64Array, size: number): Float64Array {
  return array.length === size ? array : new Float64Array(size).fill(array[0]);
}

/** Scale and zero point of the concatenation of several values, one entry per element. */
export function concatAffine(values: readonly QuantValue[]): Affine {
  const join = (pick: (value: QuantValue) => Float64Array) => {
    const parts = values.map((value) => spread(pick(value), sizeOf(value.shape)));
    if (parts.length === 1) return parts[0];
    return Float64Array.from(parts.flatMap((part) => Array.from(part)));
  };
  return { scale: join((value) => value.scale), zeroPoint: join((value) => value.zeroPoint) };
}

/** Bits of the widest element: what a range check of it would cost. */
export function widthOf(value: QuantValue): number {
  let widest = 0;
  for (let i = 0; i < value.min.length; i++) widest = Math.max(widest, value.max[i] - value.min[i]);
  return bitLength(widest);
}

/** Windows, kernels and rows of a map that treats every element by itself: `y[i] = factor[i] · x[i] + bias[i]`. */
export function diagonalMap(factor: ArrayLike<number>, bias: Float64Array): LinearMap {
  const kernels: Float64Array[] = [];
  const known = new Map<number, number>();
  const rowKernel = Int32Array.from(bias, (_, i) => {
    const weight = entryAt(factor, i);
    let at = known.get(weight);
    if (at === undefined) {
      at = kernels.length;
      known.set(weight, at);
      kernels.push(Float64Array.of(weight));
    }
    return at;
  });
  return {
    windows: Array.from(bias, (_, i) => Int32Array.of(i)),
    kernels,
    rowWindow: Int32Array.from(bias, (_, i) => i),
    rowKernel,
    bias,
  };
}

/** Adds a constant to every element, inside the producing linear node where there is one: offsets cost nothing. */
export function addOffset(ctx: QuantizeContext, id: QuantValueId, offset: Float64Array, layer: string): QuantValueId {
  if (offset.every((entry) => entry === 0)) return id;
  const value = ctx.value(id);
  const size = sizeOf(value.shape);
  const zeroPoint = compact(spread(value.zeroPoint, size).map((zero, i) => zero + offset[i]));
  const producer = ctx.builder.producerOf(id);
  const affine = { scale: value.scale, zeroPoint };
  if (producer?.kind === 'linear') {
    const bias = producer.map.bias.map((b, i) => b + offset[i]);
    const { output: _, ...rest } = producer;
    return ctx.builder.add({ ...rest, map: { ...producer.map, bias } }, value.name, value.shape, affine);
  }
  const map = diagonalMap([1], Float64Array.from(offset));
  return ctx.builder.add({ kind: 'linear', inputs: [id], map, layer }, value.name, value.shape, affine);
}

/** Moves the zero point to 0, so that `real = scale · q`. */
export function removeZeroPoint(ctx: QuantizeContext, id: QuantValueId, layer: string): QuantValueId {
  const value = ctx.value(id);
  const size = sizeOf(value.shape);
  return addOffset(
    ctx,
    id,
    spread(value.zeroPoint, size).map((zero) => -Math.round(zero)),
    layer,
  );
}

/** Makes every element non-negative by an offset, as wires and outputs want it. */
export function makeNonNegative(ctx: QuantizeContext, id: QuantValueId, layer: string): QuantValueId {
  const { min } = spreadBounds(ctx.value(id));
  const least = min.reduce((a, b) => Math.min(a, b), 0);
  return addOffset(ctx, id, new Float64Array(min.length).fill(-least), layer);
}

/**
 * Gives all elements one scale and zero point 0, by integer factors. Where ratios of scales are not integers the common
 * scale is taken finer, so that the rounding of a factor stays below 2^-10 of it.
 */
export function alignScales(ctx: QuantizeContext, id: QuantValueId, layer: string): QuantValueId {
  const value = ctx.value(id);
  const plain = removeZeroPoint(ctx, id, layer);
  if (compact(value.scale).length === 1) return plain;
  const size = sizeOf(value.shape);
  const scales = spread(value.scale, size);
  const least = scales.reduce((a, b) => Math.min(a, b));
  const isWhole = scales.every((scale) => Math.abs(scale / least - Math.round(scale / least)) < 1e-9 * (scale / least));
  const widest = widthOf(value) + Math.log2(scales.reduce((a, b) => Math.max(a, b)) / least);
  const room = Math.floor(Math.log2(EXACT_LIMIT)) - 2 - widest;
  const common = isWhole ? least : least / 2 ** Math.max(0, Math.min(10, room));
  const factor = scales.map((scale) => Math.round(scale / common));
  const producer = ctx.builder.producerOf(plain);
  const affine = { scale: Float64Array.of(common), zeroPoint: Float64Array.of(0) };
  if (producer?.kind === 'linear') {
    const scaled = scaleRows(producer.map, factor);
    return ctx.builder.add(
      { kind: 'linear', inputs: producer.inputs, map: scaled, layer },
      value.name,
      value.shape,
      affine,
    );
  }
  const map = diagonalMap(factor, new Float64Array(size));
  return ctx.builder.add({ kind: 'linear', inputs: [plain], map, layer }, value.name, value.shape, affine);
}

/** The map with row r multiplied by `factor[r]`; equal kernels stay shared. */
function scaleRows(map: LinearMap, factor: Float64Array): LinearMap {
  const kernels: Float64Array[] = [];
  const known = new Map<string, number>();
  const rowKernel = Int32Array.from(map.rowKernel, (kernel, row) => {
    const key = `${kernel}:${factor[row]}`;
    let at = known.get(key);
    if (at === undefined) {
      at = kernels.length;
      known.set(key, at);
      kernels.push(map.kernels[kernel].map((weight) => weight * factor[row]));
    }
    return at;
  });
  return { ...map, kernels, rowKernel, bias: map.bias.map((bias, row) => bias * factor[row]) };
}
