import { R } from '../../core/field.js';
import { type Component, indexedNames } from '../component.js';
import { Lc } from '../lc.js';

/** `y = Σ limb_k · r^(L-k)` by Horner's rule: one constraint a limb. Inputs are the L limbs, then r. */
export function defineChallengeSum(limbs: number): Component {
  return {
    template: 'ChallengeSum',
    file: 'statement/challenge.circom',
    inputs: limbs + 1,
    outputs: 1,
    ownWires: limbs,
    constraints: limbs,
    ownNames: () => ['y[0]', ...indexedNames('partial', limbs - 1)],
    parameters: () => [limbs],
    constrain: (emit) => {
      const r = new Lc().add(limbs + 1, 1);
      for (let k = 0; k < limbs; k++) {
        const sum = new Lc().add(1 + k, 1);
        if (k > 0) sum.add(limbs + 2 + k, 1);
        emit(sum, r, new Lc().add(k === limbs - 1 ? limbs + 2 : limbs + 3 + k, 1));
      }
    },
    compute: (x, own) => {
      const r = x.getWide(limbs);
      let sum = 0n;
      for (let k = 0; k < limbs; k++) {
        sum = ((sum + x.getWide(k)) * r) % R;
        own.setWide(k === limbs - 1 ? 0 : k + 1, sum);
      }
    },
  };
}
