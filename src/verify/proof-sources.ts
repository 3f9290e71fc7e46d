import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { fileError } from '../bundle/file-error.js';
import { ZkinferError } from '../core/error.js';
import { readProofText } from './verify-files.js';

/** The text of a proof and what to call it: its path, and the line where a file holds many. */
export interface ProofSource {
  readonly name: string;
  /** Path of the file. */
  readonly path: string;
  /** Line, from 1, where the file holds a proof a line. */
  readonly line?: number;
  /** Null where the file is over the cap. */
  readonly text: string | null;
}

const WILD = /[*?]/;

/** A glob as a regular expression over paths with forward slashes: `*` and `?` stay in one folder, `**` does not. */
export function compileGlob(glob: string): RegExp {
  const parts = glob.split(/(\*\*\/|\*\*|\*|\?)/).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function expandGlob(pattern: string): Promise<string[]> {
  const steps = pattern.split('/');
  const fixed = steps
    .slice(
      0,
      steps.findIndex((step) => WILD.test(step)),
    )
    .join('/');
  const folder = fixed === '' ? (pattern.startsWith('/') ? '/' : '.') : fixed;
  const matcher = compileGlob(
    steps.slice(fixed === '' && !pattern.startsWith('/') ? 0 : fixed.split('/').length).join('/'),
  );
  const files = await listFiles(folder);
  return files.filter((path) => matcher.test(relative(folder, path).split(sep).join('/')));
}

/** Files of proofs that the patterns name: files, folders (all .json and .ndjson below), globs. @throws ZkinferError NO_PROOFS, FILE_UNUSABLE */
export async function listProofFiles(patterns: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const kind = await stat(pattern).catch(() => null);
    if (kind?.isFile()) {
      found.add(pattern);
      continue;
    }
    if (kind === null && !WILD.test(pattern)) {
      throw new ZkinferError({
        code: 'FILE_UNUSABLE',
        kind: 'usage',
        message: 'there is no such proof',
        facts: [pattern],
      });
    }
    try {
      const files = kind?.isDirectory()
        ? (await listFiles(pattern)).filter((path) => /\.(json|ndjson|jsonl)$/.test(path))
        : await expandGlob(pattern);
      for (const path of files) found.add(path);
    } catch (cause) {
      throw fileError(cause, 'list', dirname(pattern));
    }
  }
  if (found.size > 0) return [...found];
  throw new ZkinferError({
    code: 'NO_PROOFS',
    kind: 'usage',
    message: 'there are no proofs to verify',
    facts: [...patterns],
    hint: 'name files, folders, quoted globs such as "proofs/**/*.json", or .ndjson files with a proof a line',
  });
}

/** Reads the proofs of files one by one; an .ndjson file gives one a line. */
export async function* openProofs(paths: readonly string[]): AsyncGenerator<ProofSource> {
  for (const path of paths) {
    if (!/\.(ndjson|jsonl)$/.test(path)) {
      yield { name: path, path, text: await readProofText(path) };
      continue;
    }
    let line = 0;
    for await (const text of createInterface({
      input: createReadStream(path, 'utf8'),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      line++;
      if (text.trim() !== '') yield { name: `${path}:${line}`, path, line, text };
    }
  }
}
