import { type Shape, stridesOf } from '../../../core/tensor.js';
import type { GraphBuilder, Operand } from '../../builder.js';
import { stridedIndex } from './broadcast.js';
import { scaleBy } from './elementwise.js';
import { normalizeAxis } from './shape.js';

/** One window of flat positions per element of a reduction's result. */
export interface Reduction {
  readonly windows: readonly Int32Array[];
  readonly shape: Shape;
  /** Elements per window. */
  readonly size: number;
}

/** Windows over `axes`; the reduced axes stay with extent 1 where `keepDims`. */
export function reduceWindows(shape: Shape, axes: readonly number[], keepDims: boolean): Reduction {
  const reduced = new Set(axes.map((axis) => normalizeAxis(axis, shape.length)));
  const strides = stridesOf(shape);
  const pickAxes = (inside: boolean) => shape.map((_, axis) => axis).filter((axis) => reduced.has(axis) === inside);
  const indexOver = (chosen: number[]) =>
    stridedIndex(
      chosen.map((axis) => shape[axis]),
      chosen.map((axis) => strides[axis]),
      0,
    );
  const offsets = indexOver(pickAxes(true));
  const bases = indexOver(pickAxes(false));
  return {
    windows: Array.from(bases, (base) => offsets.map((offset) => base + offset)),
    shape: keepDims
      ? shape.map((extent, axis) => (reduced.has(axis) ? 1 : extent))
      : pickAxes(false).map((axis) => shape[axis]),
    size: offsets.length,
  };
}

/** `factor · Σ window` for each window, as one linear node with one shared kernel. */
export function sumWindows(builder: GraphBuilder, x: Operand, reduction: Reduction, factor = 1): Operand {
  const rows = reduction.windows.length;
  const map = {
    windows: reduction.windows,
    kernels: [new Float64Array(reduction.size).fill(factor)],
    rowWindow: Int32Array.from({ length: rows }, (_, row) => row),
    rowKernel: new Int32Array(rows),
    bias: new Float64Array(rows),
  };
  return builder.linear([x], map, reduction.shape, factor === 1 && x.type !== 'float' ? 'int' : 'float');
}

export function reduceSum(builder: GraphBuilder, x: Operand, axes: readonly number[], keepDims: boolean): Operand {
  return sumWindows(builder, x, reduceWindows(x.shape, axes, keepDims));
}

export function reduceMean(builder: GraphBuilder, x: Operand, axes: readonly number[], keepDims: boolean): Operand {
  const reduction = reduceWindows(x.shape, axes, keepDims);
  return sumWindows(builder, x, reduction, 1 / reduction.size);
}

export function reduceMax(builder: GraphBuilder, x: Operand, axes: readonly number[], keepDims: boolean): Operand {
  const reduction = reduceWindows(x.shape, axes, keepDims);
  if (reduction.size === 1) return { ...x, shape: reduction.shape };
  return builder.max([x], reduction.windows, reduction.shape);
}

/** `-max(-x)`. */
export function reduceMin(builder: GraphBuilder, x: Operand, axes: readonly number[], keepDims: boolean): Operand {
  return scaleBy(builder, reduceMax(builder, scaleBy(builder, x, -1), axes, keepDims), -1);
}

/** `Σ x · y` over `axes`, as one bilinear node (linear where one is constant). Shapes of x and y are equal. */
export function reduceDot(
  builder: GraphBuilder,
  x: Operand,
  y: Operand,
  axes: readonly number[],
  keepDims: boolean,
): Operand {
  const reduction = reduceWindows(x.shape, axes, keepDims);
  const start = Int32Array.from({ length: reduction.windows.length + 1 }, (_, row) => row * reduction.size);
  const flat = new Int32Array(reduction.windows.length * reduction.size);
  reduction.windows.forEach((window, row) => {
    flat.set(window, row * reduction.size);
  });
  return builder.bilinear(x, y, { start, left: flat, right: flat }, reduction.shape, joinOf(x, y));
}

function joinOf(x: Operand, y: Operand): 'int' | 'float' {
  return x.type !== 'float' && y.type !== 'float' ? 'int' : 'float';
}

/** Σ x² over `axes`. */
export function reduceSumSquare(
  builder: GraphBuilder,
  x: Operand,
  axes: readonly number[],
  keepDims: boolean,
): Operand {
  return reduceDot(builder, x, x, axes, keepDims);
}
