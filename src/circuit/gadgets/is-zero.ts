import { invertField, toField } from '../../core/field.js';
import { type Component, indexedNames } from '../component.js';
import { Lc } from '../lc.js';
import { type AffineRows, affineArguments, affineLc, affineValues } from './affine.js';

/** `y[j] = [row_j(x) = 0]`: two constraints a row, one more where materialized. */
export function defineIsZero(rows: AffineRows, materialized: boolean): Component {
  const count = rows.kernels.length;
  const extra = materialized ? count : 0;
  const wireOf = (own: number) => rows.inputs + 1 + own;
  return {
    template: 'IsZero',
    file: 'gadgets/is-zero.circom',
    inputs: rows.inputs,
    outputs: count,
    ownWires: 2 * count + extra,
    constraints: 2 * count + extra,
    ownNames: () => [...indexedNames('y', count), ...indexedNames('inv', count), ...indexedNames('z', extra)],
    parameters: () => [...affineArguments(rows), materialized ? 1 : 0],
    constrain: (emit) => {
      for (let j = 0; j < count; j++) {
        let row = affineLc(rows, j);
        if (materialized) {
          const z = wireOf(2 * count + j);
          emit(new Lc(), new Lc(), row.add(z, -1));
          row = new Lc().add(z, 1);
        }
        emit(row, new Lc().add(wireOf(count + j), 1), Lc.of(1).add(wireOf(j), -1));
        emit(row, new Lc().add(wireOf(j), 1), new Lc());
      }
    },
    compute: (x, own) => {
      affineValues(rows, x).forEach((value, j) => {
        own.set(j, value === 0 ? 1 : 0);
        own.setWide(count + j, value === 0 ? 0n : invertField(toField(value)));
        if (materialized) own.set(2 * count + j, value);
      });
    },
  };
}
