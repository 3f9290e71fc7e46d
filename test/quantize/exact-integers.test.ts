import { expect } from 'chai';
import fc from 'fast-check';
import { importGraph } from '../../src/graph/import.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { encodeInput, quantizeInput } from '../../src/quantize/inputs.js';
import { presets } from '../../src/quantize/options.js';
import { quantizeGraph, type RealRow, traceFloat } from '../../src/quantize/quantize.js';
import { inferReal, searchPresets } from '../../src/quantize/search.js';
import { model, node, tensor } from '../graph/ops-model.js';

type Pair = readonly [dividend: number, divisor: number];

/** What the integer model of `op` of two integer inputs gives for every pair, calibrated on all of them. */
function divideAll(op: 'Div' | 'Mod', pairs: readonly Pair[], attributes: Record<string, number> = {}): number[] {
  const size = pairs.length;
  const source = model(
    [
      ['a', [1, size], 'int'],
      ['b', [1, size], 'int'],
    ],
    [node(op, ['a', 'b'], ['y'], attributes)],
    ['y'],
  );
  const graph = optimizeGraph(importGraph(source).graph);
  const row: RealRow = {
    a: Float64Array.from(pairs, ([a]) => a),
    b: Float64Array.from(pairs, ([, b]) => b),
  };
  const { graph: quant } = quantizeGraph(graph, traceFloat(graph, [row]), presets[0]);
  return Array.from(inferReal(quant, row).y);
}

const pairsOf = (least: number, most: number) =>
  fc.array(
    fc.tuple(
      fc.integer({ min: least, max: most }),
      fc.integer({ min: Math.max(least, -4000), max: Math.min(most, 4000) }).filter((divisor) => divisor !== 0),
    ),
    { minLength: 6, maxLength: 6 },
  );

