import { expect } from 'chai';
import { importGraph } from '../../src/graph/import.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { summarizeModel } from '../../src/graph/summary.js';
import { verifyGraph } from '../../src/graph/verify.js';
import { compareRows, dimsOf, hasCorpus, listModels, readModel, readRows } from './corpus.js';

const ROWS = 3;
const TOLERANCE = 1e-4;

describe('models of the corpus', () => {
  before(function () {
    if (!hasCorpus()) {
      console.warn('      the corpus is absent: set ZKINFER_CORPUS to run these');
      this.skip();
    }
  });

  for (const name of listModels())
    it(`${name} computes what onnxruntime does, as imported and optimized`, () => {
      const rows = readRows(name);
      const { graph } = importGraph(readModel(name), { dims: dimsOf(rows.inputs) });
      verifyGraph(graph);
      const optimized = optimizeGraph(graph);
      verifyGraph(optimized);
      expect(optimized.nodes.length).to.be.at.most(graph.nodes.length);
      const errors = compareRows(optimized, rows, ROWS);
      expect(errors.size).to.be.at.least(1);
      for (const [output, error] of errors) expect(error, output).to.be.at.most(TOLERANCE);
    });

  it('summarizeModel says what a model is made of', function () {
    if (!hasCorpus()) this.skip();
    const summary = summarizeModel(readModel('digits_mlp_relu'));
    expect(summary.ops).to.deep.equal({ Gemm: 2, Relu: 1 });
    expect(summary).to.deep.include({ parameters: 2410, macs: 2368, opsets: { 'ai.onnx': 16 } });
    expect(summary.layers.map((layer) => `${layer.op} ${layer.kind} ${layer.macs}`)).to.deep.equal([
      'Gemm linear 2048',
      'Relu unary 0',
      'Gemm linear 320',
    ]);
    expect(summary.outputs).to.deep.equal([{ name: 'logits', shape: [1, 10], labels: undefined, cut: undefined }]);
  });
});
