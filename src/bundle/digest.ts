import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Digest } from '../core/digest.js';

/** SHA-256 of bytes or of the UTF-8 of a text. */
export function digestBytes(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** SHA-256 of a file, read in pieces. @throws the error of node:fs */
export async function digestFile(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
