import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { fileError } from '../bundle/file-error.js';
import { ZkinferError } from '../core/error.js';
import { holdsPassword } from '../serve/queue/queue-address.js';
import { wholeNumber } from './options.js';
import { addProverOption } from './prover-option.js';
import type { Reporter } from './reporter.js';

/** What `serve` and `worker` have in common. */
export function addServiceOptions(command: Command): Command {
  return addProverOption(
    command.option(
      '--workers <n>',
      'proofs at once; as many as cores and memory allow where left out',
      wholeNumber(1, 512),
    ),
  )
    .option('--deadline <seconds>', 'for one proof', wholeNumber(1, 86_400), 600)
    .option(
      '--queue <url>',
      'server that holds the queue: redis://HOST:PORT or postgres://USER@HOST/DATABASE; or ZKINFER_QUEUE, which may hold a password',
    );
}

/** The address of the queue, from the environment where the options do not say. @throws ZkinferError QUEUE_SECRET */
export function readQueueOption(options: Readonly<Record<string, unknown>>): string | undefined {
  const given = options.queue as string | undefined;
  if (given === undefined) return process.env.ZKINFER_QUEUE;
  if (!holdsPassword(given)) return given;
  throw new ZkinferError({
    code: 'QUEUE_SECRET',
    kind: 'policy',
    message: 'a password on the command line can be read by every user of this machine',
    hint: 'put the whole address into the environment: ZKINFER_QUEUE=…',
  });
}

/** Tokens of a file, one a line, or of the environment; never of the command line. @throws ZkinferError FILE_UNUSABLE, TOKEN_MISSING */
export async function readTokens(path: string | undefined, reporter: Reporter): Promise<string[]> {
  if (path === undefined) return process.env.ZKINFER_TOKEN ? [process.env.ZKINFER_TOKEN] : [];
  const lines = await Promise.all([readFile(path, 'utf8'), stat(path)]).then(
    ([text, { mode }]) => {
      if ((mode & 0o077) !== 0) reporter.warn(`${path} can be read by others: chmod 600 ${path}`);
      return text.split(/\r?\n/).map((line) => line.trim());
    },
    (cause) => {
      throw fileError(cause, 'read', path);
    },
  );
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length > 0) return tokens;
  throw new ZkinferError({
    code: 'TOKEN_MISSING',
    kind: 'usage',
    message: `${path} holds no token`,
    hint: 'write one a line: openssl rand -base64 24',
  });
}

/** One event for the log: its name, and values that may be read by whoever reads logs. */
export interface LogEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** What is happening, on stderr: lines for people, or with `--json` one object a line. */
export function createLog(reporter: Reporter, isJson: boolean): (event: LogEvent) => void {
  return ({ event, ...fields }) => {
    const known = Object.entries(fields).filter(([, value]) => value !== undefined);
    if (isJson)
      reporter.annotate(JSON.stringify({ time: new Date().toISOString(), event, ...Object.fromEntries(known) }));
    else reporter.step([event, ...known.map(([name, value]) => `${name}=${String(value)}`)].join(' '));
  };
}
