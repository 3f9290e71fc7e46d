import { expect } from 'chai';
import { GraphBuilder, type Operand } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/ir.js';
import { call, constant, evaluateScalar, RELU, type ScalarFunction, X } from '../../src/graph/scalar.js';
import { evaluateQuant } from '../../src/quantize/evaluate.js';
import { dequantize } from '../../src/quantize/inputs.js';
import { presets } from '../../src/quantize/options.js';
import { quantizeGraph, type RealRow, traceFloat } from '../../src/quantize/quantize.js';
import { roundingBasis, roundKernel } from '../../src/quantize/rounding.js';
import { encodeRow, inferReal } from '../../src/quantize/search.js';
import { searchTradeoff } from '../../src/quantize/tradeoff.js';

/** Deterministic numbers in [-1, 1). */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function makeRows(count: number, size: number, seed = 1): RealRow[] {
  const random = makeRandom(seed);
  return Array.from({ length: count }, () => ({ x: Float64Array.from({ length: size }, () => 4 * random()) }));
}

/** A graph of one input x and what `build` makes of it. */
function makeGraph(size: number, build: (builder: GraphBuilder, x: Operand) => Operand): Graph {
  const builder = new GraphBuilder();
  builder.origin = { name: 'input', op: 'Input' };
  const x = builder.input('x', [1, size], 'float');
  builder.origin = { name: 'layer', op: 'Test' };
  const y = build(builder, x) as Operand & { kind: 'value' };
  return builder.finish([{ name: 'y', value: y.id }]);
}

function dense(builder: GraphBuilder, x: Operand, weights: readonly number[][], bias: readonly number[]): Operand {
  return builder.linear(
    [x],
    {
      windows: [Int32Array.from(weights[0], (_, i) => i)],
      kernels: weights.map((row) => Float64Array.from(row)),
      rowWindow: new Int32Array(weights.length),
      rowKernel: Int32Array.from(weights, (_, i) => i),
      bias: Float64Array.from(bias),
    },
    [1, weights.length],
  );
}

/** Largest difference between the float function and the integers on fresh rows. */
function largestError(graph: Graph, size: number, expected: (x: Float64Array) => ArrayLike<number>): number {
  const rows = makeRows(200, size);
  const { graph: quant } = quantizeGraph(graph, traceFloat(graph, rows), presets[0]);
  let largest = 0;
  for (const row of makeRows(50, size, 99)) {
    const given = inferReal(quant, row).y;
    const wanted = expected(row.x);
    for (let i = 0; i < given.length; i++) largest = Math.max(largest, Math.abs(given[i] - wanted[i]));
  }
  return largest;
}

