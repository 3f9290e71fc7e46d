import { expect } from 'chai';
import fc from 'fast-check';
import { call, constant, evaluateScalar, RELU, X } from '../../src/graph/scalar.js';
import { measureAccuracy } from '../../src/quantize/accuracy.js';
import { observe } from '../../src/quantize/observe.js';
import { asAffine, asClamp, asStep } from '../../src/quantize/scalar-shape.js';
import { commonStep, naturalStep, quantizeKernels, splitKernels, windowScales } from '../../src/quantize/weights.js';

describe('quantize decisions', () => {
  it('recognises clamps however they are nested', () => {
    expect(asClamp(RELU)).to.deep.equal({ low: 0, high: Number.POSITIVE_INFINITY });
    expect(asClamp(call('min', call('max', X, constant(0)), constant(6)))).to.deep.equal({ low: 0, high: 6 });
    expect(asClamp(call('max', constant(-1), call('min', constant(1), X)))).to.deep.equal({ low: -1, high: 1 });
    expect(asClamp(call('sigmoid', X))).to.equal(null);
  });

  it('reads affine functions exactly', () => {
    const fn = call('sub', call('mul', constant(3), call('add', X, constant(2))), call('div', X, constant(4)));
    const form = asAffine(fn);
    fc.assert(
      fc.property(fc.double({ min: -100, max: 100, noNaN: true }), (x) => {
        expect((form?.slope ?? 0) * x + (form?.intercept ?? 0)).to.be.closeTo(evaluateScalar(fn, x), 1e-9);
      }),
    );
    expect(asAffine(call('mul', X, X)), 'a square is not affine').to.equal(null);
  });

  it('reads a comparison as a step of an affine function', () => {
    expect(asStep(call('stepPositive', call('sub', X, constant(5))))).to.deep.equal({
      kind: 'positive',
      inner: { slope: 1, intercept: -5 },
    });
    expect(asStep(RELU)).to.equal(null);
  });

  it('finds the step of quantized weights and none in arbitrary ones', () => {
    const step = 0.0123;
    const found = commonStep([3, -7, 127, 64].map((w) => Math.fround(w * step)));
    expect(found).to.be.closeTo(step, 1e-6);
    expect(commonStep([0.3141, 0.2718, 0.5772, 0.1618])).to.equal(null);
    expect(commonStep([1 / 49, 1 / 49])).to.equal(1 / 49);
  });

  it('gives each scale that a shared kernel reads a kernel, so that pooling is exact in every channel', () => {
    const map = {
      windows: [Int32Array.of(0, 1), Int32Array.of(2, 3), Int32Array.of(1, 0)],
      kernels: [Float64Array.of(0.5, 0.5)],
      rowWindow: Int32Array.of(0, 1, 2),
      rowKernel: Int32Array.of(0, 0, 0),
      bias: new Float64Array(3),
    };
    const scales = windowScales(map, Float64Array.of(0.31415, 0.31415, 0.27183, 0.27183));
    expect(naturalStep(map, scales, false)).to.equal(null);
    const split = splitKernels(map, scales);
    expect([...split.rowKernel]).to.deep.equal([0, 1, 0]);
    const steps = naturalStep(split, scales, false) as number[];
    expect(steps[0]).to.be.closeTo(0.157075, 1e-12);
    expect(steps[1]).to.be.closeTo(0.135915, 1e-12);
    const rowScale = Float64Array.from(split.rowKernel, (kernel) => steps[kernel]);
    const { kernels, isExact } = quantizeKernels(split, scales, rowScale, () => null);
    expect(isExact).to.equal(true);
    expect(kernels.map((kernel) => [...kernel])).to.deep.equal([
      [1, 1],
      [1, 1],
    ]);
  });

  it('clips an outlier under the squared-error observer and keeps it under min-max', () => {
    const samples = Float64Array.from({ length: 10_000 }, (_, i) => (i === 0 ? 100 : Math.sin(i)));
    expect(observe(samples, 4, 'minmax', false).high).to.equal(100);
    expect(observe(samples, 4, 'auto', false).high).to.be.below(60);
  });

  it('looks at more of a picture than one column, however many pictures there are', () => {
    const side = 24;
    const rowLength = side * side * 6;
    // The first column of every picture is dark: a range that fits it would cut all others.
    const samples = Float64Array.from(
      { length: 134 * rowLength },
      (_, i) => (i % side === 0 ? 0.01 : 1) * ((i % 101) + 1),
    );
    expect(Math.ceil(samples.length / 20_000) % side).to.equal(0);
    expect(observe(samples, 6, 'auto', true, rowLength).high).to.be.above(90);
  });

  it('scores classes, targets and thresholds', () => {
    const logits = (rows: number[][]) => rows.map((row) => ({ y: row }));
    const spec = [{ name: 'y', size: 2, isInteger: false }];
    const classes = measureAccuracy(
      spec,
      logits([
        [1, 0],
        [0, 1],
      ]),
      logits([
        [1, 0],
        [1, 0],
      ]),
      [0, 1],
    );
    expect(classes).to.include({
      floatScore: 1,
      integerScore: 0.5,
      top1Agreement: 0.5,
      maxAbsError: 1,
      metric: 'accuracy',
    });
    const one = [{ name: 'y', size: 1, isInteger: false }];
    const targets = measureAccuracy(one, logits([[1.5], [2.5], [3.5]]), logits([[1.5], [2.5], [3]]), [1.5, 2.5, 3.5]);
    expect(targets.metric).to.equal('r2');
    expect(targets.floatScore).to.equal(1);
    expect(targets.integerScore).to.equal(1 - 0.25 / 2);
    const binary = measureAccuracy(one, logits([[0.9], [0.2]]), logits([[0.8], [0.6]]), [1, 0]);
    expect(binary).to.include({ floatScore: 1, integerScore: 0.5, top1Agreement: 0.5 });
  });
});
