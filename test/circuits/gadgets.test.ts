import { expect } from 'chai';
import { defineCopy } from '../../src/circuit/gadgets/copy.js';
import { defineDigits } from '../../src/circuit/gadgets/digits.js';
import { defineInnerProduct } from '../../src/circuit/gadgets/inner-product.js';
import { defineIsZero } from '../../src/circuit/gadgets/is-zero.js';
import { defineLinear } from '../../src/circuit/gadgets/linear.js';
import { defineLookup } from '../../src/circuit/gadgets/lookup.js';
import { defineNonNegative } from '../../src/circuit/gadgets/non-negative.js';
import {
  interpolate,
  interpolationDegree,
  planPolynomial,
  polynomialCost,
} from '../../src/circuit/gadgets/polynomial.js';
import { defineProduct, defineProducts } from '../../src/circuit/gadgets/product.js';
import { defineRangeCheck } from '../../src/circuit/gadgets/range-check.js';
import { defineSplit } from '../../src/circuit/gadgets/split.js';
import { defineStaircase, staircaseCost } from '../../src/circuit/gadgets/staircase.js';
import { defineThermometer, thermometerCost } from '../../src/circuit/gadgets/thermometer.js';
import { defineContext } from '../../src/circuit/statement/context.js';
import { definePack } from '../../src/circuit/statement/pack.js';
import { toField } from '../../src/core/field.js';
import { affineRows, identity, span } from './affine-rows.js';
import { ComponentTester } from './component-tester.js';

describe('linear gadget', () => {
  const tester = new ComponentTester(
    defineLinear(
      affineRows(
        [
          [2, -3],
          [0, 1],
        ],
        [1, 0],
      ),
    ),
  );
  it('accepts the sums and refuses Dense = 1000 where the truth is 4', () => {
    expect(tester.accept([3, 1])).to.deep.equal([4n, 1n]);
    expect(tester.reachable([3, 1])).to.deep.equal(['4,1']);
    const forged = tester.takes([3, 1], (values, wireOf) => {
      values[wireOf('y[0]')] = 1000n;
    });
    expect(forged).to.equal(false);
  });
});

describe('range check', () => {
  for (const [min, max] of [
    [0, 0],
    [0, 1],
    [0, 7],
    [0, 8],
    [0, 12],
    [3, 9],
    [5, 5],
    [2, 3],
  ]) {
    it(`takes ${min} … ${max} and nothing around it`, () => {
      const tester = new ComponentTester(defineRangeCheck([min], [max]));
      for (const x of span(min - 5, max + 20))
        expect(tester.reachable([x]).length, `${x}`).to.equal(x >= min && x <= max ? 1 : 0);
      for (const x of span(min, max)) tester.accept([x]);
    });
  }
  it('holds each element to its own range', () => {
    const tester = new ComponentTester(defineRangeCheck([0, 0, 1], [3, 9, 1]));
    tester.accept([3, 9, 1]);
    expect(tester.reachable([4, 9, 1])).to.deep.equal([]);
    expect(tester.reachable([3, 10, 1])).to.deep.equal([]);
    expect(tester.reachable([3, 9, 0])).to.deep.equal([]);
  });
});

describe('sign test', () => {
  for (const bits of [1, 2, 4])
    for (const materialized of [false, true])
      it(`is 1 exactly from 0 on, ${bits} bits${materialized ? ', materialized' : ''}`, () => {
        const tester = new ComponentTester(defineNonNegative(identity, [bits], materialized));
        expect(tester.r1cs.constraintCount).to.equal(bits + 1 + (materialized ? 1 : 0));
        for (const x of span(-(2 ** bits), 2 ** bits - 1)) {
          expect(tester.accept([x])).to.deep.equal([x >= 0 ? 1n : 0n]);
          expect(tester.reachable([x]), `${x}`).to.deep.equal([x >= 0 ? '1' : '0']);
        }
        expect(tester.reachable([2 ** bits])).to.deep.equal([]);
        expect(tester.reachable([-(2 ** bits) - 1])).to.deep.equal([]);
      });
});

describe('zero test', () => {
  it('is 1 exactly at 0', () => {
    const tester = new ComponentTester(defineIsZero(identity, false));
    for (const x of span(-4, 4)) {
      expect(tester.accept([x])).to.deep.equal([x === 0 ? 1n : 0n]);
      expect(tester.reachable([x])).to.deep.equal([x === 0 ? '1' : '0']);
    }
  });
  it('refuses 1 at 5 whatever the hint, and keeps 1 at 0 whatever the hint', () => {
    const tester = new ComponentTester(defineIsZero(identity, false));
    for (const hint of [0n, 1n, 5n]) {
      const forge = (values: bigint[], wireOf: (name: string) => number) => {
        values[wireOf('y[0]')] = 1n;
        values[wireOf('inv[0]')] = hint;
      };
      expect(tester.takes([5], forge)).to.equal(false);
      expect(tester.takes([0], forge)).to.equal(true);
    }
  });
});

