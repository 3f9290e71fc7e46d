import { bitLength } from '../../core/range.js';
import { type Component, indexedNames } from '../component.js';
import { bindBoolean, Lc } from '../lc.js';

/**
 * `x[j] = high[j] · 2^lowBits[j] + low[j]`, for an element whose bytes cross a limb's border. Both parts are range-checked:
 * one constraint a bit of `max[j]`, and the linear one that ties them to x. Outputs are high[0], low[0], high[1], …
 */
export function defineSplit(lowBits: readonly number[], max: readonly number[]): Component {
  const count = max.length;
  const highBits = max.map((top, j) => Math.max(1, bitLength(top) - lowBits[j]));
  const bitCount = lowBits.reduce((sum, low, j) => sum + low + highBits[j] - 2, 0);
  return {
    template: 'Split',
    file: 'gadgets/split.circom',
    inputs: count,
    outputs: 2 * count,
    ownWires: 2 * count + bitCount,
    constraints: bitCount + 3 * count,
    ownNames: () => [...indexedNames('y', 2 * count), ...indexedNames('b', bitCount)],
    parameters: () => [count, lowBits, highBits],
    constrain: (emit) => {
      let bit = 1 + 3 * count;
      for (let j = 0; j < count; j++) {
        const high = 1 + count + 2 * j;
        emit(
          new Lc(),
          new Lc(),
          new Lc()
            .add(1 + j, -1)
            .add(high, 2 ** lowBits[j])
            .add(high + 1, 1),
        );
        for (const [wire, bits] of [
          [high, highBits[j]],
          [high + 1, lowBits[j]],
        ]) {
          const rest = new Lc().add(wire, 1);
          for (let i = 1; i < bits; i++) {
            bindBoolean(emit, new Lc().add(bit, 1));
            rest.add(bit++, -(2 ** i));
          }
          bindBoolean(emit, rest);
        }
      }
    },
    compute: (x, own) => {
      let bit = 2 * count;
      for (let j = 0; j < count; j++) {
        const high = Math.floor(x.get(j) / 2 ** lowBits[j]);
        const low = x.get(j) - high * 2 ** lowBits[j];
        own.set(2 * j, high);
        own.set(2 * j + 1, low);
        for (let i = 1; i < highBits[j]; i++) own.set(bit++, Math.floor(high / 2 ** i) % 2);
        for (let i = 1; i < lowBits[j]; i++) own.set(bit++, Math.floor(low / 2 ** i) % 2);
      }
    },
  };
}
