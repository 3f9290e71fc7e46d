import { mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withScratchFolder } from '../../../src/bundle/atomic.js';
import { digestFile } from '../../../src/bundle/digest.js';
import { readManifest } from '../../../src/bundle/manifest-file.js';
import { writeQModel } from '../../../src/bundle/qmodel-file.js';
import { namePublicSignals } from '../../../src/circuit/lower.js';
import { compileBundle } from '../../../src/pipeline/compile-bundle.js';
import { loadModel, rowsSpecOf } from '../../../src/pipeline/load-model.js';
import { openBundle } from '../../../src/pipeline/open-bundle.js';
import { quantizeModel } from '../../../src/pipeline/quantize-model.js';
import { setupBundle } from '../../../src/pipeline/setup-bundle.js';
import { readRows } from '../../../src/rows/read-rows.js';

/** Whether a folder holds a bundle of this very model that this very version can prove with. */
async function isUsable(dir: string, modelPath: string): Promise<boolean> {
  try {
    const { manifest, program } = await openBundle(dir);
    const names = namePublicSignals(program);
    return (
      manifest.source.digest === (await digestFile(modelPath)) &&
      manifest.circuit.constraints === program.constraintCount &&
      names.join() === manifest.statement.publicSignals.join()
    );
  } catch {
    return false;
  }
}

/**
 * Builds the bundle of a sample model with development keys, or keeps the one that is there when every digest fits.
 * @param sample folder with model.onnx, calibration.json and test.json
 */
export async function ensureBundle(dir: string, sample: string, onStep: (step: string) => void): Promise<string> {
  const modelPath = join(sample, 'model.onnx');
  if (!(await isUsable(dir, modelPath))) {
    if ((await stat(dir).catch(() => null)) !== null) await rm(dir, { recursive: true });
    await mkdir(dir, { recursive: true });
    const spec = rowsSpecOf((await loadModel(modelPath)).graph);
    const calibration = await readRows(join(sample, 'calibration.json'), spec);
    onStep('building the bundle: quantize');
    const { qmodel } = await quantizeModel({ modelPath, calibration });
    await withScratchFolder(tmpdir(), async (scratch) => {
      const qmodelPath = join(scratch, 'model.qmodel.json');
      await writeQModel(qmodelPath, qmodel);
      onStep('building the bundle: compile');
      await compileBundle({ qmodelPath, outDir: dir });
    });
    onStep('building the bundle: development keys');
    await setupBundle({ dir });
  }
  const { circuit } = await readManifest(dir);
  onStep(`bundle: ${dir}, ${circuit.constraints.toLocaleString('en')} constraints`);
  return digestFile(join(dir, 'manifest.json'));
}
