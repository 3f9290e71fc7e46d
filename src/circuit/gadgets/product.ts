import { type Component, indexedNames } from '../component.js';
import { Lc } from '../lc.js';
import { type AffineRows, affineArguments, affineLc, affineValues } from './affine.js';

/** `y[j] = left_j(x) · right_j(x)` of two affine rows over the same inputs: one constraint a row. */
export function defineProduct(left: AffineRows, right: AffineRows): Component {
  const count = left.kernels.length;
  return {
    template: 'Product',
    file: 'gadgets/product.circom',
    inputs: left.inputs,
    outputs: count,
    ownWires: count,
    constraints: count,
    ownNames: () => indexedNames('y', count),
    parameters: () => [...affineArguments(left), ...affineArguments(right).slice(2)],
    constrain: (emit) => {
      for (let j = 0; j < count; j++) emit(affineLc(left, j), affineLc(right, j), new Lc().add(left.inputs + 1 + j, 1));
    },
    compute: (x, own) => {
      const a = affineValues(left, x);
      const b = affineValues(right, x);
      for (let j = 0; j < count; j++) own.set(j, a[j] * b[j]);
    },
  };
}

/** `y[j] = x[j] · x[M + j]`: one constraint a pair. */
export function defineProducts(count: number): Component {
  return {
    template: 'Products',
    file: 'gadgets/product.circom',
    inputs: 2 * count,
    outputs: count,
    ownWires: count,
    constraints: count,
    ownNames: () => indexedNames('y', count),
    parameters: () => [count],
    constrain: (emit) => {
      for (let j = 0; j < count; j++)
        emit(new Lc().add(1 + j, 1), new Lc().add(1 + count + j, 1), new Lc().add(1 + 2 * count + j, 1));
    },
    compute: (x, own) => {
      for (let j = 0; j < count; j++) own.set(j, x.get(j) * x.get(count + j));
    },
  };
}
