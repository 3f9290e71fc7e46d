import { formatShape, type Shape, sizeOf } from '../../../core/tensor.js';
import type { GraphBuilder, Operand } from '../../builder.js';
import { InternTable } from '../../intern.js';
import type { LinearMap } from '../../linear-map.js';
import { broadcastIndex, broadcastShapes } from './broadcast.js';
import { joinTypes } from './elementwise.js';
import { limitSize, refuse } from './problem.js';

/**
 * numpy's matmul. Shapes: a `[…, M, K]`, b `[…, K, N]`, result `[…, M, N]`; a vector stands for a row (left) or a column
 * (right). One window per row of the dynamic side and one kernel per column of the constant side.
 */
export function matmul(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  if (a.shape.length === 0 || b.shape.length === 0) return refuse('MatMul of a scalar');
  const left: Shape = a.shape.length === 1 ? [1, a.shape[0]] : a.shape;
  const right: Shape = b.shape.length === 1 ? [b.shape[0], 1] : b.shape;
  const [rows, inner] = left.slice(-2);
  const [innerRight, columns] = right.slice(-2);
  if (inner !== innerRight) return refuse(`cannot multiply ${formatShape(a.shape)} by ${formatShape(b.shape)}`);
  const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2));
  const shape = [...batch];
  if (a.shape.length > 1) shape.push(rows);
  if (b.shape.length > 1) shape.push(columns);
  const size = { rows, inner, columns };
  const batches = {
    left: broadcastIndex(left.slice(0, -2), batch).map((i) => i * rows * inner),
    right: broadcastIndex(right.slice(0, -2), batch).map((i) => i * inner * columns),
  };
  limitSize(sizeOf(shape));
  const type = joinTypes(a, b);
  if (b.kind === 'const') return builder.linear([a], timesConstant(b.data, size, batches), shape, type);
  if (a.kind === 'const') return builder.linear([b], constantTimes(a.data, size, batches), shape, type);
  return builder.bilinear(a, b, productTerms(size, batches), shape, type);
}

interface Sizes {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Flat offset of each batch's matrix. */
interface Batches {
  readonly left: Int32Array;
  readonly right: Int32Array;
}

function timesConstant(weights: Float64Array, { rows, inner, columns }: Sizes, batches: Batches): LinearMap {
  const windows = new InternTable<Int32Array>();
  const kernels = new InternTable<Float64Array>();
  const rowWindow: number[] = [];
  const rowKernel: number[] = [];
  for (let n = 0; n < batches.left.length; n++) {
    const kernelAt = Array.from({ length: columns }, (_, column) =>
      kernels.add(Float64Array.from({ length: inner }, (_, k) => weights[batches.right[n] + k * columns + column])),
    );
    for (let row = 0; row < rows; row++) {
      const base = batches.left[n] + row * inner;
      const window = windows.add(Int32Array.from({ length: inner }, (_, k) => base + k));
      for (let column = 0; column < columns; column++) {
        rowWindow.push(window);
        rowKernel.push(kernelAt[column]);
      }
    }
  }
  return finishMap(windows, kernels, rowWindow, rowKernel);
}

function constantTimes(weights: Float64Array, { rows, inner, columns }: Sizes, batches: Batches): LinearMap {
  const windows = new InternTable<Int32Array>();
  const kernels = new InternTable<Float64Array>();
  const rowWindow: number[] = [];
  const rowKernel: number[] = [];
  for (let n = 0; n < batches.left.length; n++) {
    const windowAt = Array.from({ length: columns }, (_, column) =>
      windows.add(Int32Array.from({ length: inner }, (_, k) => batches.right[n] + k * columns + column)),
    );
    for (let row = 0; row < rows; row++) {
      const base = batches.left[n] + row * inner;
      const kernel = kernels.add(weights.slice(base, base + inner));
      for (let column = 0; column < columns; column++) {
        rowWindow.push(windowAt[column]);
        rowKernel.push(kernel);
      }
    }
  }
  return finishMap(windows, kernels, rowWindow, rowKernel);
}

function finishMap(
  windows: InternTable<Int32Array>,
  kernels: InternTable<Float64Array>,
  rowWindow: readonly number[],
  rowKernel: readonly number[],
): LinearMap {
  return {
    windows: windows.items,
    kernels: kernels.items,
    rowWindow: Int32Array.from(rowWindow),
    rowKernel: Int32Array.from(rowKernel),
    bias: new Float64Array(rowWindow.length),
  };
}

function productTerms({ rows, inner, columns }: Sizes, batches: Batches) {
  const count = sizeOf([batches.left.length, rows, columns]);
  const start = Int32Array.from({ length: count + 1 }, (_, i) => i * inner);
  const left = new Int32Array(limitSize(count * inner));
  const right = new Int32Array(count * inner);
  let t = 0;
  for (let n = 0; n < batches.left.length; n++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let k = 0; k < inner; k++) {
          left[t] = batches.left[n] + row * inner + k;
          right[t++] = batches.right[n] + k * columns + column;
        }
  return { start, left, right };
}
