import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runWords } from '../../cli/capture.js';

const SAMPLE = join(import.meta.dirname, '../../../examples/models/iris-mlp');

export interface SampleBundle {
  /** A folder of the test's own. */
  readonly folder: string;
  /** A bundle of the iris sample with development keys. */
  readonly bundle: string;
  readonly testRows: string;
  readonly remove: () => Promise<void>;
}

/** Builds the iris sample in a temporary folder, from ONNX to keys. @param options more words for `zkinfer build` */
export async function buildSampleBundle(...options: string[]): Promise<SampleBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'zkinfer-chain-'));
  const bundle = join(folder, 'iris');
  const testRows = join(SAMPLE, 'test.json');
  const calibration = join(SAMPLE, 'calibration.json');
  const built = await runWords(
    'build',
    join(SAMPLE, 'model.onnx'),
    '--calibration',
    calibration,
    '-o',
    bundle,
    '--quiet',
    ...options,
  );
  if (built.code !== 0) throw new Error(built.stderr);
  return { folder, bundle, testRows, remove: () => rm(folder, { recursive: true, force: true }) };
}
