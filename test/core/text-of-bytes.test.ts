import { expect } from 'chai';
import fc from 'fast-check';
import { decodeBase64, encodeBase64 } from '../../src/core/base64.js';
import { fromHex, toHex } from '../../src/core/hex.js';

const bytes = fc.uint8Array({ maxLength: 70 });

describe('bytes as text', () => {
  it('are the hexadecimal and base64 that Node.js writes, and come back', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        expect(toHex(given)).to.equal(Buffer.from(given).toString('hex'));
        expect(fromHex(toHex(given))).to.deep.equal(given);
        expect(encodeBase64(given)).to.equal(Buffer.from(given).toString('base64'));
        expect(decodeBase64(encodeBase64(given))).to.deep.equal(given);
      }),
    );
  });

  it('refuses hexadecimal that is none', () => {
    for (const text of ['0', '0g', '0x00', ' 00']) expect(() => fromHex(text), text).to.throw(RangeError);
  });

  it('refuses a text that it would not have written itself', () => {
    const texts = ['A', 'AA', 'AAA', 'AB==', 'AAB=', 'A===', '====', '=AAA', 'AA=A', 'AA-_', 'AAé=', 'AAAA\n', 'A AA'];
    for (const text of texts) expect(() => decodeBase64(text), text).to.throw(RangeError);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('A', 'Q', 'z', '=', '+', ' '), maxLength: 9 }), (text) => {
        let read: Uint8Array | undefined;
        try {
          read = decodeBase64(text);
        } catch {}
        if (read) expect(encodeBase64(read)).to.equal(text);
      }),
    );
  });
});
