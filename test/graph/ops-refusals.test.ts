import { expect } from 'chai';
import { tryImportGraph } from '../../src/graph/import.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import type { OnnxModel, OnnxNode } from '../../src/onnx/model.js';
import { answer, importOrExplain } from './ops-corpus.js';
import { floats, model, node, tensor } from './ops-model.js';

/** Messages of one severity that the import of a model gives. */
function messages(subject: OnnxModel, severity: 'error' | 'warning'): string {
  const { diagnostics } = tryImportGraph(subject);
  return diagnostics
    .filter((diagnostic) => diagnostic.severity === severity)
    .map(({ message, hint }) => `${message}${hint === undefined ? '' : ` (${hint})`}`)
    .join('\n');
}

function tree(attributes: Parameters<typeof node>[3] = {}): OnnxNode {
  return node('ai.onnx.ml.TreeEnsembleClassifier', ['x'], ['label', 'scores'], {
    nodes_treeids: [0, 0, 0],
    nodes_nodeids: [0, 1, 2],
    nodes_featureids: [0, 0, 0],
    nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
    nodes_values: floats(0.5, 0, 0),
    nodes_truenodeids: [1, 0, 0],
    nodes_falsenodeids: [2, 0, 0],
    class_treeids: [0, 0],
    class_nodeids: [1, 2],
    class_ids: [0, 0],
    class_weights: floats(0, 1),
    classlabels_strings: ['no', 'yes'],
    ...attributes,
  });
}

const x2 = [['x', [1, 2]]] as const;

