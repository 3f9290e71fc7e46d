import { expect } from 'chai';
import fc from 'fast-check';
import { R } from '../../src/core/field.js';
import { Curve, FIELD_BYTES, G1_BYTES, G2_BYTES } from '../../src/groth16/curve.js';
import {
  dropFirst,
  type GroupName,
  multiply,
  packFull,
  planFull,
  planSplit,
  splitScalars,
} from '../../src/groth16/msm.js';

/** Bases `factor_i · G`, affine; factor 0 is the point at infinity. */
function loadBases(curve: Curve, group: GroupName, factors: readonly bigint[]): number {
  const affine = group === 'g1' ? G1_BYTES : G2_BYTES;
  const bases = curve.alloc(factors.length * affine);
  const mark = curve.mark();
  factors.forEach((factor, index) => {
    curve.call[`${group}m_toAffine`](multiplyGenerator(curve, group, factor), bases + index * affine);
  });
  curve.release(mark);
  return bases;
}

function multiplyGenerator(curve: Curve, group: GroupName, factor: bigint): number {
  const [at, point] = [curve.alloc(FIELD_BYTES), curve.alloc(6 * FIELD_BYTES)];
  curve.writeInteger(at, factor);
  const generator = group === 'g1' ? curve.addresses.g1Generator : curve.addresses.g2Generator;
  curve.call[`${group}m_timesScalar`](generator, at, FIELD_BYTES, point);
  return point;
}

/** Compares both routines with the one product that they must equal. */
async function check(group: GroupName, factors: readonly bigint[], scalars: readonly bigint[]): Promise<void> {
  const curve = await shared;
  const mark = curve.mark();
  const bases = loadBases(curve, group, factors);
  const values = curve.alloc(scalars.length * FIELD_BYTES);
  scalars.forEach((scalar, index) => {
    curve.writeInteger(values + index * FIELD_BYTES, scalar);
  });
  const expected = multiplyGenerator(
    curve,
    group,
    scalars.reduce((sum, scalar, index) => (sum + scalar * factors[index]) % R, 0n),
  );
  const split = splitScalars(curve, values, scalars.length);
  for (let round = 0; round < 2; round++) {
    const product = multiply(curve, planSplit(group, bases, split));
    expect(curve.call[`${group}m_eq`](product, expected), 'split').to.equal(1);
  }
  const behind = factors.slice(2).reduce((sum, value, index) => (sum + value * scalars[index + 2]) % R, 0n);
  const rest = multiply(curve, planSplit(group, bases, dropFirst(curve, split, 2)));
  expect(curve.call[`${group}m_eq`](rest, multiplyGenerator(curve, group, behind)), 'without the first two').to.equal(
    1,
  );
  const full = multiply(curve, planFull(group, bases, packFull(curve, values, scalars.length)));
  expect(curve.call[`${group}m_eq`](full, expected), 'full').to.equal(1);
  curve.release(mark);
}

const shared = Curve.create();
const scalar = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, R - 1n, R - 2n, R - 2n ** 32n, 2n ** 32n - 1n, 2n ** 32n, (R - 1n) / 2n, 2n ** 253n),
  fc.bigInt(0n, 255n),
  fc.bigInt(0n, 2n ** 22n),
  fc.bigInt(0n, R - 1n),
);
/** Few factors, so that equal, opposite and infinite points meet in the buckets. */
const factor = fc.constantFrom(0n, 1n, 2n, 3n, R - 1n, R - 2n, R - 3n, 12345n);

describe('multi-scalar multiplication', () => {
  for (const group of ['g1', 'g2'] as const) {
    it(`in ${group} agrees with one multiplication, for equal, opposite and infinite bases and any scalars`, async () => {
      const pairs = fc.array(fc.tuple(factor, scalar), { minLength: 1, maxLength: 40 });
      await fc.assert(
        fc.asyncProperty(pairs, (list) =>
          check(
            group,
            list.map(([a]) => a),
            list.map(([, b]) => b),
          ),
        ),
        { numRuns: group === 'g1' ? 60 : 20 },
      );
    });
  }

  it('in g1 agrees for thousands of bases, over several batches of additions', async () => {
    const count = 3000;
    const factors = Array.from({ length: count }, (_, index) => BigInt((index * 7919) % 257));
    const scalars = factors.map((_, index) =>
      index % 3 === 0 ? 1n : (BigInt(index) * 0x9e3779b97f4a7c15f39cc0605cedc834n) ** 2n % R,
    );
    await check('g1', factors, scalars);
  });
});
