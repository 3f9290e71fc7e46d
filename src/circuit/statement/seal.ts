import type { Wire } from '../constraints.js';
import type { Lowering } from '../lowering.js';
import { defineChallengeSum } from './challenge.js';
import { definePoseidon, POSEIDON_INPUTS } from './poseidon.js';

/** Separates commitments to inputs from other hashes: `zkinfer/input/v1`, as in `commitment/`, which a test compares. */
export const INPUT_DOMAIN = 0x7a6b696e6665722f696e7075742f7631n;

/** A limb is below the field's order, whatever it is: bounds of wires that no interval arithmetic touches. */
const FIELD_RANGE: readonly [number, number] = [0, 2 ** 254];

/**
 * Poseidon over any number of wires as a chain, in the order of the commitment off the circuit: up to 16 elements first
 * (the prefix among them), then the hash so far and up to 15 more.
 */
export function placeHashChain(lowering: Lowering, elements: readonly Wire[], prefix: bigint | null, at?: Wire): Wire {
  let used = Math.min(elements.length, POSEIDON_INPUTS - (prefix === null ? 0 : 1));
  let hash = placePoseidon(lowering, elements.slice(0, used), prefix, used === elements.length ? at : undefined);
  while (used < elements.length) {
    const next = Math.min(elements.length, used + POSEIDON_INPUTS - 1);
    hash = placePoseidon(
      lowering,
      [hash, ...elements.slice(used, next)],
      null,
      next === elements.length ? at : undefined,
    );
    used = next;
  }
  return hash;
}

function placePoseidon(lowering: Lowering, inputs: readonly Wire[], prefix: bigint | null, at?: Wire): Wire {
  const component = lowering.component(`poseidon ${inputs.length} ${prefix}`, () =>
    definePoseidon(inputs.length, prefix),
  );
  return lowering.place(component, Int32Array.from(inputs), () => FIELD_RANGE, at);
}

/** The commitment to an input: the chain over the domain, its limbs and the salt, at the given wire or a new one. */
export function placeCommitment(lowering: Lowering, limbs: readonly Wire[], salt: Wire, at?: Wire): Wire {
  let commitment = -1;
  lowering.layer('commit', 'statement', () => {
    commitment = placeHashChain(lowering, [...limbs, salt], INPUT_DOMAIN, at);
  });
  return commitment;
}

/** The two public outputs of a bound statement over the limbs: their hash at `hashAt`, their sum under r at `sumAt`. */
export function placeBound(
  lowering: Lowering,
  limbs: readonly Wire[],
  challenge: Wire,
  hashAt: Wire,
  sumAt: Wire,
): void {
  lowering.layer('bind', 'statement', () => {
    placeHashChain(lowering, limbs, null, hashAt);
    const component = lowering.component(`challenge ${limbs.length}`, () => defineChallengeSum(limbs.length));
    lowering.place(component, Int32Array.from([...limbs, challenge]), () => FIELD_RANGE, sumAt);
  });
}
