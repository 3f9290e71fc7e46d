import { readFile } from 'node:fs/promises';
import { fileError } from './file-error.js';

/** The bytes of a file that has to be there. @throws ZkinferError FILE_UNUSABLE (2), FILE_NO_SPACE (4) */
export async function readBytes(path: string): Promise<Buffer> {
  return readFile(path).catch((cause) => {
    throw fileError(cause, 'read', path);
  });
}

/** Its text. @throws ZkinferError as `readBytes` */
export async function readText(path: string): Promise<string> {
  return (await readBytes(path)).toString('utf8');
}
