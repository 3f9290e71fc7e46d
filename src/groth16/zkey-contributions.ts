import { toHex } from '../core/hex.js';
import { G1_BYTES, G2_BYTES } from './curve.js';
import { refuseArtifact, type Section } from './section-file.js';

/** One step of the second phase of a setup. */
export interface Contribution {
  /** A beacon is public randomness: it adds nothing against whoever knew all secrets before it. */
  readonly kind: 'contribution' | 'beacon';
  readonly name: string;
  /** Hash of the transcript up to this step, hexadecimal. */
  readonly transcript: string;
  /** Beacons only: the public value and the log2 of the number of hash iterations. */
  readonly beacon?: { readonly hash: string; readonly iterationsExponent: number };
}

const HASH_BYTES = 64;
const POINTS_BYTES = 3 * G1_BYTES + G2_BYTES;

/**
 * Reads section 10 of a proving key: the circuit hash and the contributions, in order, filling the section exactly. A
 * public key is delta after the step, two points of G1 and one of G2 that prove knowledge of its secret.
 * @throws ZkinferError `ARTIFACT_DAMAGED`
 */
export function readContributions(
  zkey: Uint8Array,
  section: Section,
): { circuitHash: string; contributions: Contribution[]; publicKeys: Uint8Array[] } {
  const bytes = zkey.subarray(section.offset, section.offset + section.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (size: number): number => {
    const from = at;
    if (size > bytes.length - at) throw refuseArtifact('zkey', 'its list of contributions is cut');
    at += size;
    return from;
  };
  const takeBytes = (size: number): Uint8Array => bytes.slice(take(size), at);

  const circuitHash = toHex(takeBytes(HASH_BYTES));
  const count = view.getUint32(take(4), true);
  const contributions: Contribution[] = [];
  const publicKeys: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    publicKeys.push(takeBytes(POINTS_BYTES));
    const transcript = toHex(takeBytes(HASH_BYTES));
    const type = view.getUint32(take(4), true);
    if (type > 1) throw refuseArtifact('zkey', `contribution ${index + 1} is of unknown type ${type}`);
    const end = view.getUint32(take(4), true) + at;
    let name = '';
    let hash = '';
    let iterationsExponent = 0;
    let last = 0;
    while (at < end) {
      const parameter = bytes[take(1)];
      if (parameter <= last || parameter > 3)
        throw refuseArtifact('zkey', `contribution ${index + 1} has odd parameters`);
      last = parameter;
      if (parameter === 1) name = new TextDecoder('utf-8', { ignoreBOM: true }).decode(takeBytes(bytes[take(1)]));
      else if (parameter === 2) iterationsExponent = bytes[take(1)];
      else hash = toHex(takeBytes(bytes[take(1)]));
    }
    if (at !== end) throw refuseArtifact('zkey', `contribution ${index + 1} has odd parameters`);
    contributions.push({
      kind: type === 1 ? 'beacon' : 'contribution',
      name,
      transcript,
      ...(type === 1 ? { beacon: { hash, iterationsExponent } } : {}),
    });
  }
  if (at !== bytes.length) throw refuseArtifact('zkey', 'bytes follow its contributions');
  return { circuitHash, contributions, publicKeys };
}
