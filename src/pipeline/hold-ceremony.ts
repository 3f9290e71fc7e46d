import { access, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactName } from '../bundle/artifact-names.js';
import { checkArtifacts } from '../bundle/artifacts.js';
import { replaceFile } from '../bundle/atomic.js';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import { digestBytes } from '../bundle/digest.js';
import { withBundleLock } from '../bundle/lock.js';
import { type Manifest, OVERRIDE_EMPTY_PTAU } from '../bundle/manifest.js';
import { readManifest, writeBundle } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { ZkinferError } from '../core/error.js';
import { applyBeacon, type CeremonyFiles, contributeToCeremony, startCeremony } from '../groth16/ceremony.js';
import { type CeremonyReport, finishCeremony, verifyCeremony } from '../groth16/ceremony-check.js';
import { type CeremonyTranscript, parseTranscript } from '../groth16/ceremony-transcript.js';

/**
 * A ceremony is a folder that participants pass on: `ceremony.json`, `circuit.r1cs`, a key a step, an attestation a step.
 * The next participant needs the transcript and the latest key alone.
 */
const TRANSCRIPT = 'ceremony.json';
const CIRCUIT = 'circuit.r1cs';

function keyName(step: number): string {
  return `key-${String(step).padStart(4, '0')}.zkey`;
}

