import { R } from '../../core/field.js';
import { type Component, indexedNames } from '../component.js';
import { Lc } from '../lc.js';

/** Most bits that digits may take together: every reading stays below the field's order. */
export const DIGITS_BITS = 253;

/**
 * `x = Σ (y_k + min) · 2^(bits · k)`: one linear constraint. It determines the digits only together with a range of 2^bits
 * integers for each, which whoever reads them has to check; the audit finds it where one does not.
 * @param min at most 0
 */
export function defineDigits(count: number, bits: number, min: number): Component {
  const weight = (k: number) => 1n << BigInt(bits * k);
  let lift = 0n;
  for (let k = 0; k < count; k++) lift -= BigInt(min) * weight(k);
  return {
    template: 'Digits',
    file: 'gadgets/digits.circom',
    inputs: 1,
    outputs: count,
    ownWires: count,
    constraints: 1,
    ownNames: () => indexedNames('y', count),
    parameters: () => [count, bits, min],
    constrain: (emit) => {
      const sum = new Lc().add(1, 1).add(0, lift);
      for (let k = 0; k < count; k++) sum.add(2 + k, -weight(k));
      emit(new Lc(), new Lc(), sum);
    },
    compute: (x, own) => {
      const lifted = (x.getWide(0) + lift) % R;
      const mask = weight(1) - 1n;
      for (let k = 0; k < count; k++) own.set(k, Number((lifted >> BigInt(bits * k)) & mask));
    },
  };
}
