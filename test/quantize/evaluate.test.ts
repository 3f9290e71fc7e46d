import { expect } from 'chai';
import fc from 'fast-check';
import { plainScale, QuantBuilder } from '../../src/quantize/builder.js';
import { countSteps, evaluateQuant, requantize } from '../../src/quantize/evaluate.js';
import type { QuantGraph } from '../../src/quantize/ir.js';

describe('quantize/evaluate', () => {
  it('rounds half up and saturates at both ends', () => {
    expect([5, 6, 7, -1, -8, 1020, 1024, 5000].map((x) => requantize(x, 2, 8))).to.deep.equal([
      1, 2, 2, 0, 0, 255, 255, 255,
    ]);
    expect(requantize(-2, 2, 8), '-0.5 rounds up to 0').to.equal(0);
    expect(requantize(7, 0, 2), 'shift 0 only clamps').to.equal(3);
  });

  it('equals BigInt arithmetic for every shift', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.integer({ min: 1, max: 30 }), (x, shift) => {
        const exact = (BigInt(x) + (1n << BigInt(shift - 1))) >> BigInt(shift);
        const clamped = exact < 0n ? 0n : exact > 255n ? 255n : exact;
        expect(requantize(x, shift, 8)).to.equal(Number(clamped));
      }),
    );
  });

  it('counts the thresholds at or below a value', () => {
    const thresholds = Float64Array.of(-3, 0, 7);
    expect([-4, -3, -1, 0, 6, 7, 100].map((x) => countSteps(thresholds, x))).to.deep.equal([0, 1, 1, 2, 2, 3, 3]);
  });

  it('keeps every value within its derived bounds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 12, maxLength: 12 }),
        fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 0, max: 4 }),
        (weights, x, shift) => {
          const graph = smallGraph(weights, shift);
          for (const [id, data] of evaluateQuant(graph, { x })) {
            const { min, max } = graph.values[id];
            data.forEach((entry, i) => {
              expect(entry).to.be.within(min[min.length === 1 ? 0 : i], max[max.length === 1 ? 0 : i]);
            });
          }
        },
      ),
    );
  });

  it('refuses integers beyond 2^52', () => {
    const builder = new QuantBuilder();
    const x = builder.input('x', [1], plainScale(1), 16, 0, 2 ** 16 - 1);
    const square = (id: number) =>
      builder.add(
        {
          kind: 'bilinear',
          inputs: [id, id],
          start: Int32Array.of(0, 1),
          left: Int32Array.of(0),
          right: Int32Array.of(0),
          layer: 'square',
        },
        'square',
        [1],
        plainScale(1),
      );
    expect(() => square(square(x))).to.throw(RangeError, 'beyond 2^52');
  });
});

/** Four rows over three inputs, requantized, then their maximum, arg max, product and comparison. */
function smallGraph(weights: readonly number[], shift: number): QuantGraph {
  const builder = new QuantBuilder();
  const x = builder.input('x', [3], plainScale(1), 4, 0, 15);
  const rows = [0, 1, 2, 3];
  const sum = builder.add(
    {
      kind: 'linear',
      inputs: [x],
      layer: 'dense',
      map: {
        windows: [Int32Array.of(0, 1, 2)],
        kernels: rows.map((row) => Float64Array.from(weights.slice(row * 3, row * 3 + 3))),
        rowWindow: new Int32Array(4),
        rowKernel: Int32Array.from(rows),
        bias: Float64Array.of(1, -2, 3, 0),
      },
    },
    'sum',
    [4],
    plainScale(1),
  );
  const codes = builder.add(
    { kind: 'requantize', inputs: [sum], shift: Int32Array.of(shift), bits: Int32Array.of(5), layer: 'relu' },
    'codes',
    [4],
    plainScale(1),
  );
  const window = [Int32Array.of(0, 1, 2, 3)];
  const max = builder.add({ kind: 'max', inputs: [sum], windows: window, layer: 'max' }, 'max', [1], plainScale(1));
  const arg = builder.add(
    { kind: 'argmax', inputs: [sum], windows: window, last: false, layer: 'arg' },
    'arg',
    [1],
    plainScale(1),
  );
  const top = builder.add(
    { kind: 'topk', inputs: [sum], windows: window, k: 2, layer: 'top' },
    'top',
    [1, 2, 2],
    plainScale(1),
  );
  const squares = builder.add(
    {
      kind: 'bilinear',
      inputs: [sum, sum],
      start: Int32Array.of(0, 2),
      left: Int32Array.of(0, 1),
      right: Int32Array.of(0, 2),
      layer: 'squares',
    },
    'squares',
    [1],
    plainScale(1),
  );
  const zero = builder.add({ kind: 'isZero', inputs: [sum], layer: 'zero' }, 'zero', [4], plainScale(1));
  return builder.finish([codes, max, arg, top, squares, zero].map((value, i) => ({ name: `y${i}`, value })));
}
