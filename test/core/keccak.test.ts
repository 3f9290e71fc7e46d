import { expect } from 'chai';
import { getBytes, keccak256 as reference } from 'ethers';
import fc from 'fast-check';
import { keccak256 } from '../../src/core/keccak.js';

describe('keccak256', () => {
  it('is Ethereum’s, for every length around the borders of a block and random data', () => {
    for (const length of [0, 1, 31, 32, 135, 136, 137, 271, 272, 273, 1000]) {
      const data = Uint8Array.from({ length }, (_, index) => (index * 7 + length) % 256);
      expect(keccak256(data), `${length} bytes`).to.deep.equal(getBytes(reference(data)));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (data) => {
        expect(keccak256(data)).to.deep.equal(getBytes(reference(data)));
      }),
    );
  });
});
