import type { Digest } from '../core/digest.js';

/** Artifacts that were fetched before, by digest. What comes out is as untrusted as a download. */
export interface ArtifactCache {
  readonly get: (digest: Digest) => Promise<Uint8Array | null>;
  /** Does its best: a full disk is no failure. */
  readonly put: (digest: Digest, bytes: Uint8Array) => Promise<void>;
}

const CACHE_NAME = 'zkinfer-artifacts';

function addressOf(digest: Digest): string {
  return new URL(`/.zkinfer/${digest.replace(':', '-')}`, location.origin).href;
}

/** The Cache Storage of the page's origin; a cache that holds nothing where the browser has none or forbids it. */
export function openArtifactCache(): ArtifactCache {
  const open = async (): Promise<Cache | null> => {
    try {
      return await caches.open(CACHE_NAME);
    } catch {
      return null;
    }
  };
  return {
    get: async (digest) => {
      try {
        const found = await (await open())?.match(addressOf(digest));
        return found ? new Uint8Array(await found.arrayBuffer()) : null;
      } catch {
        return null;
      }
    },
    put: async (digest, bytes) => {
      try {
        await (await open())?.put(addressOf(digest), new Response(bytes as Uint8Array<ArrayBuffer>));
      } catch {
        // Out of room, or in a private window: the next visit downloads again.
      }
    },
  };
}

/** Removes every artifact that pages of this origin have kept. @returns whether there were any */
export async function clearArtifactCache(): Promise<boolean> {
  return typeof caches === 'undefined' ? false : caches.delete(CACHE_NAME);
}
