import { hasCorpus } from './corpus.js';
import { checkModel } from './ops-corpus.js';

const MODELS = [
  'skl_iris_logreg_zipmap',
  'skl_bc_scaler_logreg',
  'skl_diabetes_ridge_scaled',
  'skl_digits_minmax_pca_logreg',
  'registry_logreg_iris',
  'skl_iris_svc_linear',
  'skl_diabetes_svr_rbf',
];

describe('linear models and support vector machines of the corpus', () => {
  before(function () {
    if (!hasCorpus()) this.skip();
  });
  for (const name of MODELS)
    it(`answers as onnxruntime on every row of ${name}`, () => {
      checkModel(name);
    });
});