describe('products', () => {
  it('multiply wires, and short sums', () => {
    const pairs = new ComponentTester(defineProducts(2));
    expect(pairs.accept([2, -3, 5, 7])).to.deep.equal([10n, toField(-21)]);
    expect(pairs.reachable([2, -3, 5, 7])).to.deep.equal([`10,${toField(-21)}`]);
    const sums = new ComponentTester(defineProduct(affineRows([[1, -1]], [2]), affineRows([[0, 3]], [-1])));
    expect(sums.accept([4, 2])).to.deep.equal([20n]);
    expect(sums.takes([4, 2], (values, wireOf) => (values[wireOf('y[0]')] = 21n))).to.equal(false);
  });
});

describe('polynomials', () => {
  it('cost 30 products for 256 entries, and never more than by plain Horner', () => {
    expect(polynomialCost(planPolynomial(255))).to.equal(30);
    expect(polynomialCost(planPolynomial(4095))).to.equal(126);
    for (const degree of span(2, 60)) expect(polynomialCost(planPolynomial(degree))).to.be.at.most(degree - 1);
  });
  it('go through their points', () => {
    const values = [5n, 0n, -3n, 12n, 7n, 7n, 1n];
    const coefficients = interpolate(values.map(toField));
    values.forEach((value, x) => {
      const sum = coefficients.reduceRight((acc, c) => acc * BigInt(x) + c, 0n);
      expect(toField(sum)).to.equal(toField(value));
    });
  });
  it('go through many points, by the fast transform', () => {
    const values = span(0, 300).map((x) => BigInt((x * x * 31 + 7 * x) % 1009));
    const coefficients = interpolate(values);
    for (const x of [0, 1, 17, 150, 299, 300]) {
      const sum = coefficients.reduceRight((acc, c) => toField(acc * BigInt(x) + c), 0n as bigint);
      expect(sum).to.equal(values[x]);
    }
  });
  it('know their degree', () => {
    expect(interpolationDegree([4, 4, 4, 4])).to.equal(0);
    expect(interpolationDegree([4, 2, 0, -2])).to.equal(1);
    expect(interpolationDegree(span(0, 40).map((x) => x * x))).to.equal(2);
    expect(interpolationDegree([0, 0, 0, 0, 1])).to.equal(4);
  });
});

describe('lookup', () => {
  for (const size of [3, 4, 5, 17, 40])
    it(`gives the entry of a table of ${size}, and nothing else`, () => {
      const table = span(0, size - 1).map((x) => (x * x * 7 + x * 3) % 23);
      const tester = new ComponentTester(defineLookup(affineRows([[1]], [-2]), table, interpolationDegree(table)));
      table.forEach((value, x) => {
        expect(tester.accept([x + 2])).to.deep.equal([BigInt(value)]);
        expect(tester.reachable([x + 2])).to.deep.equal([String(value)]);
      });
      expect(tester.takes([3], (values, wireOf) => (values[wireOf('y[0]')] += 1n))).to.equal(false);
    });
});

const ladders: readonly { min: number; max: number; thresholds: readonly number[] }[] = [
  { min: -3, max: 12, thresholds: [0, 1, 5] },
  { min: 0, max: 7, thresholds: [4] },
  { min: 0, max: 7, thresholds: [2, 4, 6] },
  { min: 0, max: 3, thresholds: [1, 2, 3] },
  { min: -9, max: 9, thresholds: [-7, -6, -2, 0, 3, 4, 8] },
];

describe('thermometer', () => {
  for (const { min, max, thresholds } of ladders)
    it(`flags ${thresholds} over ${min} … ${max}, and only them`, () => {
      const tester = new ComponentTester(defineThermometer(identity, min, max, thresholds));
      expect(tester.r1cs.constraintCount).to.equal(thermometerCost(min, max, thresholds));
      for (const x of span(min, max)) {
        const flags = thresholds.map((t) => (x >= t ? 1 : 0)).join();
        expect(tester.accept([x]).join()).to.equal(flags);
        expect(tester.reachable([x]), `${x}`).to.deep.equal([flags]);
      }
    });
});

