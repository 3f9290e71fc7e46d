import { toField } from '../../core/field.js';
import { type Component, indexedNames } from '../component.js';
import { Lc } from '../lc.js';

/** One piece of a limb: `factor · x + offset` in `bytes` bytes, big-endian; a factor of 0 is a constant without x. */
export interface PackPart {
  readonly bytes: number;
  readonly factor: number;
  readonly offset: number;
}

/**
 * One limb, `y = Σ part · 256^position`, the first part most significant: one linear constraint. Inputs are the parts that are
 * not constant, in order. At most 31 bytes, and more than one plain wire: a limb of one is a copy.
 */
export function definePack(parts: readonly PackPart[]): Component {
  const weights: bigint[] = [];
  let weight = 1n;
  for (let part = parts.length - 1; part >= 0; part--) {
    weights[part] = weight;
    weight *= 256n ** BigInt(parts[part].bytes);
  }
  const inputs = parts.filter(({ factor }) => factor !== 0).length;
  return {
    template: 'Pack',
    file: 'statement/pack.circom',
    inputs,
    outputs: 1,
    ownWires: 1,
    constraints: 1,
    ownNames: () => indexedNames('y', 1),
    parameters: () => [
      inputs,
      parts.length,
      parts.map((part) => part.bytes),
      parts.map((part) => part.factor),
      parts.map((part) => part.offset),
    ],
    constrain: (emit) => {
      const sum = new Lc();
      let input = 1;
      parts.forEach(({ factor, offset }, part) => {
        sum.add(0, weights[part] * BigInt(offset));
        if (factor !== 0) sum.add(input++, weights[part] * BigInt(factor));
      });
      emit(new Lc(), new Lc(), sum.add(inputs + 1, -1));
    },
    compute: (x, own) => {
      let sum = 0n;
      let input = 0;
      parts.forEach(({ factor, offset }, part) => {
        const value = factor === 0 ? 0n : x.getWide(input++);
        sum += weights[part] * (BigInt(factor) * value + BigInt(offset));
      });
      own.setWide(0, toField(sum));
    },
  };
}
