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
import { verifyInferences } from '../verify/verify-inference.js';
import type { OpenBundle } from './open-bundle.js';
import { describeInput, type RunBinding } from './prove-input.js';

/** A row and the file that its proof is kept in. */
export interface NamedRow {
  readonly name: string;
  readonly row: Row;
}

/** What stands in the file of a row: nothing, something that is no valid proof of the row, or its proof. */
export type RowState = 'absent' | 'unusable' | 'finished';

/** What tells whether the proofs of rows are there. */
export interface FinishedRows {
  /**
   * Looks at rows in their order. A file counts only where it is a valid proof of this very row, for this bundle and binding;
   * proofs that follow each other are verified together, so a row comes out once up to 64 have been looked at.
   */
  examine<T extends NamedRow>(rows: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T & { readonly state: RowState }>;
  /** To be called before a proof is written, with its text. */
  mark(name: string, row: Row, text: string): Promise<void>;
}

/** Folder beside the proofs of private inputs. */
const FOLDER = '.rows';
const KEY_BYTES = 32;
/** Stored proofs that are verified at once. */
const MOST_TOGETHER = 64;

/**
 * Tells finished rows by their proofs. The proof of a private input says nothing of the input, so a code of both is kept
 * beside it, under a key that only the owner may read: without the key, the code says nothing either.
 */
export async function openFinishedRows(dir: string, bundle: OpenBundle, to: RunBinding): Promise<FinishedRows> {
  const { manifest, graph, verificationKey } = bundle;
  const isPrivate = manifest.statement.visibility === 'private';
  const folder = join(dir, FOLDER);
  const key = isPrivate ? await openKey(folder) : undefined;
  const codeOf = (row: Row, text: string): string =>
    createHmac('sha256', key as Uint8Array)
      .update(writeTensors(manifest.statement.inputs, encodeRow(graph, row)))
      .update(text)
      .digest('hex');

  /** The document of a row's file, where it is of this row as far as it says itself; its proof may still be false. */
  const readClaim = async ({ name, row }: NamedRow): Promise<{ readonly document: unknown } | RowState> => {
    try {
      const text = await readFile(join(dir, name), 'utf8');
      const document = JSON.parse(text) as Partial<ProofFile>;
      const isClaimed =
        (await isOf(document, bundle, to, row)) &&
        (!isPrivate || (await readFile(join(folder, name), 'utf8')) === codeOf(row, text));
      return isClaimed ? { document } : 'unusable';
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' && path === join(dir, name) ? 'absent' : 'unusable';
    }
  };

  return {
    examine: async function* <T extends NamedRow>(rows: AsyncIterable<T> | Iterable<T>) {
      let waiting: { readonly row: T; readonly document: unknown }[] = [];
      async function* judge() {
        const documents = waiting.map(({ document }) => document);
        const verdicts = await verifyInferences(documents, manifest, verificationKey);
        for (const [index, { row }] of waiting.entries())
          yield withState(row, verdicts[index].valid ? 'finished' : 'unusable');
        waiting = [];
      }
      for await (const row of rows) {
        const claim = await readClaim(row);
        if (typeof claim === 'object') waiting.push({ row, document: claim.document });
        if (waiting.length === MOST_TOGETHER || typeof claim === 'string') yield* judge();
        if (typeof claim === 'string') yield withState(row, claim);
      }
      yield* judge();
    },
    mark: async (name, row, text) => {
      if (isPrivate) await writeFileAtomic(join(folder, name), codeOf(row, text), 0o600);
    },
  };
}
function withState<T extends NamedRow>(row: T, state: RowState): T & { readonly state: RowState } {
  return { ...row, state };
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
