import { hasCorpus } from './corpus.js';
import { checkModel, checkOpCase, loadOpCases } from './ops-corpus.js';

const OPS = ['QuantizeLinear', 'DequantizeLinear', 'MatMulInteger', 'QLinearMatMul', 'ConvInteger', 'QLinearConv'];

describe('already quantized models of the corpus', () => {
  before(function () {
    if (!hasCorpus()) this.skip();
  });
  for (const op of OPS)
    for (const test of hasCorpus() ? loadOpCases(op) : [])
      it(`passes ${test.name}`, () => {
        checkOpCase(test, 0);
      });
  for (const [name, rows] of [
    ['digits_qat_mlp_pertensor', 100],
    ['tflm_hello_world_int8', 1000],
    ['mlperf_kws_int8', 2],
  ] as const)
    it(`answers as onnxruntime on ${name}`, () => {
      checkModel(name, rows);
    });
});
