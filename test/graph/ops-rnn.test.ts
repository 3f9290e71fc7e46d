import { hasCorpus } from './corpus.js';
import { checkModel, checkOpCase, loadOpCases } from './ops-corpus.js';

describe('recurrent layers of the corpus', () => {
  before(function () {
    if (!hasCorpus()) this.skip();
  });
  for (const op of ['RNN', 'GRU', 'LSTM'])
    for (const test of hasCorpus() ? loadOpCases(op) : [])
      it(`passes ${test.name}`, () => {
        checkOpCase(test);
      });
  for (const [name, rows] of [
    ['digits_gru', 60],
    ['ezkl_rnn', 61],
  ] as const)
    it(`answers as onnxruntime on ${name}`, () => {
      checkModel(name, rows);
    });
});
