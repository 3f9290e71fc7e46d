import { expect } from 'chai';
import { evaluateGraph } from '../../src/graph/evaluate.js';
import { importGraph } from '../../src/graph/import.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { model, node, tensor } from './ops-model.js';

/** `x >= 0 ? (x + 1)^a : -((1 - x)^b)`, as a converter writes a power transform: with flags, and ones made of x / x. */
const transform = model(
  [['x', [1, 3]]],
  [
    node('Div', ['x', 'x'], ['ones']),
    node('Less', ['x', 'zero'], ['below']),
    node('Not', ['below'], ['above']),
    node('Cast', ['below'], ['low'], { to: 1 }),
    node('Cast', ['above'], ['high'], { to: 1 }),
    node('Add', ['x', 'ones'], ['up']),
    node('Sub', ['ones', 'x'], ['down']),
    node('Pow', ['up', 'a'], ['right']),
    node('Pow', ['down', 'b'], ['left']),
    node('Mul', ['right', 'high'], ['y1']),
    node('Mul', ['left', 'low'], ['y2']),
    node('Sub', ['y1', 'y2'], ['y']),
  ],
  ['y'],
  [tensor('zero', [1], [0]), tensor('a', [3], [2.5, 0.5, 1.5]), tensor('b', [3], [1.5, 2.5, 0.75])],
);

describe('chains that share a flag', () => {
  it('fuse all the same: one function an element, and the value that the operators give', () => {
    const { graph } = importGraph(transform);
    const optimized = optimizeGraph(graph);
    expect(optimized.nodes.filter(({ kind }) => kind !== 'linear').map(({ kind }) => kind)).to.deep.equal(['unary']);
    const evaluateAt = (subject: typeof graph, x: number[]) =>
      Array.from(evaluateGraph(subject, { x }).get(subject.outputs[0].value) as Float64Array);
    for (const x of [
      [0.5, 0.25, 0.75],
      [0.1, 0.9, 0.3],
      [0.999, 0.5, 0.001],
    ]) {
      const expected = x.map((value, i) => (value + 1) ** [2.5, 0.5, 1.5][i]);
      evaluateAt(optimized, x).forEach((given, i) => {
        expect(given).to.be.closeTo(expected[i], 1e-12);
      });
      expect(evaluateAt(optimized, x)).to.deep.equal(evaluateAt(graph, x));
    }
    evaluateAt(optimized, [-0.5, -0.2, -0.9]).forEach((given, i) => {
      expect(given).to.be.closeTo(-((1 + [0.5, 0.2, 0.9][i]) ** [1.5, 2.5, 0.75][i]), 1e-12);
    });
  });
});
