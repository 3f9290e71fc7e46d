import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { verifyGraph } from '../../src/graph/verify.js';
import { readOnnx } from '../../src/onnx/read.js';
import { dimsOf, largestError, toElements } from './corpus.js';
import { answer, importOrExplain, type OpCase } from './ops-corpus.js';

interface Model {
  readonly name: string;
  readonly model_base64: string;
  readonly rows: readonly Pick<OpCase, 'inputs' | 'outputs'>[];
}

function readModels(file: string): readonly Model[] {
  const path = join(import.meta.dirname, '../vectors', file);
  return (JSON.parse(readFileSync(path, 'utf8')) as { models: readonly Model[] }).models;
}

const SUITES = {
  'models of scikit-learn, LightGBM and XGBoost': readModels('classical-models.json'),
  'models of the quantizer of onnxruntime': readModels('quantized-models.json'),
};

for (const [suite, models] of Object.entries(SUITES))
  describe(suite, () => {
    for (const { name, model_base64, rows } of models)
      it(`answers as onnxruntime, imported and optimized: ${name}`, () => {
        const options = { dims: dimsOf(rows[0].inputs), outputs: Object.keys(rows[0].outputs) };
        const imported = importOrExplain(readOnnx(Buffer.from(model_base64, 'base64')), options);
        const optimized = optimizeGraph(imported);
        verifyGraph(optimized);
        for (const graph of [imported, optimized])
          for (const row of rows) {
            const elements = Object.entries(row.inputs).map(([port, { data, type }]) => [port, toElements(data, type)]);
            const answers = answer(graph, Object.fromEntries(elements));
            for (const [port, { data, type }] of Object.entries(row.outputs)) {
              const allowed = type.startsWith('float') ? 1e-4 : 0;
              expect(largestError(answers[port], data), `${port}: ${answers[port]}`).to.be.at.most(allowed);
            }
          }
      });
  });
