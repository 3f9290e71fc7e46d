import { execFile } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const entry = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Runs the built command line in the repository's root and waits for it. @throws Error on an exit code not in `codes` */
export async function runZkinfer(args: readonly string[], codes: readonly number[] = [0]): Promise<Run> {
  const start = performance.now();
  const run = await new Promise<Run>((resolve) => {
    execFile(
      process.execPath,
      [entry, ...args],
      { cwd: root, maxBuffer: 1 << 28, env: { ...process.env, NO_COLOR: '1', COLUMNS: '120' } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 70;
        resolve({ code, stdout, stderr, ms: performance.now() - start });
      },
    );
  });
  if (!codes.includes(run.code))
    throw new Error(`zkinfer ${args.join(' ')} ended with ${run.code}\n${run.stdout}${run.stderr}`);
  return run;
}

/** As {@link runZkinfer} with `--json`, parsed. */
export async function runForJson<T>(args: readonly string[]): Promise<T & { readonly wallMs: number }> {
  const { stdout, ms } = await runZkinfer([...args, '--json']);
  return { ...(JSON.parse(stdout) as T), wallMs: ms };
}

/** A fenced block of a command as a reader would type it, and what it printed. */
export function formatRun(args: readonly string[], run: Run): string {
  const output = run.stdout.trim() === '' ? run.stderr : run.stdout;
  return ['```', `$ ${wrapCommand(args)}`, output.replaceAll(root, '').trimEnd(), '```'].join('\n');
}

/** Breaks a long command before options, the way a shell takes it. */
function wrapCommand(args: readonly string[]): string {
  const lines = ['npx zkinfer'];
  for (const arg of args.map(quote)) {
    const last = lines.length - 1;
    if (arg.startsWith('--') && lines[last].length > 60) lines.push(`    ${arg}`);
    else lines[last] += ` ${arg}`;
  }
  return lines.join(' \\\n');
}

/** One line on the machine that the figures come from, and on what else it was doing. */
export function describeMachine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const [load] = loadavg();
  const busy = load > cpus().length + 1 ? `, busy with other work (load average ${Math.round(load)})` : '';
  return `${first?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${memory} GB, Node ${process.versions.node}${busy}`;
}

/** 4.2 s below ten seconds, 42 s above, 420 ms below one. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

function quote(arg: string): string {
  return /^[\w./:@=,-]+$/.test(arg) ? arg : `'${arg}'`;
}
