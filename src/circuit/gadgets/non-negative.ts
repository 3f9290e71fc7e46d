import { type Component, indexedNames } from '../component.js';
import { bindBoolean, Lc } from '../lc.js';
import { type AffineRows, affineArguments, affineLc, affineValues } from './affine.js';

/** `y[j] = [row_j(x) >= 0]` for rows in `[-2^bits, 2^bits)`, bits >= 1: bits + 1 constraints, one more where materialized. */
export function defineNonNegative(rows: AffineRows, bits: readonly number[], materialized: boolean): Component {
  const count = bits.length;
  const bitCount = bits.reduce((sum, n) => sum + n - 1, 0);
  const extra = materialized ? count : 0;
  const wireOf = (own: number) => rows.inputs + 1 + own;
  return {
    template: 'NonNegative',
    file: 'gadgets/non-negative.circom',
    inputs: rows.inputs,
    outputs: count,
    ownWires: count + bitCount + extra,
    constraints: bits.reduce((sum, n) => sum + n + 1, extra),
    ownNames: () => [...indexedNames('y', count), ...indexedNames('b', bitCount), ...indexedNames('z', extra)],
    parameters: () => [...affineArguments(rows), bits, materialized ? 1 : 0],
    constrain: (emit) => {
      let bit = wireOf(count);
      for (let j = 0; j < count; j++) {
        let rest = affineLc(rows, j).add(0, 2 ** bits[j]);
        if (materialized) {
          const z = wireOf(count + bitCount + j);
          emit(new Lc(), new Lc(), rest.add(z, -1));
          rest = new Lc().add(z, 1);
        }
        rest.add(wireOf(j), -(2 ** bits[j]));
        bindBoolean(emit, new Lc().add(wireOf(j), 1));
        for (let i = 1; i < bits[j]; i++) {
          bindBoolean(emit, new Lc().add(bit, 1));
          rest.add(bit++, -(2 ** i));
        }
        bindBoolean(emit, rest);
      }
    },
    compute: (x, own) => {
      let bit = count;
      affineValues(rows, x).forEach((value, j) => {
        const sum = value + 2 ** bits[j];
        if (materialized) own.set(count + bitCount + j, sum);
        own.set(j, value >= 0 ? 1 : 0);
        let rest = Math.floor((value >= 0 ? value : sum) / 2);
        for (let i = 1; i < bits[j]; i++) {
          own.set(bit++, rest % 2);
          rest = Math.floor(rest / 2);
        }
      });
    },
  };
}
