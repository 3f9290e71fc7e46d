import { expect } from 'chai';
import { auditR1cs } from '../../src/audit/audit.js';
import { satisfies } from '../../src/audit/counterexample.js';
import { PrimeField } from '../../src/audit/field.js';
import { enumerateWitnesses } from './enumerate.js';
import { listMutations, type Mutation } from './mutations.js';
import type { Sketch } from './sketch.js';
import { buildSmall, declaredRanges, SMALL_GADGETS, type SmallGadget } from './small-gadgets.js';

interface Relation {
  /** Every (outputs, inputs) that some witness has. */
  readonly pairs: string;
  /** No inputs have two outputs. */
  readonly isFunction: boolean;
  /** Every choice of inputs that some witness has. */
  readonly inputs: readonly (readonly number[])[];
}

function readRelation(s: Sketch, prime: number): Relation {
  const r1cs = s.r1cs();
  const pairs = new Set<string>();
  const inputs = new Map<string, readonly number[]>();
  const from = 1 + r1cs.outputCount;
  const to = from + r1cs.privateInputCount;
  const complete = enumerateWitnesses(r1cs, prime, (witness) => {
    pairs.add(witness.slice(1, to).join());
    const own = witness.slice(from, to);
    inputs.set(own.join(), own);
  });
  if (!complete) throw new Error('search space too large');
  return { pairs: [...pairs].sort().join(' '), isFunction: pairs.size === inputs.size, inputs: [...inputs.values()] };
}

/**
 * What became of a mutant:
 * - refused: the audit does not prove it;
 * - other function: the audit proves it, rightly, and an honest witness does not satisfy it: comparing witnesses with the
 *   integer model catches it, or no proof exists at all;
 * - changes nothing: the inputs and outputs that have a witness are exactly those of the original;
 * - same on its inputs: it is the original's function where the gadget is meant to be used, and accepts other inputs
 *   than the original elsewhere, where no range was promised.
 */
type Verdict = 'refused' | 'other function' | 'changes nothing' | 'same on its inputs' | 'UNSOUND';

function judge(gadget: SmallGadget, base: Sketch, mutation: Mutation, original: string): Verdict {
  const mutant = buildSmall(gadget);
  mutation.apply(mutant);
  const r1cs = mutant.r1cs();
  if (!auditR1cs(r1cs, { modulus: mutant.modulus, declared: declaredRanges(gadget, mutant) }).proved) return 'refused';
  const relation = readRelation(mutant, gadget.prime);
  const keepsRanges = relation.inputs.every((inputs) =>
    inputs.every((value, at) => {
      const range = gadget.declared?.[at];
      return !range || (value >= range[0] && value <= range[1]);
    }),
  );
  if (!relation.isFunction || !keepsRanges) return 'UNSOUND';
  const field = new PrimeField(mutant.modulus);
  if (!gadget.inputs.every((inputs) => satisfies(r1cs, base.witness(inputs), field))) return 'other function';
  return relation.pairs === original ? 'changes nothing' : 'same on its inputs';
}

describe('audit of mutated gadgets', function () {
  this.slow(20_000);
  for (const gadget of SMALL_GADGETS) {
    it(`refuses or explains every mutant of ${gadget.name}`, () => {
      const base = buildSmall(gadget);
      const original = readRelation(base, gadget.prime).pairs;
      for (const mutation of listMutations(base)) {
        const verdict = judge(gadget, base, mutation, original);
        const what = `${mutation.label} ${mutation.what}: ${verdict}`;
        expect(verdict, what).not.to.equal('UNSOUND');
        // A deleted constraint can't turn an honest witness away: it is refused, or it was redundant. The last round of
        // the running champion keeps a best value that nobody reads.
        if (mutation.kind === 'deletion' && verdict !== 'refused') {
          expect([gadget.name, mutation.label, verdict]).to.deep.equal([
            'argmax by champion, lowest position first',
            'product',
            'changes nothing',
          ]);
        }
      }
    });
  }
});
