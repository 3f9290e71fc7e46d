import { expect } from 'chai';
import { buildPoseidon } from 'circomlibjs';
import { commitInput, hashChain, INPUT_DOMAIN } from '../../src/commitment/poseidon.js';
import { R } from '../../src/core/field.js';

const count = (n: number) => Array.from({ length: n }, (_, index) => BigInt(index + 1));

describe('Poseidon chain', () => {
  it('is circomlib’s Poseidon up to 16 elements', async () => {
    expect(await hashChain([1n, 2n])).to.equal(
      7853200120776062878684798364095072458815029376092732009249414926327459813530n,
    );
  });

  it('is what circomlibjs computes, for every number of elements that a permutation takes', async () => {
    const reference = await buildPoseidon();
    for (let n = 1; n <= 16; n++) {
      const elements = count(n).map((i) => R - i ** BigInt(5 * n));
      const reduced = elements.map((element) => ((element % R) + R) % R);
      expect(await hashChain(reduced), `${n} elements`).to.equal(reference.F.toObject(reference(reduced)));
    }
  });

  it('feeds the hash so far in front of the next 15 elements', async () => {
    const first = await hashChain(count(16));
    expect(await hashChain(count(17))).to.equal(await hashChain([first, 17n]));
    const second = await hashChain([first, ...count(31).slice(16)]);
    expect(await hashChain(count(31))).to.equal(second);
    expect(await hashChain(count(33))).to.equal(await hashChain([second, 32n, 33n]));
  });

  it('refuses nothing, and what is not in the field', async () => {
    for (const bad of [[], [R], [-1n]]) {
      expect(await hashChain(bad).catch((cause: Error) => cause)).to.be.instanceOf(RangeError);
    }
  });

  it('commits to an input under a domain, with a salt', async () => {
    const input = Uint8Array.from({ length: 33 }, (_, index) => index);
    const limbs = [0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1en, 0x1f20n];
    expect(await commitInput(input, 5n)).to.equal(await hashChain([INPUT_DOMAIN, ...limbs, 5n]));
    expect(await commitInput(input, 6n)).not.to.equal(await commitInput(input, 5n));
    expect(Buffer.from(INPUT_DOMAIN.toString(16), 'hex').toString()).to.equal('zkinfer/input/v1');
  });
});
