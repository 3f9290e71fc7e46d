import { expect } from 'chai';
import { removeDeadNodes } from '../../src/graph/passes/remove-dead-nodes.js';
import type { OnnxNode } from '../../src/onnx/model.js';
import { answer, importOrExplain } from './ops-corpus.js';
import { model, node, tensor } from './ops-model.js';

const x = [['x', [2, 3]]] as const;
const axis = tensor('last', [1], [1], 7);
const rows = { x: [1, 2, 3, -1, 0, 5] };

function softmax(row: readonly number[]): number[] {
  const sum = row.reduce((total, value) => total + Math.exp(value), 0);
  return row.map((value) => Math.exp(value) / sum);
}
const expected = [...softmax([1, 2, 3]), ...softmax([-1, 0, 5])];

const byMaximum: OnnxNode[] = [
  node('ReduceMax', ['x'], ['top'], { axes: [1] }),
  node('Sub', ['x', 'top'], ['shifted']),
  node('Exp', ['shifted'], ['e']),
  node('ReduceSum', ['e', 'last'], ['sum']),
  node('Div', ['e', 'sum'], ['y']),
];
const byLogSumExp: OnnxNode[] = [
  node('ReduceLogSumExp', ['x'], ['flat'], { axes: [1], keepdims: 0 }),
  node('Reshape', ['flat', 'column'], ['lse']),
  node('Sub', ['x', 'lse'], ['logs']),
  node('Exp', ['logs'], ['y']),
];
/** The same node reading `p` in the place of `x`. */
function readSoftmax(original: OnnxNode): OnnxNode {
  return { ...original, inputs: original.inputs.map((name) => (name === 'x' ? 'p' : name)) };
}
const byExponentials: OnnxNode[] = [
  node('Exp', ['p'], ['e']),
  node('ReduceSum', ['e', 'last'], ['sum']),
  node('Div', ['e', 'sum'], ['y']),
];
const column = tensor('column', [2], [-1, 1], 7);

describe('softmax spelled out', () => {
  for (const [name, nodes] of Object.entries({ byMaximum, byLogSumExp })) {
    it(`is cut to its logits at the end, ${name}`, () => {
      const graph = removeDeadNodes(importOrExplain(model(x, nodes, ['y'], [axis, column])));
      expect(graph.outputs[0].cut).to.equal('softmax');
      expect(graph.nodes).to.deep.equal([]);
      answer(graph, rows).y.forEach((value, i) => {
        expect(value).to.be.closeTo(expected[i], 1e-12);
      });
    });

    it(`is computed in the middle, ${name}`, () => {
      const graph = importOrExplain(model(x, [...nodes, node('Add', ['y', 'y'], ['z'])], ['z'], [axis, column]));
      expect(graph.outputs[0].cut).to.equal(undefined);
      answer(graph, rows).z.forEach((value, i) => {
        expect(value).to.be.closeTo(2 * expected[i], 1e-12);
      });
    });
  }

  it('is not mistaken for a quotient over another axis or another sum', () => {
    const other = [
      node('Exp', ['x'], ['e']),
      node('ReduceSum', ['e', 'first'], ['sum']),
      node('Div', ['e', 'sum'], ['y']),
      node('ReduceSum', ['x', 'last'], ['plain']),
      node('Div', ['e', 'plain'], ['z']),
    ];
    const graph = importOrExplain(model(x, other, ['y', 'z'], [axis, tensor('first', [1], [0], 7)]));
    expect(graph.outputs.map((output) => output.cut)).to.deep.equal([undefined, undefined]);
    const { y, z } = answer(graph, rows);
    expect(y[0]).to.be.closeTo(Math.E / (Math.E + Math.exp(-1)), 1e-12);
    expect(z[5]).to.be.closeTo(Math.exp(5) / 4, 1e-9);
  });

  it('is taken of a softmax where the model takes it of one', () => {
    const nodes = [node('Softmax', ['x'], ['p'], { axis: 1 }), ...byMaximum.map(readSoftmax)];
    const graph = importOrExplain(model(x, nodes, ['y'], [axis]));
    const first = softmax(softmax([1, 2, 3]));
    answer(graph, rows)
      .y.slice(0, 3)
      .forEach((value, i) => {
        expect(value).to.be.closeTo(first[i], 1e-12);
      });
    const bare = [node('Softmax', ['x'], ['p'], { axis: 1 }), ...byExponentials];
    expect(answer(importOrExplain(model(x, bare, ['y'], [axis])), rows).y[0]).to.be.closeTo(first[0], 1e-12);
  });
});
