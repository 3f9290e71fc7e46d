import { expect } from 'chai';
import { GraphBuilder, type Operand } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/ir.js';
import { call, constant, RELU, X } from '../../src/graph/scalar.js';
import type { Flips } from '../../src/quantize/flips.js';
import { dequantize, encodeInput } from '../../src/quantize/inputs.js';
import { OBSERVERS, presets, type QuantizeOptions } from '../../src/quantize/options.js';
import { quantizeGraph, type RealRow, traceFloat } from '../../src/quantize/quantize.js';
import { inferReal, searchPresets } from '../../src/quantize/search.js';

/** Rows of noise, the first with an outlier. */
function makeRows(count: number, size: number, outlier = 1): RealRow[] {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  return Array.from({ length: count }, (_, r) => ({
    x: Float64Array.from({ length: size }, () => random() * (r === 0 ? outlier : 1)),
  }));
}

/** Two dense layers with a Relu between, the first with rows of weights of the given sizes. */
function makeNet(sizes: readonly number[], inputs = 6): Graph {
  const builder = new GraphBuilder();
  builder.origin = { name: 'input', op: 'Input' };
  const x = builder.input('x', [1, inputs], 'float');
  const weight = (row: number, column: number) => Math.sin(1 + 3 * row + 1.7 * column);
  const dense = (of: Operand, rows: readonly number[], columns: number): Operand =>
    builder.linear(
      [of],
      {
        windows: [Int32Array.from({ length: columns }, (_, i) => i)],
        kernels: rows.map((size, r) => Float64Array.from({ length: columns }, (_, c) => size * weight(r, c))),
        rowWindow: new Int32Array(rows.length),
        rowKernel: Int32Array.from(rows, (_, r) => r),
        bias: new Float64Array(rows.length).fill(0.1),
      },
      [1, rows.length],
    );
  builder.origin = { name: 'first', op: 'Gemm' };
  const accumulator = dense(x, sizes, inputs);
  builder.origin = { name: 'relu', op: 'Relu' };
  const hidden = builder.unary(accumulator, [RELU]);
  builder.origin = { name: 'last', op: 'Gemm' };
  const y = dense(hidden, [1, 1, 1], sizes.length) as Operand & { kind: 'value' };
  return builder.finish([
    { name: 'hidden', value: (hidden as Operand & { kind: 'value' }).id },
    { name: 'y', value: y.id },
  ]);
}

function quantize(graph: Graph, rows: readonly RealRow[], changes: Partial<QuantizeOptions>) {
  return quantizeGraph(graph, traceFloat(graph, rows), { ...presets[0], ...changes });
}

/** Signed differences of an output's elements over rows. */
function differences(graph: Graph, rows: readonly RealRow[], changes: Partial<QuantizeOptions>, output: string) {
  const { graph: integers } = quantize(graph, rows, changes);
  const trace = traceFloat(graph, rows);
  const value = graph.outputs.find(({ name }) => name === output)?.value as number;
  return rows.map((row, r) =>
    inferReal(integers, row)[output].map((given, i) => given - (trace.get(value) ?? [])[r][i]),
  );
}