describe('staircase', () => {
  for (const { min, max, thresholds } of ladders) {
    if (thresholds.length < 2 || max - min === thresholds.length) continue;
    it(`counts ${thresholds} over ${min} … ${max}, and only so`, () => {
      const tester = new ComponentTester(defineStaircase(identity, min, max, thresholds));
      expect(tester.r1cs.constraintCount).to.equal(staircaseCost(min, max, thresholds));
      for (const x of span(min, max)) {
        const level = String(thresholds.filter((t) => t <= x).length);
        expect(tester.accept([x]).join()).to.equal(level);
        expect(tester.reachable([x]), `${x}`).to.deep.equal([level]);
      }
    });
  }
});

describe('packing', () => {
  const part = (bytes: number, factor = 1, offset = 0) => ({ bytes, factor, offset });
  it('puts the first part highest, scales and shifts parts, takes constants', () => {
    const tester = new ComponentTester(definePack([part(1), part(2, 1, 3), part(1, 0, 9), part(1, -1, 200)]));
    expect(tester.accept([7, 500, 50])).to.deep.equal([(7n << 32n) + (503n << 16n) + (9n << 8n) + 150n]);
    expect(tester.reachable([7, 500, 50]).length).to.equal(1);
    expect(
      tester.takes([7, 500, 50], (values, wireOf) => {
        values[wireOf('y[0]')] += 1n;
      }),
    ).to.equal(false);
  });
  it('holds 31 bytes', () => {
    const tester = new ComponentTester(definePack(new Array(31).fill(part(1))));
    expect(tester.accept(new Array(31).fill(255))).to.deep.equal([256n ** 31n - 1n]);
  });
  it('copies a limb of one wire', () => {
    const tester = new ComponentTester(defineCopy());
    expect(tester.accept([77])).to.deep.equal([77n]);
    for (const y of [76n, 78n, 0n])
      expect(
        tester.takes([77], (values, wireOf) => {
          values[wireOf('y[0]')] = y;
        }),
      ).to.equal(false);
  });
  it('splits an element at a border in one way only', () => {
    const tester = new ComponentTester(defineSplit([4, 2], [40, 15]));
    for (const [a, b] of [
      [0, 0],
      [40, 15],
      [17, 6],
      [31, 3],
    ]) {
      const expected = [a >> 4, a & 15, b >> 2, b & 3].join();
      expect(tester.accept([a, b]).join()).to.equal(expected);
      expect(tester.reachable([a, b])).to.deep.equal([expected]);
    }
    expect(tester.reachable([64, 0])).to.deep.equal([]);
  });
});

describe('context', () => {
  it('stands in a constraint', () => {
    const tester = new ComponentTester(defineContext());
    tester.accept([12345]);
    expect(tester.takes([12345], (values) => (values[1] = 12346n))).to.equal(false);
  });
});

describe('inner product', () => {
  it('adds products of wires to a bias, weights of any size, and reaches nothing else', () => {
    const tester = new ComponentTester(defineInnerProduct(3));
    expect(tester.r1cs.constraintCount).to.equal(3);
    expect(tester.accept([2, 0, 5, 7, -3, 2 ** 40, 11])).to.deep.equal([BigInt(2 * 7 + 5 * 2 ** 40 + 11)]);
    expect(tester.accept([1, 1, 1, -4, -5, -6, -7])).to.deep.equal([toField(-22)]);
    expect(tester.reachable([2, 1, 5, 7, -3, 4, 11])).to.deep.equal(['42']);
    expect(tester.takes([2, 1, 5, 7, -3, 4, 11], (values, wireOf) => (values[wireOf('partial[0]')] += 1n))).to.equal(
      false,
    );
  });
});

describe('digits', () => {
  it('take a packed sum apart, negative digits too, at one constraint', () => {
    const tester = new ComponentTester(defineDigits(3, 4, -8));
    expect(tester.r1cs.constraintCount).to.equal(1);
    for (const digits of [
      [0, 0, 0],
      [-8, 7, -1],
      [7, -8, -8],
    ]) {
      const packed = digits.reduce((sum, digit, k) => sum + digit * 16 ** k, 0);
      expect(tester.accept([packed])).to.deep.equal(digits.map((digit) => BigInt(digit + 8)));
    }
  });
  it('are as good as their range checks: a carry between two of them passes here', () => {
    const tester = new ComponentTester(defineDigits(2, 4, 0));
    const carry = (values: bigint[], wireOf: (name: string) => number) => {
      values[wireOf('y[0]')] += 16n;
      values[wireOf('y[1]')] -= 1n;
    };
    expect(tester.takes([0x35], carry)).to.equal(true);
  });
});
