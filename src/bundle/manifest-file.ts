import { readFile } from 'node:fs/promises';
import { ZkinferError } from '../core/error.js';
import { writeFileAtomic } from './atomic.js';
import { printCanonicalJson } from './canonical-json.js';
import { fileError } from './file-error.js';
import { type Manifest, parseManifest } from './manifest.js';
import { bundlePaths } from './paths.js';

/** Reads the manifest of a bundle folder. @throws ZkinferError BUNDLE_MISSING (2), MANIFEST_INVALID (3) */
export async function readManifest(folder: string): Promise<Manifest> {
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

/** Puts a manifest in place, atomically. The last step of every change of a bundle. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = printCanonicalJson(manifest);
  parseManifest(text);
  await writeFileAtomic(bundlePaths(folder).manifest, text);
}
