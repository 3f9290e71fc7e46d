import { expect } from 'chai';
import { predictCost } from '../../src/circuit/cost.js';
import { GraphBuilder, type Operand } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/ir.js';
import { call, constant, X } from '../../src/graph/scalar.js';
import { evaluateQuant } from '../../src/quantize/evaluate.js';
import type { QuantGraph, QuantRequantize } from '../../src/quantize/ir.js';
import { presets } from '../../src/quantize/options.js';
import { quantizeGraph, traceFloat } from '../../src/quantize/quantize.js';
import { widenClamps } from '../../src/quantize/widen.js';
import { QuantModel } from '../circuit/quant-model.js';

/** Pixels, a hidden layer of some units clamped to 3 bits, a last layer of some, their largest. */
function buildNet(hidden: number, last: number): QuantGraph {
  const model = new QuantModel();
  const x = model.input('x', 6, 4);
  const weight = (row: number, column: number) => ((row * 7 + column * 5) % 9) - 4;
  const rows = (count: number, width: number) =>
    Array.from({ length: count }, (_, r) => Array.from({ length: width }, (_, c) => weight(r, c)));
  const clamped = model.requantize(model.dense(x, rows(hidden, 6), new Array<number>(hidden).fill(3)), 3, 3);
  const scores = model.dense(clamped, rows(last, hidden), new Array<number>(last).fill(0));
  const windows = [Int32Array.from({ length: last }, (_, i) => i)];
  model.output('class', model.node({ kind: 'argmax', inputs: [scores], windows, last: false }));
  return model.finish();
}

function requantization(graph: QuantGraph): QuantRequantize {
  const node = graph.nodes.find(({ kind }) => kind === 'requantize');
  if (node?.kind !== 'requantize') throw new Error('no requantization');
  return node;
}

const clampBits = (graph: QuantGraph) => requantization(graph).bits.reduce((a, b) => Math.max(a, b));

function hiddenOf(graph: QuantGraph, x: readonly number[]): number[] {
  return Array.from(evaluateQuant(graph, { x }).get(requantization(graph).output) as Float64Array);
}

/** ReLU, or one that ends at `cap`, between two dense layers over inputs of 0 to 15, calibrated on small ones. */
function quantizeRelu(cap: number): QuantGraph {
  const builder = new GraphBuilder();
  const dense = (x: Operand, units: number, inputs: number, seed: number) =>
    builder.linear(
      [x],
      {
        windows: [Int32Array.from({ length: inputs }, (_, i) => i)],
        kernels: Array.from({ length: units }, (_, u) =>
          Float64Array.from({ length: inputs }, (_, i) => (((u * 3 + i * 5 + seed) % 7) - 2) / 3),
        ),
        rowWindow: new Int32Array(units),
        rowKernel: Int32Array.from({ length: units }, (_, u) => u),
        bias: new Float64Array(units),
      },
      [1, units],
    );
  const x = builder.input('x', [1, 4], 'float');
  builder.origin = { name: 'relu', op: 'Clip' };
  const relu = call('max', X, constant(0));
  const hidden = builder.unary(dense(x, 24, 4, 1), [Number.isFinite(cap) ? call('min', relu, constant(cap)) : relu]);
  builder.origin = { name: 'class', op: 'ArgMax' };
  const label = builder.argmax(dense(hidden, 3, 24, 2), [Int32Array.of(0, 1, 2)], false, [1]);
  if (label.kind !== 'value') throw new Error('a constant');
  const { values, nodes, inputs } = builder;
  const graph: Graph = { values, nodes, inputs, outputs: [{ name: 'class', value: label.id }] };
  const rows = Array.from({ length: 400 }, (_, r) => ({
    x: Float64Array.from({ length: 4 }, (_, i) => (i === r % 4 ? r % 16 : 0)),
  }));
  return quantizeGraph(graph, traceFloat(graph, rows), { ...presets[0], activationBits: 4 }).graph;
}

describe('clamps that cost more than they save', () => {
  const x = [15, 0, 15, 0, 15, 0];

  it('are lifted: fewer constraints, the same values below the clamp, larger ones beyond it', () => {
    const graph = buildNet(24, 3);
    const wide = widenClamps(graph);
    expect(clampBits(wide)).to.be.above(clampBits(graph));
    expect(predictCost(wide).constraints).to.be.below(predictCost(graph).constraints);
    const [clamped, free] = [hiddenOf(graph, x), hiddenOf(wide, x)];
    expect(clamped.some((value, i) => value < free[i])).to.equal(true);
    expect(free.map((value) => Math.min(value, 7))).to.deep.equal(clamped);
  });

  it('never saturate afterwards, whatever the input', () => {
    const wide = widenClamps(buildNet(24, 3));
    const { bits, output } = requantization(wide);
    const { max } = wide.values[output];
    expect(max.every((top, i) => top < 2 ** bits[bits.length === 1 ? 0 : i])).to.equal(true);
  });

  it('stay where many sums would become wider', () => {
    const graph = buildNet(3, 40);
    expect(widenClamps(graph)).to.equal(graph);
  });

  it('stay where they are the operator itself', () => {
    const graph = buildNet(24, 3);
    expect(widenClamps(graph, new Set([requantization(graph).layer]))).to.equal(graph);
    expect(clampBits(quantizeRelu(6))).to.equal(4);
    expect(clampBits(quantizeRelu(Number.POSITIVE_INFINITY))).to.be.above(4);
  });

  it('stay where an output would get other bounds', () => {
    const model = new QuantModel();
    const input = model.input('x', 2, 4);
    model.output('y', model.requantize(model.dense(input, [[9, 5]], [0]), 2, 3));
    const graph = model.finish();
    expect(widenClamps(graph)).to.equal(graph);
  });
});
