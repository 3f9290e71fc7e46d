import { rmSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from './file-error.js';
import { makeFolder } from './make-folder.js';

/** Temporary files and folders of this process that are not in place yet. */
const pending = new Set<string>();
let counter = 0;

/** Names of temporaries: the file that it will be, the process that makes it, a count. */
export const TEMPORARY = /^\.(.+)\.(\d+)-(\d+)\.tmp$/;

/** Makes what was written to a file or folder outlast a loss of power. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A filled temporary file that waits to take its place. */
export interface Staged<T> {
  readonly temporary: string;
  readonly path: string;
  readonly result: T;
}

async function discard(temporary: string): Promise<void> {
  await rm(temporary, { force: true, recursive: true }).catch(() => undefined);
  pending.delete(temporary);
}

function asFileError(cause: unknown, path: string): unknown {
  return (cause as NodeJS.ErrnoException).syscall === undefined ? cause : fileError(cause, 'write', path);
}

/** Fills a temporary file beside `path` and syncs it to disk. */
async function stageFile<T>(path: string, write: (temporary: string) => Promise<T>): Promise<Staged<T>> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${counter++}.tmp`);
  pending.add(temporary);
  try {
    await makeFolder(dirname(path));
    const result = await write(temporary);
    await syncPath(temporary);
    return { temporary, path, result };
  } catch (cause) {
    await discard(temporary);
    throw asFileError(cause, path);
  }
}

/** Renames a staged file into place. */
async function placeFile({ temporary, path }: Staged<unknown>): Promise<void> {
  try {
    await rename(temporary, path);
    pending.delete(temporary);
    await syncPath(dirname(path));
  } catch (cause) {
    if (pending.has(temporary)) await discard(temporary);
    throw asFileError(cause, path);
  }
}

/**
 * Puts a file in place in one step: `write` fills a temporary file in the same folder, which is synced to disk and renamed.
 * Until then whatever stood at `path` stays as it was; if `write` fails the temporary is removed.
 * @param write gets the temporary path; it may be handed to a library
 * @throws ZkinferError FILE_NO_SPACE, FILE_UNUSABLE, or what `write` threw
 */
export async function replaceFile<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const staged = await stageFile(path, write);
  await placeFile(staged);
  return staged.result;
}

async function writeNew(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  const handle = await open(path, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a whole file atomically. @param mode permission bits, 0o600 for what is secret */
export async function writeFileAtomic(path: string, content: Uint8Array | string, mode = 0o644): Promise<void> {
  await replaceFile(path, (temporary) => writeNew(temporary, content, mode));
}

/** A whole file to write: its path, what it holds, and its permission bits, 0o644 where none are given. */
export type FileToPlace = readonly [path: string, content: Uint8Array | string, mode?: number];

/**
 * Fills temporaries for several files, each beside its place and on disk; if one cannot be written all are gone again.
 * @throws ZkinferError FILE_NO_SPACE, FILE_UNUSABLE
 */
export async function stageFiles(files: Iterable<FileToPlace>): Promise<Staged<void>[]> {
  const staged: Staged<void>[] = [];
  try {
    for (const [path, content, mode = 0o644] of files) {
      staged.push(await stageFile(path, (temporary) => writeNew(temporary, content, mode)));
    }
  } catch (cause) {
    await discardFiles(staged);
    throw cause;
  }
  return staged;
}

/** Removes staged files that will not be put in place. */
export async function discardFiles(staged: readonly Staged<unknown>[]): Promise<void> {
  for (const { temporary } of staged) await discard(temporary);
}

/** Leaves staged files to whoever puts them in place: neither a failure nor a signal removes them any more. */
export function handOver(staged: readonly Staged<unknown>[]): void {
  for (const { temporary } of staged) pending.delete(temporary);
}

/** Runs `work` with an empty folder of its own inside `parent`, which is gone when it ends, and after a signal. */
export async function withScratchFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(parent, `.zkinfer.${process.pid}-${counter++}.tmp`);
  pending.add(folder);
  try {
    await makeFolder(folder);
    return await work(folder);
  } catch (cause) {
    throw asFileError(cause, folder);
  } finally {
    await discard(folder);
  }
}

/** Removes what this process has begun and not put in place; for the handler of a signal, so it is synchronous. */
export function abandonPendingFiles(): void {
  for (const path of pending) {
    try {
      rmSync(path, { force: true, recursive: true });
    } catch {
      // What cannot be removed now, the next run sweeps.
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
  for (const name of left) await rm(join(folder, name), { force: true, recursive: true });
  return left;
}
