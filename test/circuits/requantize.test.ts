import { expect } from 'chai';
import { defineRequantize, type RequantizeRow, requantizeCost } from '../../src/circuit/gadgets/requantize.js';
import { planRequantize } from '../../src/circuit/ops/requantize.js';
import { requantize } from '../../src/quantize/evaluate.js';
import { affineRows, identity, span } from './affine-rows.js';
import { ComponentTester } from './component-tester.js';

/** Smallest and largest input that a row's bounds allow. */
function bounds(row: RequantizeRow): [number, number] {
  const half = row.shift > 0 ? 2 ** (row.shift - 1) : 0;
  const top = row.over === 0 ? 2 ** (row.shift + row.outBits) : 2 ** row.bits;
  return [row.signed ? leastSum(row) - half : -half, top - 1 - half];
}

/** Smallest rounded sum of a signed row. */
function leastSum({ bits, shift, over }: RequantizeRow): number {
  return (over === 0 ? 2 ** shift : 0) - 2 ** bits;
}

const forms: readonly RequantizeRow[] = [
  { bits: 4, shift: 2, outBits: 2, signed: true, over: 0 },
  { bits: 4, shift: 1, outBits: 2, signed: true, over: 1 },
  { bits: 5, shift: 1, outBits: 2, signed: true, over: 2 },
  { bits: 6, shift: 1, outBits: 2, signed: true, over: 3 },
  { bits: 6, shift: 2, outBits: 2, signed: true, over: 0 },
  { bits: 4, shift: 2, outBits: 2, signed: false, over: 0 },
  { bits: 4, shift: 1, outBits: 2, signed: false, over: 1 },
  { bits: 5, shift: 1, outBits: 2, signed: false, over: 2 },
  { bits: 6, shift: 1, outBits: 2, signed: false, over: 3 },
  { bits: 4, shift: 0, outBits: 4, signed: true, over: 0 },
  { bits: 5, shift: 0, outBits: 2, signed: true, over: 3 },
  { bits: 1, shift: 0, outBits: 1, signed: true, over: 0 },
  { bits: 2, shift: 1, outBits: 1, signed: false, over: 0 },
];

describe('requantize gadget', () => {
  for (const row of forms) {
    const { bits, shift, outBits, signed, over } = row;
    for (const materialized of [false, true]) {
      const what = `p ${bits}, s ${shift}, k ${outBits}${signed ? ', signed' : ''}, over ${over}${materialized ? ', materialized' : ''}`;
      it(`has exactly one output for every input: ${what}`, () => {
        const tester = new ComponentTester(defineRequantize(identity, [row], materialized));
        for (const x of span(...bounds(row))) {
          const expected = [String(requantize(x, shift, outBits))];
          expect(tester.accept([x]).map(String), `honest ${x}`).to.deep.equal(expected);
          expect(tester.reachable([x]), `reachable ${x}`).to.deep.equal(expected);
        }
      });
    }
    it(`refuses inputs beyond the sign's range: p ${bits}, s ${shift}, k ${outBits}, over ${over}`, () => {
      const tester = new ComponentTester(defineRequantize(identity, [row], false));
      const half = shift > 0 ? 2 ** (shift - 1) : 0;
      expect(tester.reachable([2 ** bits - half])).to.deep.equal([]);
      expect(tester.reachable([(signed ? leastSum(row) : 0) - half - 1])).to.deep.equal([]);
    });
    it(`costs what the table says: p ${bits}, s ${shift}, k ${outBits}, over ${over}`, () => {
      const tester = new ComponentTester(defineRequantize(identity, [row], false));
      expect(tester.r1cs.constraintCount).to.equal(requantizeCost(row));
      if (signed) expect(requantizeCost(row)).to.equal(bits + (over === 0 ? 1 : 3));
    });
  }

  it('computes several rows over shared inputs, each with bounds of its own', () => {
    const rows = affineRows(
      [
        [3, -2],
        [1, 1],
      ],
      [5, -7],
    );
    const specs = [forms[3], { ...forms[1], bits: 5, over: 2 }];
    const tester = new ComponentTester(defineRequantize(rows, specs, false));
    for (const x of span(0, 5))
      for (const y of span(0, 5)) {
        const expected = [requantize(3 * x - 2 * y + 5, 1, 2), requantize(x + y - 7, 1, 2)].join();
        expect(tester.accept([x, y]).join()).to.equal(expected);
        expect(tester.reachable([x, y])).to.deep.equal([expected]);
      }
  });

  it('refuses ReLU(5) = 0', () => {
    const tester = new ComponentTester(
      defineRequantize(identity, [{ bits: 4, shift: 0, outBits: 4, signed: true, over: 0 }], false),
    );
    expect(tester.accept([5])).to.deep.equal([5n]);
    expect(
      tester.takes([5], (values, wireOf) => {
        values[wireOf('y[0]')] = 0n;
      }),
    ).to.equal(false);
    // -5 has the same magnitude: its bits with y = 0 are the witness that -5, and only -5, has.
    expect(
      tester.takes([-5], (values, wireOf) => {
        values[wireOf('y[0]')] = 5n;
      }),
    ).to.equal(false);
    expect(tester.reachable([-5])).to.deep.equal(['0']);
    expect(tester.reachable([5])).to.deep.equal(['5']);
  });

  it('refuses a quotient that wraps around the field', () => {
    const row = { bits: 6, shift: 2, outBits: 4, signed: false, over: 0 };
    const tester = new ComponentTester(defineRequantize(identity, [row], false));
    // q = (x + 2 - r) / 4 has a solution in the field for every remainder r: only the bits keep it out.
    expect(tester.reachable([13])).to.deep.equal(['3']);
    expect(
      tester.takes([13], (values, wireOf) => {
        values[wireOf('y[0]')] += 1n;
      }),
    ).to.equal(false);
  });
});

describe('requantize planning', () => {
  it('leaves out what the bounds decide', () => {
    expect(planRequantize(-100, -1, 2, 4, 'saturate')).to.deep.equal({ kind: 'constant', value: 0 });
    expect(planRequantize(100, 900, 2, 4, 'saturate')).to.deep.equal({ kind: 'constant', value: 15 });
    expect(planRequantize(0, 15, 0, 4, 'saturate')).to.deep.equal({ kind: 'identity' });
    expect(planRequantize(0, 57, 2, 4, 'saturate')).to.deep.include({
      row: { bits: 6, shift: 2, outBits: 4, signed: false, over: 0 },
    });
  });

  it('takes the least width that holds both ends, rounding included', () => {
    // 62 + 2 = 64 needs a seventh bit, 61 + 2 = 63 does not; saturation needs it too.
    expect(planRequantize(-62, 61, 2, 4, 'saturate')).to.deep.include({
      row: { bits: 6, shift: 2, outBits: 4, signed: true, over: 0 },
    });
    expect(planRequantize(-66, 62, 2, 4, 'saturate')).to.deep.include({
      row: { bits: 7, shift: 2, outBits: 4, signed: true, over: 1 },
    });
    // A quotient of -16 has a magnitude of five bits, -15 of four.
    expect(planRequantize(-63, 61, 2, 4, 'saturate')).to.deep.include({
      row: { bits: 7, shift: 2, outBits: 4, signed: true, over: 0 },
    });
  });

  it('under assert takes only the bits of the output', () => {
    expect(planRequantize(-5000, 5000, 2, 4, 'assert')).to.deep.include({
      row: { bits: 6, shift: 2, outBits: 4, signed: true, over: 0 },
    });
  });
});
