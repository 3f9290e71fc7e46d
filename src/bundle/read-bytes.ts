import { readFile } from 'node:fs/promises';
import { fileError } from './file-error.js';

/** The bytes of a file that the user named. @throws ZkinferError FILE_UNUSABLE, FILE_NO_SPACE */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}
