import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from './atomic.js';
import { fileError } from './file-error.js';
import { decodeQModel, encodeQModel, type QModel } from './qmodel.js';

/** Reads a qmodel file. @throws ZkinferError FILE_UNUSABLE (2), QMODEL_INVALID (3) */
export async function readQModel(path: string): Promise<QModel> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
  return decodeQModel(text, path);
}

/** Writes a qmodel file, atomically. */
export async function writeQModel(path: string, model: QModel): Promise<void> {
  await writeFileAtomic(path, encodeQModel(model));
}