describe('quantization rules', () => {
  it('keep a dense layer within the step of its output', () => {
    const random = makeRandom(5);
    const weights = Array.from({ length: 6 }, () => Array.from({ length: 12 }, random));
    const graph = makeGraph(12, (b, x) => dense(b, x, weights, [1, 2, 3, 4, 5, 6]));
    const error = largestError(graph, 12, (x) => weights.map((row, j) => row.reduce((s, w, i) => s + w * x[i], j + 1)));
    expect(error).to.be.below(0.05);
  });

  it('never leave the ends of a clamp, whatever the step', () => {
    const six: ScalarFunction = call('min', call('max', X, constant(-1)), constant(2.5));
    const graph = makeGraph(4, (b, x) => b.unary(x, [six]));
    const rows = makeRows(100, 4);
    const { graph: quant } = quantizeGraph(graph, traceFloat(graph, rows), presets[0]);
    for (const row of rows) {
      for (const value of inferReal(quant, row).y) expect(value).to.be.within(-1.02, 2.52);
    }
  });

  it('compare exactly on the codes: a step is 1 from its threshold on', () => {
    const graph = makeGraph(3, (b, x) =>
      b.unary(x, [call('stepNonNegative', call('sub', X, constant(0.5)))], null, 'bool'),
    );
    const rows = makeRows(50, 3);
    const { graph: quant } = quantizeGraph(graph, traceFloat(graph, rows), presets[0]);
    const input = quant.values[quant.inputs[0].value];
    for (const row of rows) {
      const codes = encodeRow(quant, row);
      const stated = dequantize(codes.x, input);
      const bits = evaluateQuant(quant, codes).get(quant.outputs[0].value) as Float64Array;
      expect([...bits]).to.deep.equal([...stated].map((x) => (x >= 0.5 ? 1 : 0)));
    }
  });

  it('give absolute values exactly on the codes', () => {
    const graph = makeGraph(5, (b, x) => b.unary(x, [call('abs', X)]));
    const rows = makeRows(50, 5);
    const { graph: quant } = quantizeGraph(graph, traceFloat(graph, rows), presets[0]);
    const input = quant.values[quant.inputs[0].value];
    for (const row of rows) {
      const stated = dequantize(encodeRow(quant, row).x, input);
      inferReal(quant, row).y.forEach((y, i) => {
        expect(y).to.be.closeTo(Math.abs(stated[i]), 1e-9);
      });
    }
  });

  for (const [name, fn] of Object.entries({
    sigmoid: call('sigmoid', X),
    tanh: call('tanh', X),
    gelu: call(
      'mul',
      call('mul', X, constant(0.5)),
      call('add', call('erf', call('div', X, constant(Math.SQRT2))), constant(1)),
    ),
    exp: call('exp', X),
    softplus: call('softplus', X),
    elu: call('select', call('stepPositive', X), X, call('sub', call('exp', X), constant(1))),
  })) {
    it(`tabulate ${name} within 1 % of its range over the whole domain`, () => {
      const graph = makeGraph(2, (b, x) => b.unary(x, [fn]));
      const span = evaluateScalar(fn, 4) - Math.min(evaluateScalar(fn, -4), 0);
      const error = largestError(graph, 2, (x) => x.map((value) => evaluateScalar(fn, value)));
      expect(error / span).to.be.below(0.01);
    });
  }

  it('decide by the lowest position on a tie', () => {
    const weights = [
      [1, 0],
      [0, 1],
      [1, 0],
    ];
    const graph = makeGraph(2, (b, x) =>
      b.argmax(dense(b, x, weights, [0, 0, 0]), [Int32Array.of(0, 1, 2)], false, [1]),
    );
    const rows = makeRows(60, 2);
    const { graph: quant } = quantizeGraph(graph, traceFloat(graph, rows), presets[0]);
    for (const row of rows) expect(inferReal(quant, row).y[0]).to.be.oneOf([0, 1]);
  });

  it('route trees as the real thresholds do', () => {
    const graph = makeGraph(2, (b, x) =>
      b.trees(
        x,
        {
          roots: Int32Array.of(0),
          feature: Int32Array.of(0, 1),
          threshold: Float64Array.of(0.25, -1.5),
          yes: Int32Array.of(1, -1),
          no: Int32Array.of(-2, -3),
          leafWeights: [Float64Array.of(1), Float64Array.of(5), Float64Array.of(-3)],
          base: Float64Array.of(0.5),
        },
        [1, 1],
      ),
    );
    const wanted = (x: Float64Array) => [0.5 + (x[0] <= 0.25 ? (x[1] <= -1.5 ? 1 : -3) : 5)];
    expect(largestError(graph, 2, wanted)).to.be.below(0.001);
  });

  it('keep values of data on the side of a threshold that equals them, in single precision', () => {
    const singles = [26.8, 4.5951, 36.1, 0.7, 12.34].map(Math.fround);
    const below = (x: number) => {
      const single = Float32Array.of(x);
      new Int32Array(single.buffer)[0]--;
      return single[0];
    };
    // At most the value goes one way, below it the other: x <= t as scikit-learn splits, x < t as XGBoost does.
    for (const [thresholds, side] of [
      [singles, 1],
      [singles.map(below), 0],
    ] as const) {
      const builder = new GraphBuilder();
      builder.origin = { name: 'trees', op: 'TreeEnsembleRegressor' };
      const x = builder.input('x', [1, 5], 'float');
      const forest = {
        roots: Int32Array.from(singles.keys()),
        feature: Int32Array.from(singles.keys()),
        threshold: Float64Array.from(thresholds),
        yes: Int32Array.from(singles, (_, i) => -1 - 2 * i),
        no: Int32Array.from(singles, (_, i) => -2 - 2 * i),
        leafWeights: singles.flatMap((_, i) => [Float64Array.of(2 ** i), Float64Array.of(0)]),
        base: Float64Array.of(0),
      };
      const y = builder.trees(x, forest, [1, 1]) as Operand & { kind: 'value' };
      const graph = builder.finish([{ name: 'y', value: y.id }]);
      const data = { x: Float64Array.of(26.8, 4.5951, 36.1, 0.7, 12.34) };
      const far = [0.313, 1.717].map((factor) => ({ x: data.x.map((value) => value * factor) }));
      for (const rows of [far, [...far, data]]) {
        const { graph: integers } = quantizeGraph(graph, traceFloat(graph, rows), presets[0]);
        expect(inferReal(integers, data).y[0]).to.equal(side * 31);
      }
    }
  });

  it('keep doubles where a model asks for them', () => {
    const builder = new GraphBuilder();
    builder.origin = { name: 'trees', op: 'TreeEnsemble' };
    const x = builder.input('x', [1, 1], 'float', true);
    const forest = {
      roots: Int32Array.of(0),
      feature: Int32Array.of(0),
      threshold: Float64Array.of(1.2),
      yes: Int32Array.of(-1),
      no: Int32Array.of(-2),
      leafWeights: [Float64Array.of(1), Float64Array.of(0)],
      base: Float64Array.of(0),
    };
    const y = builder.trees(x, forest, [1, 1]) as Operand & { kind: 'value' };
    const graph = builder.finish([{ name: 'y', value: y.id }]);
    const rows = [0.9, 1.2, 1.7].map((real) => ({ x: Float64Array.of(real) }));
    const trace = traceFloat(graph, rows);
    expect(trace.get(y.id)?.map(([value]) => value)).to.deep.equal([1, 1, 0]);
    const { graph: integers } = quantizeGraph(graph, trace, presets[0]);
    expect(rows.map((row) => inferReal(integers, row).y[0])).to.deep.equal([1, 1, 0]);
  });

  it('round correlated weights better together than one by one', () => {
    const random = makeRandom(11);
    const codes = Array.from({ length: 200 }, () => {
      const common = 100 * random();
      return Float64Array.from({ length: 16 }, () => common + 10 * random());
    });
    const basis = roundingBasis([Int32Array.from({ length: 16 }, (_, i) => i)], codes, new Float64Array(16));
    const error = (kernel: Float64Array, weights: Float64Array) => {
      const sums = codes.map((x) => kernel.reduce((sum, w, i) => sum + (w - weights[i]) * x[i], 0));
      const mean = sums.reduce((a, b) => a + b, 0) / sums.length;
      return Math.sqrt(sums.reduce((sum, s) => sum + (s - mean) ** 2, 0) / sums.length);
    };
    expect(basis).to.not.equal(null);
    let [together, alone] = [0, 0];
    for (let k = 0; k < 30; k++) {
      const weights = Float64Array.from({ length: 16 }, () => 8 * random());
      together += error(roundKernel(weights, basis), weights);
      alone += error(roundKernel(weights, null), weights);
    }
    expect(together).to.be.below(0.5 * alone);
  });

  it('find a cheaper model that loses no more than allowed', () => {
    const random = makeRandom(3);
    const hidden = Array.from({ length: 8 }, () => Array.from({ length: 6 }, random));
    const out = Array.from({ length: 3 }, () => Array.from({ length: 8 }, random));
    const graph = makeGraph(6, (b, x) => {
      const activation = b.unary(dense(b, x, hidden, new Array(8).fill(0)), [RELU]);
      b.origin = { name: 'head', op: 'Test' };
      return dense(b, activation, out, [0, 0, 0]);
    });
    const rows = makeRows(150, 6);
    const bitsOf = (quant: ReturnType<typeof quantizeGraph>['graph']) =>
      quant.nodes.reduce(
        (sum, node) => sum + (node.kind === 'requantize' ? node.bits.reduce((a, b) => a + b, 0) : 0),
        0,
      );
    const trace = traceFloat(graph, rows);
    const result = searchTradeoff(graph, rows, trace, { maxLoss: 1, costOf: bitsOf });
    const plain = bitsOf(quantizeGraph(graph, trace, presets[0]).graph);
    expect(result.point.loss).to.be.at.most(1);
    expect(result.point.constraints).to.be.below(plain);
    expect(result.curve.map((point) => point.constraints)).to.deep.equal(
      result.curve.map((point) => point.constraints).sort((a, b) => a - b),
    );
  });
});
