import { execFile } from 'node:child_process';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ZkinferError } from '../core/error.js';

/** The circom release that the bundled package holds; a native circom is used only where it is the same. */
export const CIRCOM_VERSION = '2.2.3';

const CHILD = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './compiler-child.ts' : './compiler-child.js', import.meta.url),
);
/** The compiler's memory grows in small steps, and each makes V8 collect: threads that help with that use more than they save. */
const CHILD_FLAGS = ['--single-threaded-gc'];
const DEFAULT_TIMEOUT_MS = 30 * 60_000;
const OUTPUT_LIMIT_BYTES = 4 << 20;

export interface CompileOptions {
  /** Folder of the circom templates: this package's `circuits/`. */
  readonly includeDir: string;
  /** Folder the text and the outputs are written to; made where missing. */
  readonly outDir: string;
  /** Base name of the files. */
  readonly name?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** `bundled` never looks for a native compiler. */
  readonly compiler?: 'any' | 'bundled';
}

export interface CompiledCircom {
  readonly sourcePath: string;
  readonly r1csPath: string;
  readonly wasmPath: string;
  readonly symPath: string;
  readonly version: string;
  readonly compiler: 'bundled' | 'native';
}

/**
 * Compiles circom text at `--O1` with the bundled compiler in a child process, or with a native one of the same version.
 * @throws ZkinferError CIRCOM_FAILED with the compiler's own words, CIRCOM_TIMEOUT past the deadline
 */
export async function compileCircom(text: string, options: CompileOptions): Promise<CompiledCircom> {
  const name = options.name ?? 'circuit';
  const { outDir } = options;
  await mkdir(outDir, { recursive: true });
  const sourcePath = join(outDir, `${name}.circom`);
  await writeFile(sourcePath, text);
  const native = options.compiler !== 'bundled' && (await hasNativeCircom());
  const flags = ['--O1', '--r1cs', '--wasm', '--sym'];
  if (native) await run('circom', [sourcePath, ...flags, '-l', options.includeDir, '-o', outDir], options);
  else {
    const args = [`/build/${name}.circom`, ...flags, '-l', '/circuits', '-o', '/build'];
    await run(
      process.execPath,
      [...CHILD_FLAGS, ...loaderFlags(), CHILD, outDir, options.includeDir, ...args],
      options,
    );
  }
  const compiled = {
    sourcePath,
    r1csPath: join(outDir, `${name}.r1cs`),
    wasmPath: join(outDir, `${name}_js`, `${name}.wasm`),
    symPath: join(outDir, `${name}.sym`),
    version: CIRCOM_VERSION,
    compiler: native ? ('native' as const) : ('bundled' as const),
  };
  for (const path of [compiled.r1csPath, compiled.wasmPath, compiled.symPath]) {
    const written = await stat(path).catch(() => null);
    if (!written || written.size === 0) throw compileFailure('the compiler ended without writing its output', [path]);
  }
  return compiled;
}

/**
 * What the bundled compiler's `--inspect` says of a circuit: signals in no constraint, hints that could be constraints, and
 * the like. Empty for a clean one.
 * @returns each warning as one line: code, place where it has one, words
 */
export async function inspectCircom(text: string, options: CompileOptions): Promise<string[]> {
  const name = options.name ?? 'circuit';
  await mkdir(options.outDir, { recursive: true });
  await writeFile(join(options.outDir, `${name}.circom`), text);
  const args = [`/build/${name}.circom`, '--O1', '--inspect', '-l', '/circuits', '-o', '/build'];
  const said = await run(
    process.execPath,
    [...CHILD_FLAGS, ...loaderFlags(), CHILD, options.outDir, options.includeDir, ...args],
    options,
  );
  return withoutColours(said)
    .split(/^(?=warning\[)/m)
    .filter((part) => part.startsWith('warning['))
    .map((part) => {
      const place = /"([^"]+)":(\d+):\d+/.exec(part);
      const where = place ? ` ${place[1]}:${place[2]}` : '';
      return part.split('\n')[0].replace(/^(warning\[\w+\])/, `$1${where}`);
    });
}

/** From source the child needs the same TypeScript loader as this process; compiled it needs nothing. */
function loaderFlags(): string[] {
  return import.meta.url.endsWith('.ts') ? process.execArgv : [];
}

async function hasNativeCircom(): Promise<boolean> {
  try {
    const { stdout } = await execute('circom', ['--version'], { timeout: 10_000 });
    return stdout.trim().endsWith(` ${CIRCOM_VERSION}`);
  } catch {
    return false;
  }
}

/** Runs the compiler; returns what it printed. */
async function run(file: string, args: readonly string[], options: CompileOptions): Promise<string> {
  const timeout = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  try {
    const { stdout, stderr } = await execute(file, args, {
      timeout,
      signal: options.signal,
      maxBuffer: OUTPUT_LIMIT_BYTES,
      killSignal: 'SIGKILL',
    });
    return `${stdout}${stderr}`;
  } catch (cause) {
    const failure = cause as Error & { killed?: boolean; stdout?: string; stderr?: string; name: string };
    if (failure.name === 'AbortError') throw cause;
    if (failure.killed)
      throw new ZkinferError({
        code: 'CIRCOM_TIMEOUT',
        kind: 'resource',
        message: `circom did not finish within ${Math.round(timeout / 1000)} s`,
        hint: 'use the direct engine, or a smaller model',
        cause,
      });
    throw compileFailure('circom refused the circuit', [...tail(failure.stdout), ...tail(failure.stderr)], cause);
  }
}

/** Last lines of what the compiler wrote, without terminal colours. */
function tail(text = ''): string[] {
  const lines = withoutColours(text).split('\n');
  return lines.filter((line) => line.trim() !== '').slice(-12);
}

function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  return text.replaceAll(/\u001b\[[0-9;]*m/g, '');
}

function compileFailure(message: string, facts: readonly string[], cause?: unknown): ZkinferError {
  const hint = 'this is a fault of zkinfer or of its installation: keep the .circom file for the report';
  return new ZkinferError({ code: 'CIRCOM_FAILED', kind: 'internal', message, facts, hint, cause });
}

interface ExecuteOptions {
  readonly timeout: number;
  readonly signal?: AbortSignal;
  readonly maxBuffer?: number;
  readonly killSignal?: NodeJS.Signals;
}

function execute(
  file: string,
  args: readonly string[],
  options: ExecuteOptions,
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error) reject(Object.assign(error, { stdout, stderr }));
      else resolve({ stdout, stderr });
    });
  });
}
