import { join } from 'node:path';
import { ARTIFACT_FILES, ARTIFACT_NAMES, type ArtifactName, OPENING_FILE } from './artifact-names.js';

/**
 * Paths of a bundle folder: every artifact, the manifest, the lock that its writer holds, and the opening of private weights,
 * which is no part of what is handed on.
 */
export type BundlePaths = Readonly<Record<ArtifactName | 'manifest' | 'lock' | 'weightsOpening', string>>;

export function bundlePaths(folder: string): BundlePaths {
  const artifacts = Object.fromEntries(ARTIFACT_NAMES.map((name) => [name, join(folder, ARTIFACT_FILES[name])]));
  return {
    ...(artifacts as Record<ArtifactName, string>),
    manifest: join(folder, 'manifest.json'),
    lock: join(folder, '.lock'),
    weightsOpening: join(folder, OPENING_FILE),
  };
}
