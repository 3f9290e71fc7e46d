import { expect } from 'chai';
import fc from 'fast-check';
import { Q, R } from '../../src/core/field.js';
import { Curve } from '../../src/groth16/curve.js';

describe('field arithmetic in WebAssembly', () => {
  for (const [prefix, modulus] of [
    ['f1m', Q],
    ['frm', R],
  ] as const) {
    it(`agrees with integers modulo ${prefix === 'frm' ? 'R' : 'Q'}, at the edges and anywhere`, async () => {
      const curve = await Curve.create();
      const [x, y, r] = [curve.alloc(32), curve.alloc(32), curve.alloc(32)];
      const radix = 2n ** 256n;
      // 2^-256, by Fermat.
      let inverse = 1n;
      for (let exponent = modulus - 2n, square = radix % modulus; exponent > 0n; exponent >>= 1n) {
        if (exponent & 1n) inverse = (inverse * square) % modulus;
        square = (square * square) % modulus;
      }
      const compute = (name: string, ...operands: number[]): bigint => {
        curve.call[`${prefix}_${name}`](...operands);
        return curve.readInteger(r);
      };
      const check = (a: bigint, b: bigint): void => {
        curve.writeInteger(x, a);
        curve.writeInteger(y, b);
        expect(compute('mul', x, y, r)).to.equal((a * b * inverse) % modulus);
        expect(compute('square', x, r)).to.equal((a * a * inverse) % modulus);
        expect(compute('add', x, y, r)).to.equal((a + b) % modulus);
        expect(compute('sub', x, y, r)).to.equal((a - b + modulus) % modulus);
        // The result may take the place of an operand.
        curve.writeInteger(r, a);
        expect(compute('mul', r, r, r)).to.equal((a * a * inverse) % modulus);
      };
      const edges = [
        0n,
        1n,
        2n,
        modulus - 1n,
        modulus - 2n,
        (modulus - 1n) / 2n,
        2n ** 253n,
        2n ** 64n - 1n,
        2n ** 29n,
        radix % modulus,
      ];
      for (const a of edges) for (const b of edges) check(a, b);
      fc.assert(fc.property(fc.bigInt(0n, modulus - 1n), fc.bigInt(0n, modulus - 1n), check), { numRuns: 2000 });
    });
  }

  it('takes a factor that is not reduced, as the conversion of plain integers does', async () => {
    const curve = await Curve.create();
    const at = curve.alloc(32);
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 256n - 1n), (value) => {
        curve.writeInteger(at, value);
        curve.call.frm_toMontgomery(at, at);
        expect(curve.readInteger(at)).to.equal((value * 2n ** 256n) % R);
      }),
      { numRuns: 500 },
    );
  });
});
