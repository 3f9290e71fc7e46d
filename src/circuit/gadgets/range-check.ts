import { bitLength } from '../../core/range.js';
import { type Component, indexedNames } from '../component.js';
import { bindBoolean, Lc } from '../lc.js';

/**
 * `min[j] <= x[j] <= max[j]` for wires: bitLength(max - min) constraints each, one where they are equal.
 * `x - min = Σ weights · bits`, the top weight cut so that all bits together give `max - min`.
 */
export function defineRangeCheck(min: readonly number[], max: readonly number[]): Component {
  const count = min.length;
  const widths = max.map((top, j) => bitLength(top - min[j]));
  const bitCount = widths.reduce((sum, n) => sum + Math.max(n - 1, 0), 0);
  const topWeight = (j: number) => max[j] - min[j] - (2 ** (widths[j] - 1) - 1);
  return {
    template: 'RangeCheck',
    file: 'gadgets/range-check.circom',
    inputs: count,
    outputs: 0,
    ownWires: bitCount,
    constraints: widths.reduce((sum, n) => sum + Math.max(n, 1), 0),
    ownNames: () => indexedNames('b', bitCount),
    parameters: () => [count, min, max],
    constrain: (emit) => {
      let bit = 1 + count;
      for (let j = 0; j < count; j++) {
        const rest = Lc.of(-min[j]).add(1 + j, 1);
        for (let i = 1; i < widths[j]; i++) {
          bindBoolean(emit, new Lc().add(bit, 1));
          rest.add(bit++, i === widths[j] - 1 ? -topWeight(j) : -(2 ** i));
        }
        if (widths[j] > 0) bindBoolean(emit, rest);
        else emit(rest, rest, new Lc());
      }
    },
    compute: (x, own) => {
      let bit = 0;
      for (let j = 0; j < count; j++) {
        let rest = x.get(j) - min[j];
        const top = widths[j] > 1 && rest >= 2 ** (widths[j] - 1) ? 1 : 0;
        rest -= top * topWeight(j);
        for (let i = 1; i < widths[j] - 1; i++) own.set(bit++, Math.floor(rest / 2 ** i) % 2);
        if (widths[j] > 1) own.set(bit++, top);
      }
    },
  };
}
