import { readFile } from 'node:fs/promises';
import { ZkinferError } from '../core/error.js';
import { ARTIFACT_NAMES, type ArtifactName } from './artifact-names.js';
import { type FileToPlace, writeFileAtomic } from './atomic.js';
import { printCanonicalJson } from './canonical-json.js';
import { fileError } from './file-error.js';
import { describeUnfinished, isUnfinished, replaceTogether } from './journal.js';
import { isLocked } from './lock.js';
import { type Manifest, parseManifest, type SetupFacts } from './manifest.js';
import { bundlePaths } from './paths.js';

/**
 * Reads the manifest of a bundle folder, and changes nothing in it: what is read is the file that stands there.
 * @throws ZkinferError BUNDLE_MISSING (2), MANIFEST_INVALID, BUNDLE_UNFINISHED (3)
 */
export async function readManifest(folder: string): Promise<Manifest> {
  await refuseUnfinished(folder);
  const path = bundlePaths(folder).manifest;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw fileError(cause, 'read', path);
    throw new ZkinferError({
      code: 'BUNDLE_MISSING',
      kind: 'usage',
      message: 'this is not a bundle: it has no manifest',
      facts: [path],
      hint: 'make one with: zkinfer build model.onnx --calibration rows.json -o FOLDER',
      cause,
    });
  }
  return parseManifest(text, path);
}

/** The setup of a bundle that has keys. @throws ZkinferError BUNDLE_NOT_SET_UP (2) */
export function needSetup(folder: string, manifest: Manifest): SetupFacts {
  if (manifest.setup !== null) return manifest.setup;
  throw new ZkinferError({
    code: 'BUNDLE_NOT_SET_UP',
    kind: 'usage',
    message: `${folder} has no keys yet`,
    hint: `zkinfer setup ${folder}`,
  });
}

/** The text of a manifest, read back once so that no manifest is written that cannot be read. */
export function encodeManifest(manifest: Manifest): string {
  const text = printCanonicalJson(manifest);
  parseManifest(text);
  return text;
}

/** Puts a manifest in place, atomically. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFileAtomic(bundlePaths(folder).manifest, encodeManifest(manifest));
}

/**
 * Changes a bundle in one go: artifacts and manifest take their places together, and artifacts that the new manifest does not
 * name are removed. Killed at any moment, the bundle is the old one or the new one, never a mixture, once the next writer has
 * taken its lock.
 * @param opening of private weights, written along with the rest, for its owner's eyes alone
 */
export async function writeBundle(
  folder: string,
  files: ReadonlyMap<ArtifactName, Uint8Array | string>,
  manifest: Manifest,
  opening?: string,
): Promise<void> {
  const paths = bundlePaths(folder);
  const changed: FileToPlace[] = [
    ...(opening === undefined ? [] : [[paths.weightsOpening, opening, 0o600] as const]),
    ...Array.from(files, ([name, content]) => [paths[name], content] as const),
    [paths.manifest, encodeManifest(manifest)] as const,
  ];
  const gone = ARTIFACT_NAMES.filter((name) => manifest.artifacts[name] === undefined);
  await replaceTogether(
    folder,
    changed,
    gone.map((name) => paths[name]),
  );
}

const PATIENCE_MS = 2000;
const POLL_MS = 20;

/**
 * Waits for a change that is going on. One that was cut short is for the next writer to finish: a reader that finished it would
 * put files of whoever made the folder in the place of those that the user looked at.
 */
async function refuseUnfinished(folder: string): Promise<void> {
  for (let waited = 0; await isUnfinished(folder); waited += POLL_MS) {
    if (waited < PATIENCE_MS && (await isLocked(folder))) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      continue;
    }
    // A writer that ended between the two looks has taken its journal along.
    if (!(await isUnfinished(folder))) return;
    throw new ZkinferError({
      code: 'BUNDLE_UNFINISHED',
      kind: 'artifact',
      message: 'the last change of this bundle was cut short',
      facts: await describeUnfinished(folder),
      hint:
        'run the command that writes it again (build, compile, setup, weights commit, export-verifier); ' +
        'in a bundle that came from elsewhere remove these files, or get it anew',
    });
  }
}
