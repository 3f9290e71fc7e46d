import { EXIT, ZkinferError } from '../core/error.js';
import type { CommandResult } from './command.js';
import { printable } from './format.js';

/** Where a reporter writes. */
export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
}

export interface ReporterOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 80;
/** Work that is over sooner is not followed. */
const PATIENCE_MS = 1000;

/** The only thing that prints: progress on stderr, results on stdout, errors as one block. */
export class Reporter {
  private drawn = 0;
  private openBar = false;

  constructor(
    private readonly streams: Streams,
    private readonly options: ReporterOptions = {},
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Says what is being done. */
  step(text: string): void {
    if (this.options.quiet) return;
    this.closeBar();
    this.streams.stderr.write(`${printable(text)}\n`);
  }

  /** Says something the user should know although the work goes on. */
  warn(text: string): void {
    this.closeBar();
    this.streams.stderr.write(`warning: ${printable(text)}\n`);
  }

  /** Draws how far long work is; on a terminal a bar in place, elsewhere one line at each tenth. */
  progress(label: string, done: number, total: number): void {
    if (this.options.quiet || total <= 0 || done <= 0) return;
    if (this.streams.stderr.isTTY) this.drawBar(label, done, total);
    else if (Math.floor((10 * done) / total) > Math.floor((10 * (done - 1)) / total) || done === total) {
      this.streams.stderr.write(`${printable(label)}: ${done}/${total}\n`);
    }
  }

  /**
   * Draws how far one piece of work is that may be over in a moment: only from its second second on. On a terminal a bar in
   * place, elsewhere a line when a part of it begins that has another name.
   * @returns what is told the share done, 0 to 1
   */
  follow(label: string): (part: string, share: number) => void {
    const started = this.now();
    let named = '';
    return (part, share) => {
      if (this.now() - started < PATIENCE_MS) return;
      if (this.streams.stderr.isTTY) this.progress(`% ${label}: ${part}`, Math.max(1, Math.floor(100 * share)), 100);
      else if (part !== named) this.step(`${label}: ${part}, ${Math.floor(100 * share)} %`);
      named = part;
    };
  }

  /** As progress, where nobody knows how much there is: on a terminal a count in place, elsewhere a line at each thousand. */
  count(label: string, done: number): void {
    if (this.options.quiet) return;
    if (!this.streams.stderr.isTTY) {
      if (done % 1000 === 0) this.streams.stderr.write(`${printable(label)}: ${done}\n`);
      return;
    }
    if (this.openBar && this.now() - this.drawn < REDRAW_MS) return;
    this.drawn = this.now();
    this.streams.stderr.write(`\r\x1b[K${done} ${printable(label)}`);
    this.openBar = true;
  }

  /** Writes a line that the program around this one reads. On stderr, so that stdout stays the result alone. */
  annotate(line: string): void {
    this.closeBar();
    this.streams.stderr.write(`${line}\n`);
  }

  private drawBar(label: string, done: number, total: number): void {
    if (done < total && this.openBar && this.now() - this.drawn < REDRAW_MS) return;
    this.drawn = this.now();
    const filled = Math.round((BAR_WIDTH * Math.min(done, total)) / total);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    const line = `${bar} ${done}/${total} ${printable(label)}`.slice(0, (this.streams.stderr.columns ?? 80) - 1);
    this.streams.stderr.write(`\r\x1b[K${line}`);
    this.openBar = true;
    if (done >= total) this.closeBar();
  }

  private closeBar(): void {
    if (this.openBar) this.streams.stderr.write('\n');
    this.openBar = false;
  }

  /** Prints the result of a command: lines, or with `--json` one object on one line. */
  finish(result: CommandResult): void {
    this.closeBar();
    if (this.options.json) this.streams.stdout.write(`${JSON.stringify(result.json)}\n`);
    else if (result.text.length > 0) this.streams.stdout.write(`${result.text.join('\n')}\n`);
  }

  /** Prints an error as one block. @returns the exit code that belongs to it */
  fail(error: unknown): number {
    this.closeBar();
    const known = error instanceof ZkinferError ? error : wrapUnknown(error);
    const lines = [
      `error: ${known.message} [${known.code}]`,
      ...known.facts.map((fact) => `  ${fact}`),
      ...(known.hint ? [`  hint: ${known.hint}`] : []),
    ].map(printable);
    if (this.options.debug) lines.push(stackOf(error));
    this.streams.stderr.write(`${lines.join('\n')}\n`);
    if (this.options.json) {
      const { code, message, facts, hint, exitCode } = known;
      this.streams.stdout.write(`${JSON.stringify({ error: { code, message, facts, hint, exitCode } })}\n`);
    }
    return known.exitCode;
  }
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    parts.push(at.stack ?? String(at));
  return parts.join('\ncaused by: ');
}

/** An error that nobody foresaw. Only exhaustion is told apart, because the user can do something about it. */
function wrapUnknown(error: unknown): ZkinferError {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'ENOSPC' || code === 'EMFILE' || code === 'ENOMEM' || code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new ZkinferError({
      code: 'RESOURCE_EXHAUSTED',
      kind: 'resource',
      message: 'the machine ran out of something',
      facts: [message],
      hint: 'free disk space or memory and run the command again',
      cause: error,
    });
  }
  return new ZkinferError({
    code: 'INTERNAL',
    kind: 'internal',
    message: 'something went wrong inside zkinfer',
    facts: [message.split('\n')[0]],
    hint: `run again with --debug and report what it prints (exit code ${EXIT.internal})`,
    cause: error,
  });
}
