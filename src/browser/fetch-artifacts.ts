import { ARTIFACT_FILES, type ArtifactName } from '../bundle/artifact-names.js';
import { type Manifest, parseManifest } from '../bundle/manifest.js';
import { type Digest, isDigest } from '../core/digest.js';
import { ZkinferError } from '../core/error.js';
import { toHex } from '../core/hex.js';
import type { ArtifactCache } from './artifact-cache.js';
import type { Progress } from './messages.js';

/** A bundle behind an address: its manifest, and its artifacts on demand. */
export interface RemoteBundle {
  readonly manifest: Manifest;
  /** Of the manifest file. */
  readonly digest: Digest;
  /** Bytes of an artifact, held to the digest that the manifest names. @throws ZkinferError `ARTIFACT_MISSING`, `ARTIFACT_MISMATCH`, `BROWSER_FETCH_FAILED` */
  readonly load: (name: ArtifactName, onProgress?: (progress: Progress) => void) => Promise<Uint8Array>;
}

/** SHA-256 by the browser. @throws ZkinferError `BROWSER_INSECURE_PAGE` where it has none */
async function digestOf(bytes: Uint8Array): Promise<Digest> {
  if (typeof crypto === 'undefined' || crypto.subtle === undefined) {
    throw new ZkinferError({
      code: 'BROWSER_INSECURE_PAGE',
      kind: 'usage',
      message: 'the browser has no SHA-256 for this page',
      hint: 'serve the page over https, or from localhost',
    });
  }
  return `sha256:${toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)))}`;
}

function fetchFailed(url: string, fact: string, cause?: unknown): ZkinferError {
  return new ZkinferError({
    code: 'BROWSER_FETCH_FAILED',
    kind: 'resource',
    message: 'a file of the bundle could not be fetched',
    facts: [url, fact],
    hint: 'check the address of the bundle, and that the policy of the page (connect-src) allows it',
    cause,
  });
}

/** @param cache artifacts have a cache of their own, by digest; a manifest may have changed on the server */
async function fetchBytes(
  url: string,
  cache: 'no-cache' | 'no-store',
  onBytes: (loaded: number, total: number | null) => void,
): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { cache });
    if (!response.ok || !response.body) throw fetchFailed(url, `status ${response.status}`);
    // With a content encoding the length is that of what travels, not of what arrives here.
    const length = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
    const total = length === null ? null : Number(length);
    const chunks: Uint8Array[] = [];
    let loaded = 0;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      loaded += value.length;
      onBytes(loaded, total);
    }
    const bytes = new Uint8Array(loaded);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  } catch (cause) {
    if (cause instanceof ZkinferError) throw cause;
    throw fetchFailed(url, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function mismatch(url: string, expected: string, given: string): ZkinferError {
  return new ZkinferError({
    code: 'ARTIFACT_MISMATCH',
    kind: 'artifact',
    message: 'a file of the bundle is not the one that was asked for',
    facts: [url, `  expected ${expected}`, `  given    ${given}`],
    hint: 'the file was changed or damaged, or it is of another bundle than the manifest',
  });
}

/**
 * Opens the bundle at an address. The manifest names the digest of every artifact, so whoever pins the manifest pins all.
 * @param url of the bundle's folder, absolute
 * @param pin `sha256:…` of the manifest file, where the page knows which it wants
 * @throws ZkinferError `BROWSER_FETCH_FAILED`, `ARTIFACT_MISMATCH`, `MANIFEST_INVALID`, `BROWSER_INSECURE_PAGE`
 */
export async function openRemoteBundle(
  url: string,
  cache: ArtifactCache,
  { pin, onProgress }: { readonly pin?: string; readonly onProgress?: (progress: Progress) => void } = {},
): Promise<RemoteBundle> {
  const folder = url.endsWith('/') ? url : `${url}/`;
  const fetchPart = (address: string, artifact: ArtifactName | 'manifest', report = onProgress) =>
    fetchBytes(address, artifact === 'manifest' ? 'no-cache' : 'no-store', (loadedBytes, totalBytes) =>
      report?.({ stage: 'fetch', artifact, loadedBytes, totalBytes, cached: false }),
    );

  const manifestUrl = new URL('manifest.json', folder).href;
  const bytes = await fetchPart(manifestUrl, 'manifest');
  const digest = await digestOf(bytes);
  if (pin !== undefined && digest !== pin)
    throw mismatch(manifestUrl, isDigest(pin) ? pin : `${pin}, which is no digest`, digest);
  const manifest = parseManifest(new TextDecoder().decode(bytes), manifestUrl);

  return {
    manifest,
    digest,
    load: async (artifact, report = onProgress) => {
      const expected = manifest.artifacts[artifact];
      if (expected === undefined) {
        throw new ZkinferError({
          code: 'ARTIFACT_MISSING',
          kind: 'usage',
          message: `the bundle has no ${ARTIFACT_FILES[artifact]}`,
          facts: [folder],
          hint: 'serve the folder that zkinfer build made, with its keys',
        });
      }
      const kept = await cache.get(expected);
      if (kept && (await digestOf(kept)) === expected) {
        report?.({ stage: 'fetch', artifact, loadedBytes: kept.length, totalBytes: kept.length, cached: true });
        return kept;
      }
      const address = new URL(ARTIFACT_FILES[artifact], folder).href;
      const fetched = await fetchPart(address, artifact, report);
      const given = await digestOf(fetched);
      if (given !== expected) throw mismatch(address, expected, given);
      await cache.put(expected, fetched);
      return fetched;
    },
  };
}
