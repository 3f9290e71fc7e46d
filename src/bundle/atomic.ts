import { unlinkSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from './file-error.js';

/** Temporary files of this process that are not in place yet. */
const pending = new Set<string>();
let counter = 0;

const TEMPORARY = /^\.(.+)\.(\d+)-(\d+)\.tmp$/;

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Puts a file in place in one step: `write` fills a temporary file in the same folder, which is synced to disk and renamed.
 * Until then whatever stood at `path` stays as it was; if `write` fails the temporary is removed.
 * @param write gets the temporary path; it may be handed to a library
 * @throws ZkinferError FILE_NO_SPACE, FILE_UNUSABLE, or what `write` threw
 */
export async function replaceFile<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${counter++}.tmp`);
  pending.add(temporary);
  try {
    await mkdir(dirname(path), { recursive: true });
    const result = await write(temporary);
    await syncPath(temporary);
    await rename(temporary, path);
    await syncPath(dirname(path));
    return result;
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw (cause as NodeJS.ErrnoException).syscall === undefined ? cause : fileError(cause, 'write', path);
  } finally {
    pending.delete(temporary);
  }
}

/** Writes a whole file atomically. @param mode permission bits, 0o600 for what is secret */
export async function writeFileAtomic(path: string, content: Uint8Array | string, mode = 0o644): Promise<void> {
  await replaceFile(path, async (temporary) => {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/** Removes what this process has begun and not put in place; for the handler of a signal, so it is synchronous. */
export function abandonPendingFiles(): void {
  for (const path of pending) {
    try {
      unlinkSync(path);
    } catch {
      // Never made, or already gone: nothing to clean.
    }
  }
  pending.clear();
}

/** Removes temporaries that processes which are gone left in a folder. @param isAlive whether a process id still runs */
export async function sweepTemporaries(folder: string, isAlive: (pid: number) => boolean): Promise<string[]> {
  const left = (await readdir(folder)).filter((name) => {
    const owner = TEMPORARY.exec(name)?.[2];
    return owner !== undefined && !isAlive(Number(owner));
  });
  for (const name of left) await rm(join(folder, name), { force: true });
  return left;
}
