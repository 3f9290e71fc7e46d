import { expect } from 'chai';
import type { Graph } from '../../src/graph/ir.js';
import { answer, importOrExplain } from './ops-corpus.js';
import { floats, model, node, tensor } from './ops-model.js';

const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT'] as const;

/** A regression tree that tests feature 0 against 1 and feature 1 against -2 by one mode; leaves 1, 2, 3. */
function regressor(mode: string, input = 'z') {
  return node('ai.onnx.ml.TreeEnsembleRegressor', [input], ['y'], {
    n_targets: 1,
    nodes_treeids: [0, 0, 0, 0, 0],
    nodes_nodeids: [0, 1, 2, 3, 4],
    nodes_featureids: [0, 0, 1, 0, 0],
    nodes_modes: [mode, 'LEAF', mode, 'LEAF', 'LEAF'],
    nodes_values: floats(1, 0, -2, 0, 0),
    nodes_truenodeids: [1, 0, 3, 0, 0],
    nodes_falsenodeids: [2, 0, 4, 0, 0],
    target_treeids: [0, 0, 0],
    target_nodeids: [1, 3, 4],
    target_ids: [0, 0, 0],
    target_weights: floats(1, 2, 3),
  });
}

const kindsOf = (graph: Graph) => graph.nodes.map((n) => n.kind);

describe('forests behind a scaling', () => {
  const x = [['x', [1, 2]]] as const;
  const grid = [-6, -4, -3, -2, -1, 0, 0.5, 1, 2, 3].flatMap((a) => [-6, -4, -2, 0, 1, 2, 4].map((b) => [a, b]));

  for (const mode of MODES)
    it(`read the unscaled features by ${mode}, also where the scale is negative`, () => {
      const nodes = [
        node('Mul', ['x', 'factor'], ['m']),
        node('Add', ['m', 'shift'], ['z']),
        node('Identity', ['z'], ['scaled']),
        regressor(mode),
      ];
      const initializers = [tensor('factor', [2], [2, -0.5]), tensor('shift', [2], [-3, -1])];
      const folded = importOrExplain(model(x, nodes, ['y'], initializers));
      const trees = folded.nodes.filter((n) => n.kind === 'trees');
      expect(trees.map((n) => n.inputs[0])).to.deep.equal([folded.inputs[0].value]);
      const plain = importOrExplain(model([['z', [1, 2]]], [regressor(mode)], ['y']));
      for (const [a, b] of grid)
        expect(answer(folded, { x: [a, b] }).y, `${a}, ${b}`).to.deep.equal(
          answer(plain, { z: [2 * a - 3, -0.5 * b - 1] }).y,
        );
    });

  it('follow columns that were joined from several scalings', () => {
    const nodes = [
      node('ai.onnx.ml.ArrayFeatureExtractor', ['x', 'second'], ['b']),
      node('ai.onnx.ml.ArrayFeatureExtractor', ['x', 'first'], ['a']),
      node('ai.onnx.ml.Scaler', ['b'], ['bs'], { scale: floats(2), offset: floats(1) }),
      node('Concat', ['bs', 'a'], ['z'], { axis: 1 }),
      regressor('BRANCH_LEQ'),
    ];
    const initializers = [tensor('first', [1], [0], 7), tensor('second', [1], [1], 7)];
    const graph = importOrExplain(model(x, nodes, ['y'], initializers));
    const plain = importOrExplain(model([['z', [1, 2]]], [regressor('BRANCH_LEQ')], ['y']));
    expect(graph.nodes.filter((n) => n.kind === 'trees')[0].inputs[0]).to.equal(graph.inputs[0].value);
    for (const [a, b] of grid)
      expect(answer(graph, { x: [a, b] }).y).to.deep.equal(answer(plain, { z: [2 * (b - 1), a] }).y);
  });

  it('stay as they are behind anything else, and where they test for equality', () => {
    const square = importOrExplain(model(x, [node('Mul', ['x', 'x'], ['z']), regressor('BRANCH_LEQ')], ['y']));
    expect(kindsOf(square)).to.deep.equal(['bilinear', 'trees']);
    const scaled = node('ai.onnx.ml.Scaler', ['x'], ['z'], { scale: floats(2, 2), offset: floats(1, 1) });
    const equal = importOrExplain(model(x, [scaled, regressor('BRANCH_EQ')], ['y']));
    expect(kindsOf(equal)).to.deep.equal(['linear', 'trees']);
    expect(answer(equal, { x: [1.5, 7] }).y).to.deep.equal([1]);
  });

  it('keep the NaN that the model itself computes out of the answer', () => {
    const nodes = [
      node('Log', ['x'], ['l']),
      node('ai.onnx.ml.Imputer', ['l'], ['y'], {
        imputed_value_floats: floats(-9),
        replaced_value_float: { kind: 'float', value: Number.NaN },
      }),
    ];
    const graph = importOrExplain(model(x, nodes, ['y']));
    expect(answer(graph, { x: [1, -1] }).y).to.deep.equal([0, -9]);
  });
});
