import { access, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ARTIFACT_FILES, OPENING_FILE } from './artifact-names.js';
import {
  discardFiles,
  type FileToPlace,
  handOver,
  stageFiles,
  syncPath,
  TEMPORARY,
  writeFileAtomic,
} from './atomic.js';
import { fileError } from './file-error.js';
import { readText } from './read-file.js';

/**
 * Says which files of a folder are about to change places. Once it is there the change goes through, whatever becomes of the
 * process: whoever next takes the bundle's lock to write finishes it. Who only reads never does.
 */
const JOURNAL = '.unfinished.json';

interface Journal {
  /** Temporaries and the files that they become, in order. */
  readonly rename: readonly (readonly [temporary: string, name: string])[];
  readonly remove: readonly string[];
}

const NAMES: ReadonlySet<string> = new Set(['manifest.json', OPENING_FILE, ...Object.values(ARTIFACT_FILES)]);

/**
 * Replaces and removes artifacts of a bundle as a whole: all of the change happens or none, even if the process is killed or the
 * power is lost in between.
 * @throws ZkinferError FILE_NO_SPACE, FILE_UNUSABLE; then nothing has changed
 */
export async function replaceTogether(
  folder: string,
  files: Iterable<FileToPlace>,
  remove: readonly string[],
): Promise<void> {
  const staged = await stageFiles(files);
  const journal: Journal = {
    rename: staged.map(({ temporary, path }) => [basename(temporary), basename(path)]),
    remove: remove.map((path) => basename(path)),
  };
  try {
    await writeFileAtomic(join(folder, JOURNAL), JSON.stringify(journal));
  } catch (cause) {
    await discardFiles(staged);
    throw cause;
  }
  handOver(staged);
  await carryOut(folder, journal);
}

/** Whether a change of a bundle has begun and not ended. */
export async function isUnfinished(folder: string): Promise<boolean> {
  return access(join(folder, JOURNAL)).then(
    () => true,
    () => false,
  );
}

/** Paths of the files that make a change of a bundle unfinished: the journal, and what waits to take its place. */
export async function describeUnfinished(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const waiting = names.filter((name) => NAMES.has(TEMPORARY.exec(name)?.[1] ?? ''));
  return [JOURNAL, ...waiting.sort()].map((name) => join(folder, name));
}

/** Finishes a change that was cut short. Only the holder of the bundle's lock may. A journal that makes no sense is removed. */
export async function finishChange(folder: string): Promise<void> {
  if (!(await isUnfinished(folder))) return;
  const path = join(folder, JOURNAL);
  const journal = parseJournal(await readText(path));
  await carryOut(folder, journal);
}

async function carryOut(folder: string, journal: Journal): Promise<void> {
  try {
    for (const [temporary, name] of journal.rename) {
      await rename(join(folder, temporary), join(folder, name)).catch((cause: NodeJS.ErrnoException) => {
        // It was renamed before the process that began this ended.
        if (cause.code !== 'ENOENT') throw cause;
      });
    }
    for (const name of journal.remove) await rm(join(folder, name), { force: true });
    await syncPath(folder);
    await rm(join(folder, JOURNAL), { force: true });
  } catch (cause) {
    throw fileError(cause, 'write', folder);
  }
}

/** A bundle may come from a stranger: names that are not those of a bundle's own files are passed over. */
function parseJournal(text: string): Journal {
  const isName = (name: unknown): name is string => typeof name === 'string' && NAMES.has(name);
  const isPair = (pair: unknown): pair is readonly [string, string] =>
    Array.isArray(pair) &&
    pair.length === 2 &&
    isName(pair[1]) &&
    typeof pair[0] === 'string' &&
    TEMPORARY.exec(pair[0])?.[1] === pair[1];
  try {
    const { rename: pairs, remove } = JSON.parse(text) as Record<keyof Journal, unknown>;
    return {
      rename: Array.isArray(pairs) ? pairs.filter(isPair) : [],
      remove: Array.isArray(remove) ? remove.filter(isName).filter((name) => name !== OPENING_FILE) : [],
    };
  } catch {
    return { rename: [], remove: [] };
  }
}
