import { readFile } from 'node:fs/promises';
import { zKey } from 'snarkjs';
import { readBytes, readText } from '../bundle/read-file.js';
import { ZkinferError } from '../core/error.js';
import { sha256 } from './ceremony.js';
import { type CeremonyTranscript, parseTranscript, readSteps } from './ceremony-transcript.js';
import type { VerificationKey } from './proof.js';
import { findPublishedPtau } from './ptau-digests.js';
import { digestPtau, readPtauInfo } from './ptau-file.js';
import { checkPtau, checkPtauOrigin, neededPower, readR1csCounts } from './setup-ptau.js';
import { withSnarkjsCurve } from './snarkjs-curve.js';
import { captureLog } from './snarkjs-log.js';
import { exportVerificationKey, readZkeyInfo } from './zkey-file.js';

export interface CeremonyArtifacts {
  readonly transcriptPath: string;
  readonly r1csPath: string;
  readonly ptauPath: string;
  /** The key after the last step. */
  readonly zkeyPath: string;
  readonly onProgress?: (stage: string) => void;
}

/** What a replay found. */
export interface CeremonyReport {
  readonly valid: boolean;
  /** Every mismatch; empty when valid. */
  readonly problems: readonly string[];
  readonly transcript: CeremonyTranscript;
  /** Steps made with a secret; beacons do not count. */
  readonly independentContributions: number;
  readonly endsWithBeacon: boolean;
  /** Name of the powers-of-tau file where it is a published one. */
  readonly publishedPtau: string | undefined;
  /** Contributions to the powers of tau; of a file without any, everyone may know the secrets. */
  readonly ptauContributions: number;
}

const CONTRIBUTE_HINT = 'Let more people contribute: zkinfer ceremony contribute FOLDER --name NAME';

/** Independent contributions without which a key is not for production. */
export const LEAST_CONTRIBUTIONS = 3;

/**
 * Replays a ceremony: files against the digests of the transcript, the steps in the key against those of the transcript,
 * and the key itself, step by step, from constraints and powers of tau.
 * @throws ZkinferError when a file cannot be read as what it should be
 */
export async function verifyCeremony(artifacts: CeremonyArtifacts): Promise<CeremonyReport> {
  artifacts.onProgress?.('comparing files and steps with the transcript');
  const transcript = parseTranscript(await readText(artifacts.transcriptPath));
  const [r1cs, zkey] = [await readBytes(artifacts.r1csPath), await readBytes(artifacts.zkeyPath)];
  const ptau = await readPtauInfo(artifacts.ptauPath);
  checkPtau(ptau, neededPower(readR1csCounts(r1cs)), 'dev');
  const info = readZkeyInfo(zkey);
  const { circuitHash, steps } = await readSteps(zkey);

  const problems: string[] = [];
  const compare = (what: string, given: unknown, expected: unknown): void => {
    if (given !== expected) problems.push(`${what}: ${String(given)}, the transcript says ${String(expected)}`);
  };
  const blake2b = await digestPtau(artifacts.ptauPath);
  compare('sha256 of the constraints', sha256(r1cs), transcript.r1cs.sha256);
  compare('blake2b of the powers of tau', blake2b, transcript.ptau.blake2b);
  compare('power', ptau.power, transcript.ptau.power);
  compare('sha256 of the key', sha256(zkey), transcript.steps.at(-1)?.zkey ?? transcript.initialZkey);
  compare('circuit hash', circuitHash, transcript.circuitHash);
  compare('number of steps', steps.length, transcript.steps.length);
  steps.forEach((step, index) => {
    for (const entry of ['kind', 'name', 'contributionHash'] as const) {
      compare(`${entry} of step ${index + 1}`, step[entry], transcript.steps[index]?.[entry]);
    }
  });
  if (info.gammaEqualsDelta) problems.push('nobody contributed: gamma equals delta, everyone can forge');
  if (problems.length === 0) {
    artifacts.onProgress?.(
      'replaying every step from constraints and powers of tau, which takes minutes for large circuits',
    );
    problems.push(...(await replay(artifacts, zkey)));
  }
  return {
    valid: problems.length === 0,
    problems,
    transcript,
    independentContributions: info.independentContributions,
    endsWithBeacon: info.contributions.at(-1)?.kind === 'beacon',
    publishedPtau: findPublishedPtau(blake2b)?.name,
    ptauContributions: ptau.contributions.filter(({ kind }) => kind === 'contribution').length,
  };
}

async function replay(artifacts: CeremonyArtifacts, zkey: Uint8Array): Promise<string[]> {
  const log = captureLog();
  try {
    const valid = await withSnarkjsCurve('all', () =>
      zKey.verifyFromR1cs(artifacts.r1csPath, artifacts.ptauPath, zkey, log.logger),
    );
    return valid ? [] : ['the key does not follow from constraints and powers of tau by these steps', ...log.errors()];
  } catch (cause) {
    return [`the key cannot be replayed: ${String(cause).slice(0, 200)}`];
  }
}

/**
 * Ends a ceremony: verifies it and applies the policy for production keys.
 * @param pinnedBlake2b digest that the caller trusts the powers-of-tau file to have, besides the published ones
 * @throws ZkinferError `CEREMONY_INVALID`, `CEREMONY_TOO_FEW`, `PTAU_UNKNOWN`
 */
export async function finishCeremony(
  artifacts: CeremonyArtifacts,
  pinnedBlake2b?: string,
): Promise<{ report: CeremonyReport; zkey: Uint8Array; verificationKey: VerificationKey }> {
  const report = await verifyCeremony(artifacts);
  if (!report.valid) {
    throw new ZkinferError({
      code: 'CEREMONY_INVALID',
      kind: 'artifact',
      message: 'The ceremony does not verify.',
      facts: report.problems,
      hint:
        report.transcript.steps.length === 0
          ? CONTRIBUTE_HINT
          : 'Collect the files again from the participants; zkinfer ceremony verify FOLDER --ptau FILE says what does not follow.',
    });
  }
  if (report.independentContributions < LEAST_CONTRIBUTIONS) {
    throw new ZkinferError({
      code: 'CEREMONY_TOO_FEW',
      kind: 'policy',
      message: `A production key needs ${LEAST_CONTRIBUTIONS} independent contributions, this one has ${report.independentContributions}.`,
      facts: ['beacons do not count: whoever knew all secrets before one knows them after it'],
      hint: CONTRIBUTE_HINT,
    });
  }
  const { blake2b, power } = report.transcript.ptau;
  checkPtauOrigin(blake2b, power, pinnedBlake2b);
  const zkey = await readFile(artifacts.zkeyPath);
  return { report, zkey, verificationKey: await exportVerificationKey(zkey) };
}
