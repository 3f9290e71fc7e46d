import { ZkinferError } from '../core/error.js';
import type { ZkeyInfo } from './zkey-file.js';

const CEREMONY_HINT =
  'hold a ceremony: zkinfer ceremony start FOLDER --bundle BUNDLE --ptau FILE, then contribute, beacon, finish';

/** A refusal of a key by policy; the way out is a ceremony. */
export function refuseKey(code: string, message: string, facts: readonly string[]): ZkinferError {
  return new ZkinferError({ code, kind: 'policy', message, facts, hint: CEREMONY_HINT });
}

/** Refuses a key that lets anyone forge, whatever its maker says of it. @throws ZkinferError `KEY_FORGEABLE` (policy) */
export function refuseForgeableKey(info: ZkeyInfo): void {
  if (info.gammaEqualsDelta)
    throw refuseKey('KEY_FORGEABLE', 'nobody contributed to this key, so anyone can forge proofs with it', [
      'gamma equals delta',
    ]);
  if (!info.development && info.independentContributions === 0)
    throw refuseKey('KEY_FORGEABLE', 'nobody contributed to this key, so anyone can forge proofs with it', [
      `its ${info.contributions.length} steps are public randomness: a beacon is no contribution`,
    ]);
}