describe('integers stay exact', () => {
  for (const [name, least, most] of [
    ['of few values', 0, 20],
    ['of both signs', -50, 50],
    ['of twenty bits', -(2 ** 9), 2 ** 20 - 1],
  ] as const)
    it(`quotients and remainders of computed integers ${name}`, () => {
      fc.assert(
        fc.property(pairsOf(least, most), (pairs) => {
          expect(divideAll('Div', pairs)).to.deep.equal(pairs.map(([a, b]) => Math.trunc(a / b) + 0));
          expect(divideAll('Mod', pairs)).to.deep.equal(pairs.map(([a, b]) => a - b * Math.floor(a / b)));
          expect(divideAll('Mod', pairs, { fmod: 1 })).to.deep.equal(pairs.map(([a, b]) => (a % b) + 0));
        }),
        { numRuns: 4 },
      );
    });

  it('a quotient that integers of 2^52 cannot hold is refused, not rounded', () => {
    expect(() => divideAll('Div', [[2 ** 31, 2 ** 30 + 1]])).to.throw('beyond 2^52');
  });

  it('products of a dozen factors keep their size on one calibration row', () => {
    const source = model([['x', [3, 2, 2]]], [node('ReduceProd', ['x'], ['y'], { keepdims: 0 })], ['y']);
    const graph = optimizeGraph(importGraph(source).graph);
    for (const factor of [1, 0.37]) {
      const row: RealRow = { x: Float64Array.from({ length: 12 }, (_, i) => factor * (i + 1)) };
      const { graph: quant } = searchPresets(graph, [row], traceFloat(graph, [row]));
      const exact = 479001600 * factor ** 12;
      expect(Math.abs(inferReal(quant, row).y[0] / exact - 1)).to.be.below(0.02);
    }
  });

  it('inputs on a grid (tenths, sixteenths, bytes over 255) have codes that hit it', () => {
    for (const grid of [0.1, 1 / 16, 1 / 255]) {
      const rows = Array.from({ length: 40 }, (_, r) =>
        Float64Array.from({ length: 3 }, (_, i) => grid * ((7 * r + 3 * i) % 90)),
      );
      for (const shape of [
        [1, 3],
        [1, 1, 3, 1, 1],
      ])
        for (const preset of presets) {
          const code = encodeInput({ id: 0, name: 'x', shape, type: 'float' }, rows, preset);
          for (const row of rows) {
            const codes = quantizeInput(row, code, code.max);
            codes.forEach((q, i) => {
              const [scale, zero] = [code.scale.at(i) ?? code.scale[0], code.zeroPoint.at(i) ?? code.zeroPoint[0]];
              expect(scale * (q - zero)).to.be.closeTo(row[i], 1e-9);
            });
          }
        }
    }
  });

  it('labels of a thousand positions are looked up exactly, also those that calibration never saw', () => {
    const count = 1000;
    const labels = Array.from({ length: count }, (_, i) => (i * 7919) % 10);
    const nodes = [
      node('ai.onnx.ml.ArrayFeatureExtractor', ['labels', 'x'], ['picked']),
      node('Mul', ['picked', 'two'], ['label']),
    ];
    const constants = [tensor('labels', [1, count], labels, 7), tensor('two', [], [2], 7)];
    const graph = optimizeGraph(importGraph(model([['x', [1], 'int']], nodes, ['label'], constants)).graph);
    const rowAt = (place: number): RealRow => ({ x: Float64Array.of(place) });
    const rows = [0, 420, 999].map(rowAt);
    const { graph: quant } = quantizeGraph(graph, traceFloat(graph, rows), presets[0]);
    for (let place = 0; place < count; place += 7)
      expect(inferReal(quant, rowAt(place)).label[0]).to.equal(2 * labels[place]);
  });

  it('positions of the least roots are those of the least arguments', () => {
    const nodes = [node('Sqrt', ['x'], ['root']), node('TopK', ['root', 'k'], ['values', 'at'], { largest: 0 })];
    const source = model([['x', [1, 5]]], nodes, ['at'], [tensor('k', [1], [2], 7)]);
    const graph = optimizeGraph(importGraph(source).graph);
    expect(graph.nodes.map(({ kind }) => kind)).to.deep.equal(['linear', 'topk', 'gather']);
    const row: RealRow = { x: Float64Array.of(9, 4, 25, 1, 16) };
    const { graph: quant } = quantizeGraph(graph, traceFloat(graph, [row]), presets[0]);
    expect(Array.from(inferReal(quant, row).at)).to.deep.equal([3, 1]);
    const both = optimizeGraph(
      importGraph(model([['x', [1, 5]]], nodes, ['values'], [tensor('k', [1], [2], 7)])).graph,
    );
    expect(
      both.nodes.map(({ kind }) => kind),
      'values need their roots',
    ).to.include('unary');
  });

  it('a function of too many integers is refused, not rounded', () => {
    const source = model([['x', [1, 1], 'int']], [node('Mod', ['x', 'n'], ['y'])], ['y'], [tensor('n', [], [7], 7)]);
    const graph = optimizeGraph(importGraph(source).graph);
    const row: RealRow = { x: Float64Array.of(0) };
    const large: RealRow = { x: Float64Array.of(2 ** 20) };
    const rows = [row, large];
    expect(() => quantizeGraph(graph, traceFloat(graph, rows), presets[0])).to.throw('which no table holds exactly');
  });

  it('ties of Round fall as in the float model', () => {
    const values = [0.1, 0.5, 0.9, 1.2, 1.5, 1.8, 2.3, 2.5, 2.7, -1.1, -1.5, -1.9, -2.2, -2.5, -2.8];
    const graph = optimizeGraph(importGraph(model([['x', [15]]], [node('Round', ['x'], ['y'])], ['y'])).graph);
    const row: RealRow = { x: Float64Array.from(values) };
    const { graph: quant } = searchPresets(graph, [row], traceFloat(graph, [row]));
    expect(Array.from(inferReal(quant, row).y, (y) => y + 0)).to.deep.equal([
      0, 0, 1, 1, 2, 2, 2, 2, 3, -1, -2, -2, -2, -2, -3,
    ]);
  });
});
