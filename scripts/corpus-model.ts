import { join } from 'node:path';
import { loadModel, rowsSpecOf } from '../src/pipeline/load-model.js';
import { quantizeModel } from '../src/pipeline/quantize-model.js';
import { peekDims } from '../src/rows/peek-dims.js';
import { readRows } from '../src/rows/read-rows.js';
import { corpusRoot } from '../test/graph/corpus.js';

/** Quantizes a model of the corpus with its own rows. @returns the integer model, its report and the test rows */
export async function quantizeCorpusModel(name: string) {
  const folder = join(corpusRoot, 'models', name);
  const modelPath = join(folder, 'model.onnx');
  const dims = await peekDims(join(folder, 'calibration.json'));
  const spec = rowsSpecOf((await loadModel(modelPath, { dims })).graph);
  const calibration = await readRows(join(folder, 'calibration.json'), spec);
  const test = await readRows(join(folder, 'test.json'), spec);
  return { ...(await quantizeModel({ modelPath, dims, calibration, test })), test };
}
