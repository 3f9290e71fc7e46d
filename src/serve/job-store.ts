import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepTemporaries, writeFileAtomic } from '../bundle/atomic.js';
import { fileError } from '../bundle/file-error.js';
import { isProcessAlive, withBundleLock } from '../bundle/lock.js';
import { makeFolder } from '../bundle/make-folder.js';
import { ZkinferError } from '../core/error.js';
import type { RowsSpec } from '../rows/rows.js';
import { isFinished, type JobInput, type JobRecord, rowToJson } from './job.js';
import { readStoredRow } from './submission.js';

/** Where jobs are kept, so that they outlive the process. */
export interface JobStore {
  /** Keys the names of hidden inputs; the same for the life of the store. */
  readonly secret: string;
  /** Every job that was there when the store was opened, in the order of submission. */
  readonly found: readonly JobRecord[];
  saveJob(record: JobRecord): Promise<void>;
  saveInput(id: string, input: JobInput, isHidden: boolean): Promise<void>;
  /** Null where it is gone. @throws ZkinferError STORE_DAMAGED */
  readInput(id: string, spec: RowsSpec): Promise<JobInput | null>;
  dropInput(id: string): Promise<void>;
  saveProof(id: string, text: string): Promise<void>;
  readProof(id: string): Promise<string | null>;
  /** Forgets a job and its proof. */
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** Never writes a hidden input to disk: its job does not outlive the process. */
  readonly hiddenInMemory?: boolean;
}

const FOLDERS = ['jobs', 'inputs', 'proofs'] as const;
/** For its owner alone: inputs and outputs are nobody else's business. */
const MODE = 0o600;

/**
 * Opens a folder of jobs, one file each for job, input and proof. One process at a time may have it open; what a killed process
 * left half-written is swept.
 * @throws ZkinferError STORE_LOCKED (4), STORE_DAMAGED (3), FILE_UNUSABLE
 */
export async function openJobStore(folder: string, options: StoreOptions = {}): Promise<JobStore> {
  const release = await lockStore(folder);
  try {
    return await openLockedStore(folder, options, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function lockStore(folder: string): Promise<() => Promise<void>> {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let ended: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    ended = withBundleLock(folder, () => {
      resolve();
      return held;
    });
    ended.catch(reject);
  }).catch((cause) => {
    if (!(cause instanceof ZkinferError) || cause.code !== 'BUNDLE_LOCKED') throw cause;
    const { kind, facts, hint } = cause;
    throw new ZkinferError({
      code: 'STORE_LOCKED',
      kind,
      message: cause.message.replace('this bundle', 'this store of jobs'),
      facts,
      hint,
    });
  });
  return () => {
    release();
    return ended;
  };
}

async function openLockedStore(
  folder: string,
  { hiddenInMemory = false }: StoreOptions,
  release: () => Promise<void>,
): Promise<JobStore> {
  for (const name of FOLDERS) {
    await makeFolder(join(folder, name), 0o700).catch((cause) => {
      throw cause instanceof ZkinferError ? cause : fileError(cause, 'write', folder);
    });
    await sweepTemporaries(join(folder, name), isProcessAlive);
  }
  const pathOf = (kind: (typeof FOLDERS)[number], id: string) => join(folder, kind, `${id}.json`);
  const found = await readRecords(folder);
  await sweepOrphans(folder, found);
  const inMemory = new Map<string, JobInput>();
  return {
    secret: await readSecret(join(folder, 'secret')),
    found,
    saveJob: (record) => writeFileAtomic(pathOf('jobs', record.id), `${JSON.stringify(record)}\n`, MODE),
    saveInput: async (id, input, isHidden) => {
      if (isHidden && hiddenInMemory) inMemory.set(id, input);
      else {
        const json = { row: rowToJson(input.row), salt: input.salt };
        await writeFileAtomic(pathOf('inputs', id), JSON.stringify(json), MODE);
      }
    },
    readInput: async (id, spec) => inMemory.get(id) ?? parseInput(await readIfThere(pathOf('inputs', id)), spec, id),
    dropInput: async (id) => {
      inMemory.delete(id);
      await rm(pathOf('inputs', id), { force: true });
    },
    saveProof: (id, text) => writeFileAtomic(pathOf('proofs', id), text, MODE),
    readProof: (id) => readIfThere(pathOf('proofs', id)),
    remove: async (id) => {
      // The record goes first: a proof without one is swept.
      inMemory.delete(id);
      for (const kind of FOLDERS) await rm(pathOf(kind, id), { force: true });
    },
    close: release,
  };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fileError(cause, 'read', path);
  }
}

function parseInput(text: string | null, spec: RowsSpec, id: string): JobInput | null {
  if (text === null) return null;
  try {
    const { row, salt } = JSON.parse(text) as { row: unknown; salt?: string };
    return { row: readStoredRow(row, spec), ...(salt !== undefined && { salt }) };
  } catch {
    throw damaged(`inputs/${id}.json`);
  }
}

async function readRecords(folder: string): Promise<JobRecord[]> {
  const records: JobRecord[] = [];
  for (const name of await readdir(join(folder, 'jobs'))) {
    if (!/^[0-9a-f]{64}\.json$/.test(name)) continue;
    const path = join(folder, 'jobs', name);
    try {
      const record = JSON.parse((await readIfThere(path)) ?? '') as JobRecord;
      if (record.format !== 'zkinfer-job/1' || `${record.id}.json` !== name) throw damaged(path);
      records.push(record);
    } catch {
      throw damaged(path);
    }
  }
  return records.sort((a, b) => a.seq - b.seq);
}

/** Removes inputs that nobody will prove any more, and proofs without a job. */
async function sweepOrphans(folder: string, found: readonly JobRecord[]): Promise<void> {
  const states = new Map(found.map(({ id, state }) => [id, state]));
  for (const kind of ['inputs', 'proofs'] as const) {
    for (const name of await readdir(join(folder, kind))) {
      const state = states.get(name.replace(/\.json$/, ''));
      const isWanted = state !== undefined && (kind === 'proofs' || !isFinished(state));
      if (!isWanted) await rm(join(folder, kind, name), { force: true });
    }
  }
}

async function readSecret(path: string): Promise<string> {
  const found = await readIfThere(path);
  if (found !== null) return found.trim();
  const secret = randomBytes(32).toString('hex');
  await writeFileAtomic(path, `${secret}\n`, MODE);
  return secret;
}

function damaged(path: string): ZkinferError {
  return new ZkinferError({
    code: 'STORE_DAMAGED',
    kind: 'artifact',
    message: 'a file of the store of jobs is damaged',
    facts: [path],
    hint: 'remove the file; its job is forgotten',
  });
}
