import { join } from 'node:path';
import type { QModel } from '../../src/bundle/qmodel.js';
import { loadModel, quantizeModel, readRows, rowsSpecOf } from '../../src/index.js';

/** The iris sample: `model.onnx`, `calibration.json`, `test.json`. */
export const IRIS = join(import.meta.dirname, '../../examples/models/iris-mlp');

/** Its integer model, made now, and a row of its input. */
export async function quantizeIris(): Promise<{ readonly qmodel: QModel; readonly row: Record<string, Float64Array> }> {
  const modelPath = join(IRIS, 'model.onnx');
  const calibration = await readRows(join(IRIS, 'calibration.json'), rowsSpecOf((await loadModel(modelPath)).graph));
  return { qmodel: (await quantizeModel({ modelPath, calibration })).qmodel, row: calibration.rows[0] };
}
