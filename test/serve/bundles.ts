import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeQModel } from '../../src/bundle/qmodel-file.js';
import { compileBundle } from '../../src/pipeline/compile-bundle.js';
import { loadModel, rowsSpecOf } from '../../src/pipeline/load-model.js';
import { quantizeModel } from '../../src/pipeline/quantize-model.js';
import { setupBundle } from '../../src/pipeline/setup-bundle.js';
import { readRows } from '../../src/rows/read-rows.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/iris-mlp');

let folder: Promise<string> | undefined;
const made = new Map<string, Promise<string>>();

async function makeFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'zkinfer-serve-'));
  const modelPath = join(SAMPLE, 'model.onnx');
  const calibration = await readRows(join(SAMPLE, 'calibration.json'), rowsSpecOf((await loadModel(modelPath)).graph));
  const { qmodel } = await quantizeModel({ modelPath, calibration });
  await writeQModel(join(path, 'iris.qmodel.json'), qmodel);
  return path;
}

async function makeBundle(visibility: 'public' | 'private' | 'committed'): Promise<string> {
  folder ??= makeFolder();
  const dir = join(await folder, visibility);
  const qmodelPath = join(await folder, 'iris.qmodel.json');
  await compileBundle({ qmodelPath, outDir: dir, input: visibility, engine: 'direct', audit: false });
  await setupBundle({ dir });
  return dir;
}

/** A bundle of the iris sample, made once for all tests; it is called by its visibility. */
export function irisBundle(visibility: 'public' | 'private' | 'committed' = 'public'): Promise<string> {
  const bundle = made.get(visibility) ?? makeBundle(visibility);
  made.set(visibility, bundle);
  return bundle;
}

/** A row of the sample; the number makes it another one. */
export function irisRow(n = 0): number[] {
  return [5.1, 3.5, 1.4, 0.2 + n / 100];
}

after(async () => {
  if (folder) await rm(await folder, { recursive: true, force: true });
});
