/** Extents of a tensor, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** What the elements mean. Integers and booleans are exact; all are stored as doubles. */
export type ElementType = 'float' | 'int' | 'bool';

/** A dense tensor, row-major. Integers stay below 2^53 in magnitude. */
export interface Tensor {
  readonly shape: Shape;
  readonly type: ElementType;
  readonly data: Float64Array;
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/** `[1, 28, 28]` as people read it: `1×28×28`; a scalar is `scalar`. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

export function shapesEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}
