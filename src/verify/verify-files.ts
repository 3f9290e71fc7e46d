import { open } from 'node:fs/promises';
import type { ArtifactName } from '../bundle/artifact-names.js';
import { checkArtifacts, findMismatches, mismatchError } from '../bundle/artifacts.js';
import { fileError } from '../bundle/file-error.js';
import type { Manifest } from '../bundle/manifest.js';
import { readManifest } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { needWeights, readKeyJson, requireModelKey } from './model-key.js';
import { type Expectations, type InferenceVerdict, verifyInference } from './verify-inference.js';

/** Largest proof file that is read, in bytes. */
export const PROOF_CAP_BYTES = 64 * 2 ** 20;

/**
 * Artifacts that verifying does without and that are small: they may be absent, but one that was changed shows that the folder
 * is not what its manifest says. The large ones are for `check`.
 */
const SMALL: ArtifactName[] = ['qmodel', 'audit', 'ceremony', 'solidity', 'solidityJson'];

/** What proofs are verified against: a manifest and a key whose digest the manifest names. */
export interface VerifyingBundle {
  readonly manifest: Manifest;
  readonly verificationKey: unknown;
}

/**
 * Opens a bundle for verification: only the manifest and the verification key are needed, and where the weights are private
 * what shows that the key is one of a model.
 * @throws ZkinferError (exit code 2, 3); WEIGHTS_UNPROVED (5)
 */
export async function openVerifyingBundle(folder: string): Promise<VerifyingBundle> {
  const manifest = await readManifest(folder);
  needWeights(folder, manifest);
  await checkArtifacts(folder, manifest, ['verificationKey']);
  const changed = (await findMismatches(folder, manifest, SMALL)).filter(({ given }) => given !== null);
  if (changed.length > 0) throw mismatchError(changed);
  await requireModelKey(folder, manifest);
  return { manifest, verificationKey: await readKeyJson(bundlePaths(folder).verificationKey) };
}

/** The text of a proof file; null where it is over the cap. @throws ZkinferError FILE_UNUSABLE (2) where the file itself can't be read */
export async function readProofText(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      return size > PROOF_CAP_BYTES ? null : await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}

/** Verifies the text of a proof file. Total, like verifyInference. */
export async function verifyProofText(
  text: string,
  bundle: VerifyingBundle,
  expected: Expectations = {},
): Promise<InferenceVerdict> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { valid: false, reason: 'the proof file is not JSON' };
  }
  return verifyInference(document, bundle.manifest, bundle.verificationKey, expected);
}

/**
 * Verifies a proof file against an open bundle. What is in the file decides the verdict and never throws; a file that can't be
 * read at all is the caller's mistake.
 * @throws ZkinferError FILE_UNUSABLE (2)
 */
export async function verifyProofFile(
  path: string,
  bundle: VerifyingBundle,
  expected: Expectations = {},
): Promise<InferenceVerdict> {
  const text = await readProofText(path);
  if (text === null) return { valid: false, reason: `the proof file is over the cap of ${PROOF_CAP_BYTES} bytes` };
  return verifyProofText(text, bundle, expected);
}
