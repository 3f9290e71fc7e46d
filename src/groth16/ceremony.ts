import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { zKey } from 'snarkjs';
import { writeFileAtomic } from '../bundle/atomic.js';
import { readBytes, readText } from '../bundle/read-file.js';
import { ZkinferError } from '../core/error.js';
import {
  type CeremonyTranscript,
  formatAttestation,
  formatTranscript,
  parseTranscript,
  readSteps,
} from './ceremony-transcript.js';
import { digestPtau, readPtauInfo } from './ptau-file.js';
import { checkPtau, contributeToKey, createInitialKey, neededPower, readR1csCounts } from './setup-ptau.js';
import { withSnarkjsCurve } from './snarkjs-curve.js';
import { captureLog } from './snarkjs-log.js';

/** Files that the participants hand on. */
export interface CeremonyFiles {
  readonly transcriptPath: string;
  /** The key of the step before. */
  readonly zkeyPath: string;
  /** Where the key after this step is put. */
  readonly nextZkeyPath: string;
  /** Where the contributor's statement is put. */
  readonly attestationPath?: string;
}

/**
 * Begins a ceremony: writes the key that nobody contributed to yet, and the transcript.
 * @throws ZkinferError `ARTIFACT_DAMAGED`, `PTAU_TOO_SMALL`, `PTAU_NOT_PREPARED`, `SETUP_FAILED`
 */
export async function startCeremony(files: {
  readonly r1csPath: string;
  readonly ptauPath: string;
  readonly zkeyPath: string;
  readonly transcriptPath: string;
  readonly onProgress?: (stage: string) => void;
}): Promise<CeremonyTranscript> {
  const r1cs = await readFile(files.r1csPath);
  const ptau = await readPtauInfo(files.ptauPath);
  checkPtau(ptau, neededPower(readR1csCounts(r1cs)), 'dev');
  files.onProgress?.('making the key that nobody contributed to yet, which takes minutes for large circuits');
  const zkey = await withSnarkjsCurve('all', () => createInitialKey(r1cs, files.ptauPath));
  files.onProgress?.('digesting the powers of tau');
  const transcript: CeremonyTranscript = {
    format: 'zkinfer-ceremony/1',
    r1cs: { sha256: sha256(r1cs) },
    ptau: { blake2b: await digestPtau(files.ptauPath), power: ptau.power },
    initialZkey: sha256(zkey),
    circuitHash: (await readSteps(zkey)).circuitHash,
    steps: [],
  };
  await writeFileAtomic(files.zkeyPath, zkey);
  await writeFileAtomic(files.transcriptPath, formatTranscript(transcript));
  return transcript;
}

/**
 * Adds a contribution. Its secret comes from the randomness of the system and from `entropy`, and is forgotten.
 * @param entropy text typed by the contributor, never taken from a command line
 * @throws ZkinferError `CEREMONY_TRANSCRIPT`, `CEREMONY_ORDER`, `CEREMONY_NAME`, `SETUP_FAILED`
 */
export function contributeToCeremony(files: CeremonyFiles, name: string, entropy: string): Promise<CeremonyTranscript> {
  checkName(name);
  return takeStep(files, (zkey) => contributeToKey(zkey, name, entropy));
}

/**
 * Adds public randomness that nobody could know in advance. It adds nothing to the secrecy of the contributions before it.
 * @param hash hexadecimal, at most 255 bytes
 * @param iterationsExponent the value is hashed 2^n times, n from 10 to 63
 * @throws ZkinferError as `contributeToCeremony`, `CEREMONY_BEACON`
 */
export function applyBeacon(
  files: CeremonyFiles,
  name: string,
  beacon: { readonly hash: string; readonly iterationsExponent: number },
): Promise<CeremonyTranscript> {
  checkName(name);
  const { hash, iterationsExponent } = beacon;
  const inRange = Number.isInteger(iterationsExponent) && iterationsExponent >= 10 && iterationsExponent <= 63;
  if (!/^([0-9a-f]{2}){1,255}$/.test(hash) || !inRange) {
    throw new ZkinferError({
      code: 'CEREMONY_BEACON',
      kind: 'usage',
      message: 'A beacon is an even number of hexadecimal digits and an exponent from 10 to 63.',
    });
  }
  return takeStep(files, async (zkey) => {
    const target: { type: 'mem'; data?: Uint8Array } = { type: 'mem' };
    const log = captureLog();
    const done = await zKey.beacon(zkey, target, name, hash, iterationsExponent, log.logger);
    if (!done || !target.data) {
      throw new ZkinferError({
        code: 'SETUP_FAILED',
        kind: 'artifact',
        message: 'The beacon failed.',
        facts: log.errors(),
      });
    }
    return target.data;
  });
}

async function takeStep(
  files: CeremonyFiles,
  makeNext: (zkey: Uint8Array) => Promise<Uint8Array>,
): Promise<CeremonyTranscript> {
  const transcript = parseTranscript(await readText(files.transcriptPath));
  const zkey = await readBytes(files.zkeyPath);
  const expected = transcript.steps.at(-1)?.zkey ?? transcript.initialZkey;
  if (sha256(zkey) !== expected) {
    throw new ZkinferError({
      code: 'CEREMONY_ORDER',
      kind: 'artifact',
      message: 'The key is not the one after the last step of the transcript.',
      facts: [`expected sha256 ${expected}`, `given sha256 ${sha256(zkey)}`],
      hint: 'Take key and transcript from the participant before you, together.',
    });
  }
  const next = await withSnarkjsCurve('all', () => makeNext(zkey));
  const step = (await readSteps(next)).steps[transcript.steps.length];
  const { kind, name, contributionHash } = step;
  const extended = {
    ...transcript,
    steps: [...transcript.steps, { kind, name, zkey: sha256(next), contributionHash }],
  };
  await writeFileAtomic(files.nextZkeyPath, next);
  await writeFileAtomic(files.transcriptPath, formatTranscript(extended));
  if (files.attestationPath) {
    await writeFileAtomic(files.attestationPath, formatAttestation(extended, transcript.steps.length));
  }
  return extended;
}

/** Names go into the key, 64 bytes at most. */
function checkName(name: string): void {
  if (!/^[^\p{Cc}]+$/u.test(name) || Buffer.byteLength(name) > 64) {
    throw new ZkinferError({
      code: 'CEREMONY_NAME',
      kind: 'usage',
      message: 'A name has 1 to 64 bytes and no control characters.',
    });
  }
}

/** Hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
