import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ZkinferError } from '../core/error.js';

/**
 * Makes a folder and those above it that are missing. Unlike `mkdir` of Node with `recursive`, it ends on file systems in which
 * no folder can be made (`/proc`), where that tries forever.
 * @param mode permission bits of the folders that are made
 * @returns the uppermost folder that was made; undefined where all were there
 * @throws ZkinferError FOLDER_IS_FILE, FOLDER_UNUSABLE (2), or the error of node:fs
 */
export async function makeFolder(path: string, mode = 0o777): Promise<string | undefined> {
  const made = await makeOne(path, mode);
  if (made !== 'no parent') return made ? path : undefined;
  const parent = dirname(resolve(path));
  const above = await makeFolder(parent, mode);
  // Somebody else may have made it, or taken the parent away again: both are told by trying once more.
  const again = await makeOne(path, mode);
  if (again === 'no parent') throw refuseFolder('FOLDER_UNUSABLE', 'no folder can be made here', path);
  return above ?? (again ? path : undefined);
}

/** @returns whether it was made, or that it has no parent */
async function makeOne(path: string, mode: number): Promise<boolean | 'no parent'> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(resolve(path)) !== resolve(path)) return 'no parent';
    if (code === 'ENOTDIR')
      throw refuseFolder('FOLDER_IS_FILE', 'a folder is needed here, and there is a file', path, error);
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory()) return false;
    if (found !== null)
      throw refuseFolder('FOLDER_IS_FILE', 'a folder is needed here, and there is a file', path, error);
    throw error;
  }
}

function refuseFolder(code: string, message: string, path: string, cause?: unknown): ZkinferError {
  return new ZkinferError({ code, kind: 'usage', message, facts: [path], hint: 'name another folder', cause });
}
