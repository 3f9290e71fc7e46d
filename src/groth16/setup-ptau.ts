import { readFile } from 'node:fs/promises';
import { zKey } from 'snarkjs';
import { writeFileAtomic } from '../bundle/atomic.js';
import { ZkinferError } from '../core/error.js';
import { R } from '../core/field.js';
import { FIELD_BYTES, readInteger } from './curve.js';
import { domainPower } from './dev-key-columns.js';
import { refuseForgeableKey } from './forgeable-key.js';
import type { VerificationKey } from './proof.js';
import { findPublishedPtau } from './ptau-digests.js';
import { digestPtau, type PtauInfo, readPtauInfo } from './ptau-file.js';
import { needSection, readSections, refuseArtifact } from './section-file.js';
import { withSnarkjsCurve } from './snarkjs-curve.js';
import { captureLog } from './snarkjs-log.js';
import { exportVerificationKey, readZkeyInfo, type ZkeyInfo } from './zkey-file.js';

/** What a key is good for. It never changes afterwards. */
export type SetupProfile = 'dev' | 'production';

export interface PtauSetupOptions {
  readonly r1csPath: string;
  readonly ptauPath: string;
  /** Where the key is put, in one step. */
  readonly zkeyPath: string;
  readonly profile: SetupProfile;
  /** Name of the contribution made here; it is public. */
  readonly contributor?: string;
  /** BLAKE2b-512 that the caller trusts the powers-of-tau file to have, besides the published ones. */
  readonly pinnedBlake2b?: string;
}

/** Sizes of a constraint system that decide what a setup needs. */
export interface R1csCounts {
  readonly wireCount: number;
  readonly publicCount: number;
  readonly constraintCount: number;
}

/** Reads the header of an `.r1cs` file. @throws ZkinferError `ARTIFACT_DAMAGED` */
export function readR1csCounts(r1cs: Uint8Array): R1csCounts {
  const sections = readSections(r1cs, 'r1cs', 1);
  const header = needSection(sections, 'r1cs', 1, 4 + FIELD_BYTES + 28);
  needSection(sections, 'r1cs', 2);
  const view = new DataView(r1cs.buffer, r1cs.byteOffset + header.offset, header.size);
  if (view.getUint32(0, true) !== FIELD_BYTES || readInteger(r1cs, header.offset + 4) !== R) {
    throw refuseArtifact('r1cs', 'its field is not the scalar field of BN254');
  }
  const at = 4 + FIELD_BYTES;
  return {
    wireCount: view.getUint32(at, true),
    publicCount: view.getUint32(at + 4, true) + view.getUint32(at + 8, true),
    constraintCount: view.getUint32(at + 24, true),
  };
}

/** The least power of a powers-of-tau file for a circuit: constraints, public inputs and outputs all count. */
export function neededPower(counts: Pick<R1csCounts, 'constraintCount' | 'publicCount'>): number {
  return domainPower(counts.constraintCount, counts.publicCount);
}

/** Refuses a powers-of-tau file that cannot serve a circuit under a profile. @throws ZkinferError */
export function checkPtau(info: PtauInfo, needed: number, profile: SetupProfile): void {
  if (info.power < needed) {
    throw new ZkinferError({
      code: 'PTAU_TOO_SMALL',
      kind: 'usage',
      message: `The powers-of-tau file is too small: power ${info.power}, the circuit needs ${needed}.`,
      hint: `Use a prepared powers-of-tau file of power ${needed} or more.`,
    });
  }
  if (!info.prepared) {
    throw new ZkinferError({
      code: 'PTAU_NOT_PREPARED',
      kind: 'usage',
      message: 'The powers-of-tau file is not prepared for phase 2.',
      hint: 'Use the file whose name says final or prepared, or prepare this one (snarkjs powersoftau prepare phase2).',
    });
  }
  if (profile === 'production' && !info.contributions.some(({ kind }) => kind === 'contribution')) {
    throw new ZkinferError({
      code: 'PTAU_WITHOUT_CONTRIBUTIONS',
      kind: 'policy',
      message: 'Nobody contributed to the powers-of-tau file, so its secrets are known and every proof can be forged.',
      hint: 'Use the file of a public ceremony, and check its published digest.',
    });
  }
}

