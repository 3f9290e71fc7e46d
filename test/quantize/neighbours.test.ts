import { expect } from 'chai';
import { importGraph } from '../../src/graph/import.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { presets } from '../../src/quantize/options.js';
import { quantizeGraph, type RealRow, traceFloat } from '../../src/quantize/quantize.js';
import { inferReal } from '../../src/quantize/search.js';
import { model, node, tensor } from '../graph/ops-model.js';

/** Positions of the k points nearest to x, as a classifier by neighbours computes them. */
function nearestOf(points: readonly (readonly [number, number])[], k: number) {
  const columns = [0, 1].map((axis) => points.map((point) => point[axis]));
  const nodes = [
    node('Sub', ['x', 'points'], ['apart']),
    node('ReduceSumSquare', ['apart'], ['squared'], { axes: [0], keepdims: 1 }),
    node('Sqrt', ['squared'], ['distance']),
    node('TopK', ['distance', 'k'], ['', 'at'], { largest: 0 }),
  ];
  const constants = [tensor('points', [2, points.length], columns.flat()), tensor('k', [1], [k], 7)];
  return optimizeGraph(importGraph(model([['x', [2, 1]]], nodes, ['at'], constants)).graph);
}

describe('nearest neighbours in integers', () => {
  const points = Array.from({ length: 240 }, (_, i): [number, number] => [
    Math.round(400 * Math.sin(i * 1.7)) / 100,
    Math.round(400 * Math.cos(i * 2.3)) / 100,
  ]);
  const rowAt = ([a, b]: readonly [number, number]): RealRow => ({ x: Float64Array.of(a, b) });
  const graph = nearestOf(points, 3);
  const rows = points.slice(0, 120).map(([a, b]) => rowAt([a + 0.07, b - 0.05]));
  const { graph: quant } = quantizeGraph(graph, traceFloat(graph, rows), presets[0]);

  it('are those of the float model, but where two are all but equally far', () => {
    let swapped = 0;
    for (const point of points.slice(120, 200)) {
      const [x, y] = [point[0] - 0.03, point[1] + 0.04];
      const distance = (i: number) => Math.hypot(points[i][0] - x, points[i][1] - y);
      const ranked = points.map((_, i) => i).sort((i, j) => distance(i) - distance(j));
      Array.from(inferReal(quant, rowAt([x, y])).at).forEach((given, rank) => {
        if (given !== ranked[rank]) swapped++;
        expect(distance(given) - distance(ranked[rank])).to.be.below(0.05);
      });
    }
    expect(swapped, 'of 240').to.be.below(36);
  });

  it('are looked for on narrow codes: far points need no more bits than near ones', () => {
    const topk = quant.nodes.find(({ kind }) => kind === 'topk');
    const input = quant.values[topk?.inputs[0] ?? -1];
    expect(Math.max(...input.max.map((max, i) => max - input.min[i]))).to.be.below(2 ** 14);
  });
});
