import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestBytes } from '../../src/bundle/digest.js';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

/** A command line in a process of its own. */
export interface Running {
  readonly child: ChildProcess;
  /** What the process printed so far. */
  readonly output: () => string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string; ms: number }>;
}

/** Starts the command line as a user would, with the temporary folder in `env` where given. */
export function startCli(words: readonly string[], env: Record<string, string> = {}): Running {
  const begun = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    output,
    ms: performance.now() - begun,
  }));
  return { child, output: () => output, ended };
}

/** Digest of every file below a folder, by path. */
export async function digestFolder(folder: string): Promise<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const pairs = await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), digestBytes(await readFile(path))] as const;
    }),
  );
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}
