import { join } from 'node:path';
import { checkOpCase, readCases } from './ops-corpus.js';

const cases = readCases(join(import.meta.dirname, '../vectors/ml-operators.json'));

describe('random models of classical, recurrent and quantized operators', () => {
  for (const test of cases)
    it(`answers as onnxruntime: ${test.name}`, () => {
      checkOpCase(test);
    });
});
