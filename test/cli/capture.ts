import { runCli } from '../../src/cli/run.js';

/** What a command line printed, and its exit code. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process and keeps what it prints. */
export async function runWords(...argv: string[]): Promise<Ran> {
  const parts = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof parts) => ({
    write: (text: string) => {
      parts[name] += text;
    },
  });
  const code = await runCli(argv, { stdout: stream('stdout'), stderr: stream('stderr') });
  return { code, ...parts };
}

/** The object on the last line of stdout. */
export function lastJson(ran: Ran): Record<string, unknown> {
  return JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) as string) as Record<string, unknown>;
}
