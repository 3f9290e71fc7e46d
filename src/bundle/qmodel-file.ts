import { writeFileAtomic } from './atomic.js';
import { decodeQModel, encodeQModel, type QModel } from './qmodel.js';
import { readText } from './read-file.js';

/** Reads a qmodel file. @throws ZkinferError FILE_UNUSABLE (2), QMODEL_INVALID (3) */
export async function readQModel(path: string): Promise<QModel> {
  return decodeQModel(await readText(path), path);
}

/** Writes a qmodel file, atomically. */
export async function writeQModel(path: string, model: QModel): Promise<void> {
  await writeFileAtomic(path, encodeQModel(model));
}