/**
 * Refuses a powers-of-tau file that is neither published nor pinned: its secrets may be known to whoever made it.
 * @throws ZkinferError `PTAU_UNKNOWN`
 */
export function checkPtauOrigin(blake2b: string, power: number, pinned?: string): void {
  if (blake2b === pinned || findPublishedPtau(blake2b)?.power === power) return;
  throw new ZkinferError({
    code: 'PTAU_UNKNOWN',
    kind: 'policy',
    message: 'The powers-of-tau file is none of the published ones and its digest was not pinned.',
    facts: [`blake2b: ${blake2b}`],
    hint: `Use a file of the Hermez ceremony (zkinfer ptau list), or pin a file that you trust: --pin ${blake2b}`,
  });
}

/**
 * Makes a proving key from a powers-of-tau file and adds one contribution with the randomness of the system: a key
 * without any lets everyone forge. The key of the `production` profile still needs contributions of others.
 * Nothing is written unless all succeeds.
 * @throws ZkinferError `ARTIFACT_DAMAGED`, `PTAU_TOO_SMALL`, `PTAU_NOT_PREPARED`, `PTAU_WITHOUT_CONTRIBUTIONS`,
 * `PTAU_UNKNOWN`, `SETUP_FAILED`
 */
export async function setupWithPtau(
  options: PtauSetupOptions,
): Promise<{ info: ZkeyInfo; verificationKey: VerificationKey; ptau: PtauInfo; blake2b: string }> {
  const r1cs = await readFile(options.r1csPath);
  const counts = readR1csCounts(r1cs);
  const ptau = await readPtauInfo(options.ptauPath);
  checkPtau(ptau, neededPower(counts), options.profile);
  const blake2b = await digestPtau(options.ptauPath);
  if (options.profile === 'production') checkPtauOrigin(blake2b, ptau.power, options.pinnedBlake2b);
  const fallback =
    options.profile === 'dev' ? 'zkinfer local contribution (development)' : 'zkinfer local contribution';
  const zkey = await withSnarkjsCurve('all', async () => {
    const initial = await createInitialKey(r1cs, options.ptauPath);
    return contributeToKey(initial, options.contributor ?? fallback);
  });
  const info = readZkeyInfo(zkey);
  refuseForgeableKey(info);
  const verificationKey = await exportVerificationKey(zkey);
  await writeFileAtomic(options.zkeyPath, zkey);
  return { info, verificationKey, ptau, blake2b };
}

/** The key before any contribution; never to be used as it is. Needs a curve. @throws ZkinferError `SETUP_FAILED` */
export async function createInitialKey(r1cs: Uint8Array, ptau: string): Promise<Uint8Array> {
  const target: { type: 'mem'; data?: Uint8Array } = { type: 'mem' };
  const log = captureLog();
  let hash: Uint8Array | -1 = -1;
  try {
    hash = await zKey.newZKey(r1cs, ptau, target, log.logger);
  } catch (cause) {
    throw failSetup('The setup failed.', log.errors(), cause);
  }
  if (hash === -1 || !target.data) throw failSetup('The setup failed.', log.errors());
  return target.data;
}

/** Adds a contribution with the randomness of the system. Needs a curve. @throws ZkinferError `SETUP_FAILED` */
export async function contributeToKey(zkey: Uint8Array, name: string, entropy = ''): Promise<Uint8Array> {
  const target: { type: 'mem'; data?: Uint8Array } = { type: 'mem' };
  const log = captureLog();
  // snarkjs adds 64 random bytes of the system to the text; an empty text would make it ask at the terminal.
  const done = await zKey.contribute(zkey, target, name, `${entropy} `, log.logger).catch((cause: unknown) => {
    throw failSetup('The contribution failed.', log.errors(), cause);
  });
  if (!done || !target.data) throw failSetup('The contribution failed.', log.errors());
  return target.data;
}

function failSetup(message: string, facts: readonly string[], cause?: unknown): ZkinferError {
  return new ZkinferError({
    code: 'SETUP_FAILED',
    kind: 'artifact',
    message,
    facts,
    hint: 'Check that constraint system and powers-of-tau file are whole.',
    cause,
  });
}