describe('what quantization promises', () => {
  const rows = makeRows(200, 6);

  it('the bias takes up the mean error of rounding', () => {
    const errors = differences(makeNet([1, 1, 1, 1]), rows, { activationBits: 4, inputBits: 4, weightNoise: 4 }, 'y');
    for (let i = 0; i < 3; i++) {
      const mean = errors.reduce((sum, error) => sum + error[i], 0) / errors.length;
      const spread = Math.sqrt(errors.reduce((sum, error) => sum + error[i] ** 2, 0) / errors.length);
      expect(spread, 'four bits are coarse').to.be.above(0.02);
      expect(Math.abs(mean)).to.be.below(spread / 10);
    }
  });

  it('channels of other sizes get steps of their own', () => {
    const graph = makeNet([1, 1, 0.02, 0.02]);
    const smallError = (channelSpread: number) => {
      const errors = differences(graph, rows, { activationBits: 5, channelSpread }, 'hidden');
      return Math.sqrt(errors.reduce((sum, error) => sum + error[2] ** 2 + error[3] ** 2, 0));
    };
    expect(smallError(16)).to.be.below(smallError(1) / 2);
  });

  it('single layers keep widths of their own', () => {
    const { graph } = quantize(makeNet([1, 1]), rows, { layerBits: { relu: 3 } });
    const relu = graph.nodes.find((one) => one.kind === 'requantize' && one.layer === 'relu');
    expect(relu && graph.values[relu.output].max.every((max) => max <= 7)).to.equal(true);
  });

  it('saturation is counted, layer by layer', () => {
    const outliers = makeRows(200, 6, 8);
    const shareOf = (changes: Partial<QuantizeOptions>) =>
      quantize(makeNet([1, 1, 1, 1]), outliers, changes).layers.find(({ layer }) => layer === 'relu')?.saturated;
    expect(shareOf({ observer: 'minmax' })).to.be.below(0.002);
    expect(shareOf({ observer: 'mse', activationBits: 3 })).to.be.above(0);
  });

  it('every observer can be asked for, and the same rows always give the same integers', () => {
    const graph = makeNet([1, 1, 1, 1]);
    const trace = traceFloat(graph, rows);
    for (const observer of OBSERVERS) {
      const chosen = searchPresets(graph, rows, trace, { observer });
      expect(chosen.options.observer).to.equal(observer);
      expect(searchPresets(graph, rows, trace, { observer }).graph).to.deep.equal(chosen.graph);
    }
  });

  it('a small model gets more bits, until hardly any decision is expected to change', () => {
    // Three scores without a margin between them: rows come as close to a tie as they like.
    const graph = makeNet([1, 1, 1, 1]);
    const scores = { ...graph, outputs: graph.outputs.filter(({ name }) => name === 'y') };
    const trace = traceFloat(scores, rows);
    const choose = (costOf?: () => number) => searchPresets(scores, rows, trace, { costOf });
    const [plain, large, small] = [choose(), choose(() => 1e6), choose(() => 100)];
    expect(large.options).to.deep.equal(plain.options);
    expect(small.flips?.unseen).to.be.below((plain.flips as Flips).unseen / 3);
    expect(small.accuracy.relativeError).to.be.below(plain.accuracy.relativeError / 3);
  });

  it('a feature with a long tail has room for values beyond those that were seen', () => {
    const value = { id: 0, shape: [1, 2], type: 'float' as const, name: 'x' };
    const seen = Array.from({ length: 100 }, (_, i) => Float64Array.of(Math.sqrt(i + 1) / 10, Math.exp(i / 20) / 100));
    const code = encodeInput(value, seen, presets[0]);
    const top = dequantize([code.max, code.max], code);
    expect(top[0]).to.be.within(1.3, 1.5);
    expect(top[1]).to.be.above(1.8 * seen[99][1]);
  });

  it('integers have room at both ends, but where they fill their bits', () => {
    const rangeOf = (low: number, high: number) => {
      const rows = [Float64Array.of(low, low + 1), Float64Array.of(high, low + 2)];
      const code = encodeInput({ id: 0, shape: [1, 2], type: 'float', name: 'x' }, rows, presets[0]);
      return Array.from(dequantize([0, code.max], code));
    };
    expect(rangeOf(0, 255)).to.deep.equal([0, 255]);
    expect(rangeOf(1, 39)).to.deep.equal([0, 63]);
    expect(rangeOf(0, 60000)).to.deep.equal([0, 2 ** 17 - 1]);
    expect(rangeOf(1900, 2020)).to.deep.equal([1900, 1900 + 255]);
  });

  it('an input that the model quantizes itself takes that code, and costs no table', () => {
    const builder = new GraphBuilder();
    builder.origin = { name: 'quantize', op: 'QuantizeLinear' };
    const x = builder.input('x', [1, 6], 'float');
    const single = call('fround', call('div', call('fround', X), constant(0.125)));
    const clamped = call('min', call('max', call('roundHalfEven', single), constant(-138)), constant(117));
    const y = builder.unary(x, [call('add', clamped, constant(10))], null, 'int') as Operand & { kind: 'value' };
    const graph = builder.finish([{ name: 'y', value: y.id }]);
    const { graph: integers } = quantize(graph, rows, {});
    expect(integers.nodes.map(({ kind }) => kind)).to.deep.equal(['linear', 'linear'].slice(0, integers.nodes.length));
    const row = { x: Float64Array.of(-100, -0.0625, 0.0625, 0.1875, 1, 100) };
    expect(Array.from(inferReal(integers, row).y)).to.deep.equal([-128, 10, 10, 12, 18, 127]);
  });
});
