import { type Component, indexedNames } from '../component.js';
import { Lc } from '../lc.js';
import { type AffineRows, affineArguments, affineLc, affineValues } from './affine.js';

/** `y[j] = row_j(x)`: gives long sums a wire of their own, at one linear constraint a row. */
export function defineLinear(rows: AffineRows): Component {
  const count = rows.kernels.length;
  return {
    template: 'Linear',
    file: 'gadgets/linear.circom',
    inputs: rows.inputs,
    outputs: count,
    ownWires: count,
    constraints: count,
    ownNames: () => indexedNames('y', count),
    parameters: () => affineArguments(rows),
    constrain: (emit) => {
      for (let j = 0; j < count; j++) emit(new Lc(), new Lc(), affineLc(rows, j).add(rows.inputs + 1 + j, -1));
    },
    compute: (x, own) => {
      affineValues(rows, x).forEach((value, j) => {
        own.set(j, value);
      });
    },
  };
}
