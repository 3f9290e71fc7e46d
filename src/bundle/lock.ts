import { readFileSync, unlinkSync } from 'node:fs';
import { link, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { ZkinferError } from '../core/error.js';
import { sweepTemporaries } from './atomic.js';
import { fileError } from './file-error.js';
import { finishChange } from './journal.js';
import { makeFolder } from './make-folder.js';
import { bundlePaths } from './paths.js';

/** Who holds a lock: process id, when that process began (where the system tells), and the machine. */
interface Holder {
  readonly pid: number;
  readonly began: string;
  readonly host: string;
}

const held = new Set<string>();
let counter = 0;

/** When a process began, in clock ticks since boot; tells a process from a later one with the same id. */
function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** Whether a process runs on this machine. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isHeld(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  if (!isProcessAlive(holder.pid)) return false;
  const start = processStart(holder.pid);
  return start === '' || holder.began === '' || start === holder.began;
}

function parseHolder(text: string): Holder | null {
  try {
    const { pid, began, host } = JSON.parse(text) as Holder;
    return Number.isSafeInteger(pid) && pid > 0 && typeof began === 'string' && typeof host === 'string'
      ? { pid, began, host }
      : null;
  } catch {
    return null;
  }
}

function lockedError(folder: string, holder: Holder | null, path: string): ZkinferError {
  const who =
    holder === null
      ? 'an unknown process'
      : `pid ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`;
  return new ZkinferError({
    code: 'BUNDLE_LOCKED',
    kind: 'resource',
    message: `this bundle is locked by ${who}`,
    facts: [folder],
    hint: `wait for it to finish; if it runs no more, remove ${path}`,
  });
}

/** Links a file to a name that must be free. @returns whether it was */
async function linkFree(file: string, name: string): Promise<boolean> {
  try {
    await link(file, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Who holds a lock file; undefined where there is none, null where it can't be told. */
async function readHolder(path: string): Promise<Holder | null | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseHolder(text);
}

/**
 * Removes a lock whose holder is gone. Only the holder of a second lock may do so, and it looks again before it does: else two
 * who saw the same stale lock could remove each other's fresh one.
 */
async function removeStale(mine: string, path: string): Promise<void> {
  const guard = `${path}.takeover`;
  if (!(await linkFree(mine, guard))) {
    const other = await readHolder(guard);
    if (other && !isHeld(other)) await rm(guard, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 10));
    return;
  }
  try {
    const holder = await readHolder(path);
    if (holder !== undefined && (holder === null || !isHeld(holder))) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

/** Writes a file into a folder that is made where it is missing. @returns whether it was made */
async function writeIntoFolder(folder: string, path: string, content: string): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    const made = (await makeFolder(folder)) !== undefined;
    try {
      await writeFile(path, content, { flag: 'wx' });
      return made;
    } catch (error) {
      // Another process that made nothing in the folder may have taken it away in between.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 4) throw error;
    }
  }
}

/** Whether a process that still runs, here or on another machine, holds the lock of a bundle. */
export async function isLocked(folder: string): Promise<boolean> {
  const holder = await readHolder(bundlePaths(folder).lock);
  return holder != null && isHeld(holder);
}

/** Takes the lock of a folder. @returns whether the folder was made for it */
async function takeLock(folder: string, path: string): Promise<boolean> {
  const mine = `${path}.${process.pid}-${counter++}`;
  const holder: Holder = { pid: process.pid, began: processStart(process.pid), host: hostname() };
  try {
    const made = await writeIntoFolder(folder, mine, JSON.stringify(holder));
    for (let attempt = 0; attempt < 50; attempt++) {
      if (await linkFree(mine, path)) return made;
      const other = await readHolder(path);
      if (other && isHeld(other)) throw lockedError(folder, other, path);
      if (other !== undefined) await removeStale(mine, path);
    }
    throw lockedError(folder, null, path);
  } finally {
    // Fails where there is no folder, which is what is being reported then.
    await rm(mine, { force: true }).catch(() => undefined);
  }
}

/**
 * Runs `work` while this process alone may write to the bundle. The folder is made where it is missing; a lock whose process
 * is gone is taken over; a change that such a process had begun is finished, and its temporaries are removed.
 * @throws ZkinferError BUNDLE_LOCKED (exit code 4) naming the process that holds it
 */
export async function withBundleLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const { lock } = bundlePaths(folder);
  const made = await takeLock(folder, lock).catch((cause) => {
    throw fileError(cause, 'lock', folder);
  });
  held.add(lock);
  try {
    await finishChange(folder);
    await sweepTemporaries(folder, isProcessAlive);
    return await work();
  } finally {
    held.delete(lock);
    await rm(lock, { force: true });
    // Goes only where it is empty: work that failed before its first artifact leaves nothing behind.
    if (made) await rmdir(folder).catch(() => undefined);
  }
}

/** Gives up every lock of this process; for the handler of a signal, so it is synchronous. */
export function releaseHeldLocks(): void {
  for (const path of held) {
    try {
      unlinkSync(path);
    } catch {
      // Already gone.
    }
  }
  held.clear();
}