describe('refusals of classical, recurrent and quantized operators', () => {
  it('reads the string label of a tree by its index', () => {
    const graph = importOrExplain(model(x2, [tree()], ['label', 'scores']));
    expect(graph.outputs[0].labels).to.deep.equal(['no', 'yes']);
    expect(answer(graph, { x: [0.5, 0] })).to.deep.equal({ label: ['no'], scores: [1, 0] });
    expect(answer(graph, { x: [0.50001, 0] })).to.deep.equal({ label: ['yes'], scores: [0, 1] });
  });

  it('warns that branches for missing values are left out', () => {
    const subject = model(x2, [tree({ nodes_missing_value_tracks_true: [1, 0, 0] })], ['label']);
    expect(messages(subject, 'warning')).to.contain('missing values (NaN) cannot be proved');
  });

  it('refuses a feature that the input does not have', () => {
    const subject = model(x2, [tree({ nodes_featureids: [7, 0, 0] })], ['label']);
    expect(messages(subject, 'error')).to.contain('a tree reads feature 7, the input has 2');
  });

  it('refuses a node mode and a post transform that it does not know', () => {
    const mode = tree({ nodes_modes: ['BRANCH_MEMBER', 'LEAF', 'LEAF'] });
    expect(messages(model(x2, [mode], ['label']), 'error')).to.contain('node mode "BRANCH_MEMBER" is unknown');
    const transform = tree({ post_transform: 'HARDMAX' });
    expect(messages(model(x2, [transform], ['label']), 'error')).to.contain('post_transform "HARDMAX" is unknown');
  });

  it('refuses leaves that vote for the second class only sometimes', () => {
    const subject = model(x2, [tree({ class_ids: [0, 1] })], ['label']);
    expect(messages(subject, 'error')).to.contain('some leaves give no weight to the second class');
  });

  it('refuses to compute with class names', () => {
    const nodes = [tree(), node('Add', ['label', 'one'], ['y'])];
    const subject = model(x2, nodes, ['y'], [tensor('one', [], [1], 7)]);
    expect(messages(subject, 'error')).to.contain('class names (strings) are computed with');
  });

  it('keeps the label and leaves out the probabilities of an SVM of three classes', () => {
    const svm = node('ai.onnx.ml.SVMClassifier', ['x'], ['label', 'scores'], {
      kernel_type: 'RBF',
      kernel_params: floats(0.5, 0, 3),
      vectors_per_class: [1, 1, 1],
      support_vectors: floats(0, 0, 1, 1, 5, 5),
      coefficients: floats(1, -1, -1, 1, 1, -1),
      rho: floats(0, 0, 0),
      prob_a: floats(-1, -1, -1),
      prob_b: floats(0, 0, 0),
      classlabels_ints: [3, 4, 8],
    });
    const subject = model(x2, [svm], ['label']);
    expect(messages(subject, 'warning')).to.contain('only the label is left');
    const graph = importOrExplain(subject);
    expect(answer(graph, { x: [0.1, 0.1] }).label).to.deep.equal([3]);
    expect(answer(graph, { x: [0.9, 0.9] }).label).to.deep.equal([4]);
    expect(answer(graph, { x: [5, 4.9] }).label).to.deep.equal([8]);
  });

  it('gives the probabilities of an SVM of two classes by their sigmoid', () => {
    const svm = node('ai.onnx.ml.SVMClassifier', ['x'], ['label', 'scores'], {
      kernel_type: 'LINEAR',
      kernel_params: floats(0, 0, 0),
      vectors_per_class: [1, 1],
      support_vectors: floats(1, 0, 0, 1),
      coefficients: floats(1, -1),
      rho: floats(0.5),
      prob_a: floats(-2),
      prob_b: floats(0.25),
      classlabels_ints: [3, 4],
    });
    const { label, scores } = answer(importOrExplain(model(x2, [svm], ['label', 'scores'])), { x: [2, 1] });
    expect(label).to.deep.equal([3]);
    expect(scores[0]).to.be.closeTo(1 / (1 + Math.exp(-2 * 1.5 + 0.25)), 1e-12);
    expect(scores[1]).to.be.closeTo(1 - Number(scores[0]), 1e-12);
  });

  it('refuses a scale that each input chooses for itself', () => {
    const nodes = [node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z'])];
    expect(messages(model(x2, nodes, ['q']), 'error')).to.contain('dynamic quantization');
  });

  it('quantizes a constant dynamically, as onnxruntime does', () => {
    const nodes = [node('DynamicQuantizeLinear', ['c'], ['q', 's', 'z']), node('Mul', ['x', 's'], ['y'])];
    const values = [0, 2, -3, -2.5, 1.34, 0.5].map(Math.fround);
    const graph = importOrExplain(model(x2, nodes, ['q', 's', 'z', 'y'], [tensor('c', [6], values)]));
    const { q, s, z } = answer(graph, { x: [0, 0] });
    expect([q, z]).to.deep.equal([[153, 255, 0, 26, 221, 179], [153]]);
    expect(Math.fround(Number(s[0]))).to.equal(Math.fround(0.019607844));
  });

  it('refuses a zero point of a type that it cannot know', () => {
    const nodes = [node('Sub', ['one', 'one'], ['zero']), node('QuantizeLinear', ['x', 'scale', 'zero'], ['y'])];
    const initializers = [tensor('one', [], [1], 7), tensor('scale', [], [0.5])];
    expect(messages(model(x2, nodes, ['y'], initializers), 'error')).to.contain('the type of the zero point');
  });

  it('refuses recurrent weights that the model computes', () => {
    const nodes = [node('RNN', ['x', 'w', 'r'], ['y'], { hidden_size: 1 })];
    const inputs = [
      ['x', [1, 1, 1]],
      ['w', [1, 1, 1]],
    ] as const;
    expect(messages(model(inputs, nodes, ['y'], [tensor('r', [1, 1, 1], [1])]), 'error')).to.contain(
      'must be constant',
    );
  });

  it('refuses a loop that the input ends', () => {
    const body = model(
      [
        ['i', [], 'int'],
        ['c', [], 'bool'],
        ['v', [1, 2]],
      ],
      [
        node('Add', ['v', 'v'], ['w']),
        node('ReduceSum', ['w'], ['s'], { keepdims: 0 }),
        node('Less', ['s', 'limit'], ['go']),
      ],
      ['go', 'w'],
      [tensor('limit', [], [5])],
    ).graph;
    const loop = node('Loop', ['', 'yes', 'x'], ['y'], { body: { kind: 'graph', value: body } });
    const subject = model(x2, [loop], ['y'], [tensor('yes', [], [1], 9)]);
    expect(messages(subject, 'error')).to.contain('the condition of the loop depends on the input');
  });

  it('leaves nothing of a search for infinities', () => {
    const nodes = [
      node('IsInf', ['x'], ['inf']),
      node('Greater', ['x', 'zero'], ['positive']),
      node('And', ['inf', 'positive'], ['above']),
      node('Where', ['above', 'largest', 'x'], ['finite']),
      node('Less', ['finite', 'lowest'], ['below']),
      node('Where', ['below', 'lowest', 'finite'], ['y']),
    ];
    const largest = Math.fround(3.4e38);
    const constants = [tensor('zero', [], [0]), tensor('largest', [], [largest]), tensor('lowest', [], [-largest])];
    const graph = optimizeGraph(importOrExplain(model(x2, nodes, ['y'], constants)));
    expect(graph.nodes.filter(({ kind }) => kind !== 'gather')).to.deep.equal([]);
    expect(answer(graph, { x: [3, -4] }).y).to.deep.equal([3, -4]);
  });

  it('reports every problem of a model at once', () => {
    const nodes = [
      tree({ post_transform: 'HARDMAX' }),
      node('ai.onnx.ml.Scaler', ['x'], ['scaled'], { scale: floats(1, 2, 3) }),
      node('ai.onnx.ml.Normalizer', ['x'], ['normal'], { norm: 'L7' }),
    ];
    const text = messages(model(x2, nodes, ['label', 'scaled', 'normal']), 'error');
    expect(text.split('\n').length).to.equal(3);
  });
});
