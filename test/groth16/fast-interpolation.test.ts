import { expect } from 'chai';
import { interpolate, interpolateTable } from '../../src/circuit/gadgets/polynomial.js';
import { toField } from '../../src/core/field.js';
import { enableFastInterpolation } from '../../src/groth16/fast-interpolation.js';
import { makeRandom } from './ml-circuit.js';

describe('interpolation in WebAssembly', () => {
  before(enableFastInterpolation);

  for (const length of [63, 64, 65, 100, 128, 129, 700, 1024, 3001]) {
    it(`finds the same polynomial through ${length} values as the circuit's own`, () => {
      const random = makeRandom(length);
      for (const values of [
        Array.from({ length }, () => random(1 << 20) - (1 << 19)),
        Array.from({ length }, (_, i) => Math.round(255 / (1 + Math.exp(-(i - length / 2) / 9)))),
        new Array<number>(length).fill(7),
      ]) {
        expect(interpolateTable(values)).to.deep.equal(interpolate(values.map((value) => toField(value))));
      }
    });
  }

  it('takes a fraction of the time', () => {
    const table = () => Array.from({ length: 4096 }, (_, i) => (i * 2654435761) % 251);
    const cpuOf = (work: () => void): number => {
      const before = process.cpuUsage();
      work();
      return process.cpuUsage(before).user;
    };
    interpolateTable(table());
    interpolate(table().map((value) => toField(value)));
    const fast = cpuOf(() => interpolateTable(table()));
    const slow = cpuOf(() => interpolate(table().map((value) => toField(value))));
    expect(fast).to.be.below(slow / 2);
  });
});
