import { expect } from 'chai';
import { GraphBuilder } from '../../src/graph/builder.js';
import { RELU } from '../../src/graph/scalar.js';
import { expectLoss } from '../../src/quantize/flips.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { presets } from '../../src/quantize/options.js';
import { quantizeGraph, type RealRow, traceFloat } from '../../src/quantize/quantize.js';
import { inferReal } from '../../src/quantize/search.js';
import { searchTradeoff } from '../../src/quantize/tradeoff.js';

/** Deterministic numbers in [-1, 1). */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

const FEATURES = 24;
const CLASSES = 4;

/** Two dense layers of random weights, whose largest score decides. */
function makeClassifier(hidden: number) {
  const random = makeRandom(5);
  const builder = new GraphBuilder();
  const dense = (x: Parameters<typeof builder.linear>[0][number], from: number, to: number) =>
    builder.linear(
      [x],
      {
        windows: [Int32Array.from({ length: from }, (_, i) => i)],
        kernels: Array.from({ length: to }, () => Float64Array.from({ length: from }, random)),
        rowWindow: new Int32Array(to),
        rowKernel: Int32Array.from({ length: to }, (_, i) => i),
        bias: new Float64Array(to),
      },
      [1, to],
    );
  builder.origin = { name: 'input', op: 'Input' };
  const x = builder.input('x', [1, FEATURES], 'float');
  builder.origin = { name: 'hidden', op: 'Test' };
  const active = builder.unary(dense(x, FEATURES, hidden), [RELU]);
  builder.origin = { name: 'scores', op: 'Test' };
  const y = dense(active, hidden, CLASSES);
  if (y.kind !== 'value') throw new Error('a network of constants');
  return builder.finish([{ name: 'y', value: y.id }]);
}

/** Bits that the integers between layers and the sums take: what constraints grow with. */
function countBits(quant: QuantGraph): number {
  const widths = quant.nodes.map((node) => {
    const { min, max } = quant.values[node.output];
    return node.kind === 'linear' || node.kind === 'requantize'
      ? max.reduce((sum, top, i) => sum + Math.log2(top - min[i] + 1), 0)
      : 0;
  });
  return Math.ceil(widths.reduce((a, b) => a + b, 0));
}

describe('the cheapest widths', () => {
  const graph = makeClassifier(16);
  const random = makeRandom(21);
  const draw = (count: number): RealRow[] =>
    Array.from({ length: count }, () => ({ x: Float64Array.from({ length: FEATURES }, () => random()) }));
  const rank = (scores: ArrayLike<number>) =>
    Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
  const scoresOf = (rows: readonly RealRow[]) =>
    traceFloat(graph, rows).get(graph.outputs[0].value) as readonly Float64Array[];
  const leadsOf = (rows: readonly RealRow[]) =>
    scoresOf(rows).map((scores) => {
      const [first, second] = rank(scores);
      return scores[first] - scores[second];
    });
  const drawn = draw(600);
  const leads = leadsOf(drawn);
  const median = [...leads].sort((a, b) => a - b)[leads.length / 2];
  // As of a model that was trained on its calibration rows: no call is close among them.
  const rows = drawn.filter((_, r) => leads[r] > 0.7 * median).slice(0, 200);
  const trace = traceFloat(graph, rows);
  const held = draw(1000);
  const truth = scoresOf(held).map((scores) => rank(scores)[0]);
  const agreementOf = (quant: QuantGraph) =>
    held.filter((row, r) => rank(inferReal(quant, row).y)[0] === truth[r]).length / held.length;

  it('keep the decisions on other rows, where calibration rows hold no close call', () => {
    const { chosen, point, curve } = searchTradeoff(graph, rows, trace, { maxLoss: 0.5, costOf: countBits });
    const plain = quantizeGraph(graph, trace, presets[0]).graph;
    expect(point.constraints).to.equal(countBits(chosen.graph)).and.be.below(countBits(plain));
    expect(curve).to.include(point);
    expect(agreementOf(chosen.graph)).to.be.at.least(0.96);
  });

  it('are wider the less may be lost', () => {
    const costs = [3, 0.5, 0.05].map(
      (maxLoss) => searchTradeoff(graph, rows, trace, { maxLoss, costOf: countBits }).point.constraints,
    );
    expect(costs).to.deep.equal([...costs].sort((a, b) => a - b));
    expect(new Set(costs).size).to.equal(3);
  });

  it('are judged by rows that no rounding was fitted to', () => {
    const [some, rest] = [rows.slice(0, 20), rows.slice(20)].map((part) => traceFloat(graph, part));
    const options = { ...presets[0], activationBits: 5 };
    const fitted = quantizeGraph(graph, some, options).flips?.loss as number;
    expect(quantizeGraph(graph, some, options, rest).flips?.loss).to.be.above(fitted);
  });

  it('lose by the square of the error while it is small, and by every flip of a clear decision', () => {
    const known = Array.from({ length: 200 }, (_, i) => 2 + i / 100);
    const even = (error: number) =>
      Array.from({ length: 400 }, (_, i) => ({ lead: 3, error: i % 2 === 0 ? error : -error }));
    const [small, double] = [0.05, 0.1].map((error) => expectLoss(known, even(error)));
    expect(double / small).to.be.closeTo(4, 0.2);
    expect(expectLoss(known, even(0))).to.equal(0);
    const flipped = (count: number) => even(0).map((one, i) => (i < count ? { lead: 3, error: 3.5 } : one));
    expect(expectLoss(known, flipped(1)), 'one may be luck').to.equal(0);
    expect(expectLoss(known, flipped(9))).to.be.closeTo(8 / 400, 1e-9);
    const few = expectLoss(known, even(0.1).slice(0, 8));
    expect(few, 'an error known from few rows counts for more').to.be.above(1.5 * double);
  });
});
