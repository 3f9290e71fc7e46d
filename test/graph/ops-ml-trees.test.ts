import { hasCorpus } from './corpus.js';
import { checkModel, checkOpCase, loadOpCases } from './ops-corpus.js';

const MODELS = [
  'skl_iris_tree',
  'skl_bc_forest10',
  'skl_bc_gbc20',
  'skl_diabetes_forest_reg',
  'xgb_bc_12x3',
  'registry_rf_iris',
  'skl2onnx_treecl2',
];

describe('tree ensembles of the corpus', () => {
  before(function () {
    if (!hasCorpus()) this.skip();
  });
  for (const name of MODELS)
    it(`answers as onnxruntime on every row of ${name}`, () => {
      checkModel(name);
    });
  it('passes the operator cases of TreeEnsemble', () => {
    for (const test of loadOpCases('TreeEnsemble')) checkOpCase(test);
  });
});
