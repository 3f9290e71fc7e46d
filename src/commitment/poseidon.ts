import { type FieldElement, R } from '../core/field.js';
import { packBytes } from '../core/limbs.js';
import { hashPoseidon } from '../core/poseidon.js';

/** The most inputs that one Poseidon permutation takes. */
export const POSEIDON_WIDTH = 16;

/**
 * Separates commitments to inputs from every other use of the hash: `zkinfer/input/v1` as a big-endian number.
 * The circuit has it as a constant.
 */
export const INPUT_DOMAIN = 0x7a6b696e6665722f696e7075742f7631n as FieldElement;

/**
 * Poseidon over any number of elements, as a chain: the first permutation takes up to 16 of them, each further one takes
 * the hash so far and then up to 15 more. One to sixteen elements are therefore circomlib's `Poseidon(n)` itself.
 *
 * A chain does not encode how many elements it took: callers fix that number, as a circuit does.
 *
 * @throws RangeError for no elements, or one that is not in the field
 */
export async function hashChain(elements: readonly bigint[]): Promise<FieldElement> {
  if (elements.length === 0) throw new RangeError('nothing to hash');
  for (const element of elements) {
    if (element < 0n || element >= R) throw new RangeError('an element is not in the field');
  }
  let hash = hashPoseidon(elements.slice(0, POSEIDON_WIDTH));
  for (let at = POSEIDON_WIDTH; at < elements.length; at += POSEIDON_WIDTH - 1) {
    hash = hashPoseidon([hash, ...elements.slice(at, at + POSEIDON_WIDTH - 1)]);
  }
  return hash;
}

/**
 * The public signal of a committed input: the chain over the domain, the limbs of the input's bytes, and the salt.
 *
 * @param salt a field element chosen at random for this input; without one, an input with few possible values is found
 * by trying them all
 */
export function commitInput(input: Uint8Array, salt: bigint): Promise<FieldElement> {
  return hashChain([INPUT_DOMAIN, ...packBytes(input), salt]);
}
