import { R } from '../../core/field.js';
import { type Component, indexedNames, type WireSink } from '../component.js';
import { Lc } from '../lc.js';

/**
 * `y = bias + Σ x_i · w_i` with all of them wires, the weights any field elements: one constraint a product. Inputs are the N
 * activations, the N weights, the bias.
 */
export function defineInnerProduct(count: number): Component {
  const [biasAt, yAt] = [2 * count + 1, 2 * count + 2];
  const partialAt = (i: number) => yAt + 1 + i;
  return {
    template: 'InnerProduct',
    file: 'gadgets/inner-product.circom',
    inputs: 2 * count + 1,
    outputs: 1,
    ownWires: count,
    constraints: count,
    ownNames: () => ['y[0]', ...indexedNames('partial', count - 1)],
    parameters: () => [count],
    constrain: (emit) => {
      for (let i = 0; i < count; i++) {
        const before = i === 0 ? biasAt : partialAt(i - 1);
        const after = i === count - 1 ? yAt : partialAt(i);
        emit(new Lc().add(1 + i, 1), new Lc().add(1 + count + i, 1), new Lc().add(after, 1).add(before, -1));
      }
    },
    compute: (x, own) => {
      let sum = x.getWide(2 * count);
      for (let i = 0; i < count; i++) {
        const factor = x.get(i);
        if (factor !== 0) sum = (sum + BigInt(factor) * x.getWide(count + i)) % R;
        if (i < count - 1) own.setWide(1 + i, sum);
      }
      setSigned(own, 0, sum);
    },
  };
}

/** A sum of one kernel is small, and whoever reads it reads a number. */
function setSigned(own: WireSink, at: number, value: bigint): void {
  const signed = value > R >> 1n ? value - R : value;
  if (signed < 1n << 52n && signed > -(1n << 52n)) own.set(at, Number(signed));
  else own.setWide(at, value);
}
