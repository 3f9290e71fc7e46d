import { formatShape, type Shape, sizeOf, stridesOf } from '../../../core/tensor.js';
import type { GraphBuilder, Operand } from '../../builder.js';
import { stridedIndex } from './broadcast.js';
import { aliasOf } from './deferred.js';
import { limitSize, refuse } from './problem.js';

/** `axis` counted from the front. Refuses an axis outside `[-rank, rank)`. */
export function normalizeAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!(normal >= 0 && normal < Math.max(rank, 1))) return refuse(`axis ${axis} of a tensor of rank ${rank}`);
  return normal;
}

/** The same elements under a new shape; no node. Refuses a different number of elements. */
export function reshape(x: Operand, shape: Shape): Operand {
  if (sizeOf(shape) !== sizeOf(x.shape))
    return refuse(`cannot reshape ${formatShape(x.shape)} into ${formatShape(shape)}`);
  return aliasOf(x, shape);
}

/** `y[i] = x[index[i]]` over flat positions. */
export function pick(builder: GraphBuilder, x: Operand, index: Int32Array, shape: Shape): Operand {
  return builder.gather([x], index, new Float64Array(), shape, x.type);
}

/** Permutes axes: output axis `n` is input axis `permutation[n]`. */
export function transpose(builder: GraphBuilder, x: Operand, permutation: readonly number[]): Operand {
  const strides = stridesOf(x.shape);
  const shape = permutation.map((axis) => x.shape[axis]);
  const step = permutation.map((axis) => strides[axis]);
  return pick(builder, x, stridedIndex(shape, step, 0), shape);
}

/** `count` elements along `axis` from `start` in steps of `step`. */
export function sliceAxis(
  builder: GraphBuilder,
  x: Operand,
  axis: number,
  start: number,
  count: number,
  step = 1,
): Operand {
  const strides = stridesOf(x.shape);
  const shape = x.shape.map((extent, a) => (a === axis ? count : extent));
  const steps = strides.map((stride, a) => (a === axis ? stride * step : stride));
  return pick(builder, x, stridedIndex(shape, steps, start * (strides[axis] ?? 0)), shape);
}

/** Entries of one axis in the order of `indices`, which must lie in `[0, extent)`. */
export function takeAxis(builder: GraphBuilder, x: Operand, axis: number, indices: readonly number[]): Operand {
  const strides = stridesOf(x.shape);
  const shape = x.shape.map((extent, a) => (a === axis ? indices.length : extent));
  const base = stridedIndex(
    shape,
    strides.map((stride, a) => (a === axis ? 0 : stride)),
    0,
  );
  const along = stridedIndex(
    shape,
    shape.map((_, a) => (a === axis ? 1 : 0)),
    0,
  );
  const index = base.map((source, i) => source + indices[along[i]] * strides[axis]);
  return pick(builder, x, index, shape);
}

/** Joins tensors along an axis. */
export function concat(builder: GraphBuilder, parts: readonly Operand[], axis: number): Operand {
  const shape = [...parts[0].shape];
  shape[axis] = parts.reduce((n, part) => n + part.shape[axis], 0);
  const index = new Int32Array(limitSize(sizeOf(shape)));
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  let offset = 0;
  let column = 0;
  for (const part of parts) {
    const misfit = part.shape.length !== shape.length || part.shape.some((n, a) => a !== axis && n !== shape[a]);
    if (misfit) return refuse(`cannot join ${parts.map((p) => formatShape(p.shape)).join(', ')} along axis ${axis}`);
    const width = part.shape[axis] * inner;
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < width; i++) index[o * shape[axis] * inner + column + i] = offset + o * width + i;
    offset += outer * width;
    column += width;
  }
  const types = new Set(parts.map((part) => part.type));
  const type = types.size === 1 ? parts[0].type : 'float';
  return builder.gather(parts, index, new Float64Array(), shape, type);
}

/** Adds axes of extent 1 so that they stand at `axes` of the result. */
export function unsqueeze(x: Operand, axes: readonly number[]): Operand {
  const rank = x.shape.length + axes.length;
  const at = new Set(axes.map((axis) => normalizeAxis(axis, rank)));
  const rest = [...x.shape];
  const shape = Array.from({ length: rank }, (_, axis) => (at.has(axis) ? 1 : (rest.shift() as number)));
  return aliasOf(x, shape);
}
