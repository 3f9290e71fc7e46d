import { hasCorpus } from './corpus.js';
import { checkModel, checkOpCase, loadOpCases } from './ops-corpus.js';

describe('preprocessing and labels of the corpus', () => {
  before(function () {
    if (!hasCorpus()) this.skip();
  });
  for (const op of ['Binarizer', 'ArrayFeatureExtractor'])
    it(`passes the operator cases of ${op}`, () => {
      for (const test of loadOpCases(op)) checkOpCase(test);
    });
  for (const name of ['skl_digits_mlp', 'skl_wine_gaussian_nb'])
    it(`reads the label of ${name} from its list of classes`, () => {
      checkModel(name);
    });
});
