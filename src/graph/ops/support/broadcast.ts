import { formatShape, type Shape, shapesEqual, sizeOf, stridesOf } from '../../../core/tensor.js';
import type { GraphBuilder, Operand } from '../../builder.js';
import { aliasOf } from './deferred.js';
import { limitSize, refuse } from './problem.js';

/** The common shape of several by numpy's rule. */
export function broadcastShapes(...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let axis = 0; axis < shape.length; axis++) {
      const at = rank - shape.length + axis;
      if (shape[axis] === 1 || shape[axis] === result[at]) continue;
      if (result[at] !== 1) return refuse(`shapes ${shapes.map(formatShape).join(' and ')} do not broadcast`);
      result[at] = shape[axis];
    }
  }
  return result;
}

/** For each element of `to`, the flat position in `from` it is read from. */
export function broadcastIndex(from: Shape, to: Shape): Int32Array {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  const step = to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]));
  return stridedIndex(to, step, 0);
}

/** `offset + Σ step[axis] · i[axis]` for each multi-index i of `shape`, row-major. */
export function stridedIndex(shape: Shape, step: readonly number[], offset: number): Int32Array {
  const index = new Int32Array(limitSize(sizeOf(shape)));
  const counter = new Array<number>(shape.length).fill(0);
  let source = offset;
  for (let i = 0; i < index.length; i++) {
    index[i] = source;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += step[axis];
      if (++counter[axis] < shape[axis]) break;
      source -= step[axis] * shape[axis];
      counter[axis] = 0;
    }
  }
  return index;
}

export function broadcastTo(builder: GraphBuilder, x: Operand, shape: Shape): Operand {
  if (sizeOf(x.shape) === sizeOf(shape)) return shapesEqual(x.shape, shape) ? x : aliasOf(x, shape);
  return builder.gather([x], broadcastIndex(x.shape, shape), new Float64Array(), shape, x.type);
}