/** The files of the step that comes next. @throws ZkinferError CEREMONY_MISSING */
async function nextFiles(folder: string): Promise<CeremonyFiles> {
  const { steps } = await readTranscript(folder);
  return {
    transcriptPath: join(folder, TRANSCRIPT),
    zkeyPath: join(folder, keyName(steps.length)),
    nextZkeyPath: join(folder, keyName(steps.length + 1)),
    attestationPath: join(folder, `attestation-${String(steps.length + 1).padStart(4, '0')}.txt`),
  };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readTranscript(folder: string): Promise<CeremonyTranscript> {
  let text: string;
  try {
    text = await readFile(join(folder, TRANSCRIPT), 'utf8');
  } catch (cause) {
    throw new ZkinferError({
      code: 'CEREMONY_MISSING',
      kind: 'usage',
      message: `${folder} holds no ceremony`,
      hint: 'begin one with: zkinfer ceremony start FOLDER --bundle BUNDLE --ptau FILE',
      cause,
    });
  }
  return parseTranscript(text);
}

/** Begins a ceremony for the circuit of a bundle. @throws ZkinferError CEREMONY_EXISTS, and those of `startCeremony` */
export async function beginCeremony(request: {
  readonly folder: string;
  readonly bundle: string;
  readonly ptauPath: string;
  readonly onProgress?: (stage: string) => void;
}): Promise<CeremonyTranscript> {
  const { folder, bundle, ptauPath, onProgress } = request;
  await checkArtifacts(bundle, await readManifest(bundle), ['r1cs']);
  const [r1csPath, transcriptPath] = [bundlePaths(bundle).r1cs, join(folder, TRANSCRIPT)];
  if (await isThere(transcriptPath))
    throw new ZkinferError({
      code: 'CEREMONY_EXISTS',
      kind: 'usage',
      message: `${folder} holds a ceremony already`,
      hint: 'begin another one in another folder; this one goes on with: zkinfer ceremony contribute FOLDER --name NAME',
    });
  const zkeyPath = join(folder, keyName(0));
  const transcript = await startCeremony({ r1csPath, ptauPath, zkeyPath, transcriptPath, onProgress });
  await replaceFile(join(folder, CIRCUIT), (temporary) => copyFile(r1csPath, temporary));
  return transcript;
}

/** Adds one contribution. @param entropy text typed by the contributor; the randomness of the system is added to it */
export async function addContribution(folder: string, name: string, entropy: string): Promise<CeremonyTranscript> {
  return contributeToCeremony(await nextFiles(folder), name, entropy);
}

/** Adds public randomness. @param hash hexadecimal, e.g. a block hash named in advance */
export async function addBeacon(
  folder: string,
  name: string,
  hash: string,
  iterationsExponent: number,
): Promise<CeremonyTranscript> {
  return applyBeacon(await nextFiles(folder), name, { hash, iterationsExponent });
}

async function artifactsOf(folder: string, ptauPath: string) {
  const { steps } = await readTranscript(folder);
  return {
    transcriptPath: join(folder, TRANSCRIPT),
    r1csPath: join(folder, CIRCUIT),
    zkeyPath: join(folder, keyName(steps.length)),
    ptauPath,
  };
}

/** Replays a ceremony from constraints and powers of tau. */
export async function replayCeremony(
  folder: string,
  ptauPath: string,
  onProgress?: (stage: string) => void,
): Promise<CeremonyReport> {
  return verifyCeremony({ ...(await artifactsOf(folder, ptauPath)), onProgress });
}

/**
 * Ends a ceremony: verifies it, applies the policy, and gives its key to the bundle as a production key.
 * @param pinnedBlake2b digest of a powers-of-tau file that is trusted besides the published ones; recorded as an override
 */
export async function endCeremony(request: {
  readonly folder: string;
  readonly bundle: string;
  readonly ptauPath: string;
  readonly pinnedBlake2b?: string;
  readonly onProgress?: (stage: string) => void;
}): Promise<CeremonyReport> {
  const { folder, bundle, ptauPath, pinnedBlake2b, onProgress } = request;
  return withBundleLock(bundle, async () => {
    const manifest = await readManifest(bundle);
    const {
      solidity: _s,
      solidityJson: _j,
      ceremony: _c,
      provingKey: _p,
      verificationKey: _v,
      ...kept
    } = manifest.artifacts;
    await checkArtifacts(bundle, manifest, Object.keys(kept) as ArtifactName[]);
    const artifacts = await artifactsOf(folder, ptauPath);
    const { report, zkey, verificationKey } = await finishCeremony({ ...artifacts, onProgress }, pinnedBlake2b);
    const r1csDigest = digestBytes(await readFile(artifacts.r1csPath));
    if (r1csDigest !== manifest.artifacts.r1cs)
      throw new ZkinferError({
        code: 'CEREMONY_OTHER_CIRCUIT',
        kind: 'artifact',
        message: 'the ceremony was held for another circuit than the bundle has',
        facts: [`ceremony ${r1csDigest}`, `bundle   ${manifest.artifacts.r1cs}`],
        hint: 'compile the bundle again from the model the ceremony was for, or hold another one',
      });
    await requireAudit(bundle, manifest);
    const key = printCanonicalJson(verificationKey);
    const transcript = await readFile(artifacts.transcriptPath);
    const digests = {
      provingKey: digestBytes(zkey),
      verificationKey: digestBytes(key),
      ceremony: digestBytes(transcript),
    };
    const files = new Map<ArtifactName, Uint8Array | string>([
      ['provingKey', zkey],
      ['verificationKey', key],
      ['ceremony', transcript],
    ]);
    await writeBundle(bundle, files, {
      ...manifest,
      artifacts: { ...kept, ...digests },
      setup: {
        profile: 'production',
        ptau: report.transcript.ptau,
        contributions: report.independentContributions,
        beacon: report.endsWithBeacon,
        overrides: [
          ...(report.publishedPtau === undefined ? ['powers of tau pinned by hand'] : []),
          ...(report.ptauContributions === 0 ? [OVERRIDE_EMPTY_PTAU] : []),
        ],
      },
    });
    return report;
  });
}

/** A production key is for a circuit that was proved sound. @throws ZkinferError POLICY_NO_AUDIT (policy) */
async function requireAudit(bundle: string, manifest: Manifest): Promise<void> {
  if (manifest.artifacts.audit !== undefined) {
    const { proved } = JSON.parse(await readFile(bundlePaths(bundle).audit, 'utf8')) as { proved?: unknown };
    if (proved === true) return;
  }
  throw new ZkinferError({
    code: 'POLICY_NO_AUDIT',
    kind: 'policy',
    message: 'a production key needs a circuit that was audited and proved sound',
    hint: 'compile the bundle again, without --no-audit: zkinfer compile QMODEL -o BUNDLE',
  });
}
