import { join } from 'node:path';
import { expect } from 'chai';
import { predictCost } from '../../src/circuit/cost.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import { computeWitness } from '../../src/circuit/witness.js';
import { toSigned } from '../../src/core/field.js';
import { loadModel, rowsSpecOf } from '../../src/pipeline/load-model.js';
import { quantizeModel } from '../../src/pipeline/quantize-model.js';
import { evaluateQuant } from '../../src/quantize/evaluate.js';
import { encodeRow } from '../../src/quantize/search.js';
import { readRows } from '../../src/rows/read-rows.js';
import { violatedConstraints, wireValues } from '../circuits/r1cs-tester.js';
import { corpusRoot, hasCorpus } from '../graph/corpus.js';

/** Models of the corpus that the main job is held to; the large ones run in `npm run models`. */
const MODELS = [
  'iris_mlp_relu',
  'digits_mlp_relu',
  'digits_mlp_argmax',
  'mnist14_mlp',
  'mnist_tinycnn_stride',
  'series_conv1d_bn',
  'dyn29_digits_cnn',
  'marabou_mnist2x10',
  'acasxu_1_1',
  'digits_resnet',
  'mnist_dsconv_bn_folded',
  'mnist_lenet5_relu',
  'zoo_mnist8',
] as const;

/** Constraints are checked one by one on circuits below this; larger ones are compared with the evaluator alone. */
const CHECKED_CONSTRAINTS = 15_000;
const ROWS = 20;

describe('models of the corpus, from ONNX to the witness', () => {
  for (const name of MODELS) {
    it(`${name}: agrees with onnxruntime, and the witness with the evaluator on every layer of ${ROWS} rows`, async function () {
      if (!hasCorpus()) {
        this.skip();
      }
      this.timeout(300_000);
      const folder = join(corpusRoot, 'models', name);
      const modelPath = join(folder, 'model.onnx');
      const spec = rowsSpecOf((await loadModel(modelPath)).graph);
      const calibration = await readRows(join(folder, 'calibration.json'), spec);
      const test = await readRows(join(folder, 'test.json'), spec);
      const { qmodel, report } = await quantizeModel({ modelPath, calibration, test });
      expect(report.reference).to.equal('onnxruntime');
      expect(report.top1Agreement ?? 1).to.be.at.least(0.98);
      if (report.metric === 'r2') expect(report.integerScore).to.be.closeTo(report.floatScore as number, 0.02);

      const program = lowerCircuit(qmodel.graph);
      const { r1cs } = emitR1cs(program);
      expect(r1cs.constraintCount, 'the cost model is exact').to.equal(predictCost(qmodel.graph).constraints);
      for (const row of test.rows.slice(0, ROWS)) {
        const codes = encodeRow(qmodel.graph, row);
        const known = evaluateQuant(qmodel.graph, codes);
        const values = wireValues(computeWitness(program, codes, 3n));
        for (const [id, atoms] of program.values) {
          const expected = known.get(id) as Float64Array;
          for (let i = 0; i < expected.length; i++) {
            if (atoms.wire[i] < 0) continue;
            const given = atoms.factor[i] * Number(toSigned(values[atoms.wire[i]])) + atoms.offset[i];
            if (given !== expected[i]) expect.fail(`value ${id}[${i}]: witness ${given}, evaluator ${expected[i]}`);
          }
        }
        if (r1cs.constraintCount <= CHECKED_CONSTRAINTS) expect(violatedConstraints(r1cs, values)).to.deep.equal([]);
      }
    });
  }
});
