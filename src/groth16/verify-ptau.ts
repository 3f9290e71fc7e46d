import { powersOfTau } from 'snarkjs';
import { ZkinferError } from '../core/error.js';
import { readPtauInfo } from './ptau-file.js';
import { withSnarkjsCurve } from './snarkjs-curve.js';
import { captureLog } from './snarkjs-log.js';

/**
 * Checks a powers-of-tau file in full: every contribution against the one before, and all powers against each other.
 * About an hour for a file of the public ceremonies; comparing its digest with the published one takes seconds.
 * @returns what is wrong; nothing when the file is sound
 * @throws ZkinferError `FILE_UNREADABLE`, `ARTIFACT_DAMAGED`
 */
export async function verifyPtau(path: string): Promise<readonly string[]> {
  const info = await readPtauInfo(path);
  if (info.contributions.length === 0) return ['nobody contributed: the secrets are known'];
  const log = captureLog();
  try {
    const valid = await withSnarkjsCurve('all', () => powersOfTau.verify(path, log.logger));
    return valid ? [] : ['the contributions do not follow from each other', ...log.errors()];
  } catch (cause) {
    if (cause instanceof ZkinferError) throw cause;
    return [`the file cannot be replayed: ${String(cause).slice(0, 200)}`];
  }
}
