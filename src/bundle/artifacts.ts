import { stat } from 'node:fs/promises';
import type { Digest } from '../core/digest.js';
import { ZkinferError } from '../core/error.js';
import { ARTIFACT_FILES, type ArtifactName } from './artifact-names.js';
import { digestFile } from './digest.js';
import { fileError } from './file-error.js';
import type { Manifest } from './manifest.js';
import { bundlePaths } from './paths.js';

/** An artifact that is not what the manifest says. `given` null: the file is missing. */
export interface Mismatch {
  readonly artifact: ArtifactName;
  readonly path: string;
  readonly expected: Digest;
  readonly given: Digest | null;
}

async function digestIfPresent(path: string): Promise<Digest | null> {
  try {
    if (!(await stat(path)).isFile()) return null;
    return await digestFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fileError(cause, 'read', path);
  }
}

/** Compares artifacts with the manifest. @param names all that the manifest lists, where left out */
export async function findMismatches(
  folder: string,
  manifest: Manifest,
  names = Object.keys(manifest.artifacts) as ArtifactName[],
): Promise<Mismatch[]> {
  const paths = bundlePaths(folder);
  const found: Mismatch[] = [];
  for (const artifact of names) {
    const expected = manifest.artifacts[artifact];
    if (expected === undefined) continue;
    const given = await digestIfPresent(paths[artifact]);
    if (given !== expected) found.push({ artifact, path: paths[artifact], expected, given });
  }
  return found;
}

const MADE_BY: Readonly<Record<ArtifactName, string>> = {
  qmodel: 'compile',
  circom: 'compile',
  r1cs: 'compile',
  wireOrder: 'compile',
  witnessProgram: 'compile',
  audit: 'audit',
  provingKey: 'setup',
  verificationKey: 'setup',
  ceremony: 'ceremony finish',
  architectureKey: 'weights commit',
  weights: 'weights commit',
  solidity: 'export-verifier',
  solidityJson: 'export-verifier',
};

/**
 * Makes sure that artifacts are there and are what the manifest says, before any of them is used.
 * @throws ZkinferError ARTIFACT_MISSING (2) where a step was not run, ARTIFACT_MISMATCH (3) naming both digests
 */
export async function checkArtifacts(
  folder: string,
  manifest: Manifest,
  names: readonly ArtifactName[],
): Promise<void> {
  const absent = names.filter((name) => manifest.artifacts[name] === undefined);
  if (absent.length > 0) {
    throw new ZkinferError({
      code: 'ARTIFACT_MISSING',
      kind: 'usage',
      message: `this bundle has no ${ARTIFACT_FILES[absent[0]]} yet`,
      facts: [folder],
      hint: `run: zkinfer ${MADE_BY[absent[0]]} ${folder}`,
    });
  }
  const mismatches = await findMismatches(folder, manifest, [...names]);
  if (mismatches.length > 0) throw mismatchError(mismatches);
}

/** The error for artifacts that differ from their manifest. */
export function mismatchError(mismatches: readonly Mismatch[]): ZkinferError {
  return new ZkinferError({
    code: 'ARTIFACT_MISMATCH',
    kind: 'artifact',
    message:
      mismatches.length === 1
        ? 'an artifact is not the one that the manifest names'
        : `${mismatches.length} artifacts are not the ones that the manifest names`,
    facts: mismatches.flatMap(({ path, expected, given }) => [
      path,
      `  expected ${expected}`,
      `  given    ${given ?? 'no file'}`,
    ]),
    hint: 'the file was changed, damaged or mixed up; build the bundle again',
  });
}

/**
 * Whether artifacts can be kept: the manifest records these digests for what they were made from, and each file still is
 * what the manifest says.
 */
export async function isFresh(
  folder: string,
  manifest: Manifest,
  madeFrom: Readonly<Partial<Record<ArtifactName, Digest>>>,
  names: readonly ArtifactName[],
): Promise<boolean> {
  const sameSource = Object.entries(madeFrom).every(
    ([name, digest]) => manifest.artifacts[name as ArtifactName] === digest,
  );
  if (!sameSource || names.some((name) => manifest.artifacts[name] === undefined)) return false;
  return (await findMismatches(folder, manifest, [...names])).length === 0;
}
