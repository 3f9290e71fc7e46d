import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepTemporaries, writeFileAtomic } from '../bundle/atomic.js';
import { isProcessAlive } from '../bundle/lock.js';
import { makeFolder } from '../bundle/make-folder.js';
import { writeTensors } from '../core/statement.js';
import { encodeRow } from '../quantize/search.js';
import type { Row } from '../rows/rows.js';
import { bindStatement } from '../verify/derive-signals.js';
import type { ProofFile } from '../verify/proof-file.js';
import type { OpenBundle } from './open-bundle.js';
import { describeInput, type RunBinding } from './prove-input.js';

/** What tells whether the proof of a row is there. */
export interface FinishedRows {
  /** Whether the file holds a proof of this row, for this bundle and binding. */
  has(name: string, row: Row): Promise<boolean>;
  /** To be called before a proof is written, with its text. */
  mark(name: string, row: Row, text: string): Promise<void>;
}

/** Folder beside the proofs of private inputs. */
const FOLDER = '.rows';
const KEY_BYTES = 32;

/**
 * Tells finished rows by their proofs. The proof of a private input says nothing of the input, so a code of both is kept
 * beside it, under a key that only the owner may read: without the key, the code says nothing either.
 */
export async function openFinishedRows(dir: string, bundle: OpenBundle, to: RunBinding): Promise<FinishedRows> {
  const { manifest, graph } = bundle;
  const isPrivate = manifest.statement.visibility === 'private';
  const folder = join(dir, FOLDER);
  const key = isPrivate ? await openKey(folder) : undefined;
  const codeOf = (row: Row, text: string): string =>
    createHmac('sha256', key as Uint8Array)
      .update(writeTensors(manifest.statement.inputs, encodeRow(graph, row)))
      .update(text)
      .digest('hex');
  return {
    has: async (name, row) => {
      try {
        const text = await readFile(join(dir, name), 'utf8');
        const file = JSON.parse(text) as Partial<ProofFile>;
        if (!(await isOf(file, bundle, to, row))) return false;
        return !isPrivate || (await readFile(join(folder, name), 'utf8')) === codeOf(row, text);
      } catch {
        return false;
      }
    },
    mark: async (name, row, text) => {
      if (isPrivate) await writeFileAtomic(join(folder, name), codeOf(row, text), 0o600);
    },
  };
}

async function openKey(folder: string): Promise<Uint8Array> {
  const path = join(folder, 'key');
  await makeFolder(folder, 0o700);
  await sweepTemporaries(folder, isProcessAlive);
  const known = await readFile(path).catch(() => undefined);
  if (known?.length === KEY_BYTES) return known;
  const key = randomBytes(KEY_BYTES);
  await writeFileAtomic(path, key, 0o600);
  return key;
}

/** Whether a proof is of this bundle, binding and row, as far as its statement tells. */
async function isOf(file: Partial<ProofFile>, bundle: OpenBundle, to: RunBinding, row: Row): Promise<boolean> {
  const { statement, artifacts } = bundle.manifest;
  const input = await describeInput(bundle.manifest, encodeRow(bundle.graph, row), to.salt);
  const output = Buffer.from(file.statement?.output ?? '', 'hex');
  const bound = await bindStatement(statement, { input, output }, to);
  return (
    file.digests?.verificationKey === artifacts.verificationKey &&
    file.context?.value === String(bound.value) &&
    (file.statement?.input ?? '') === Buffer.from(input).toString('hex')
  );
}
