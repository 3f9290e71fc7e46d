import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ZkinferError } from '../core/error.js';
import type { Proof } from './proof.js';
import type { Prover } from './prove.js';

const run = promisify(execFile);

export interface RapidsnarkOptions {
  /** The program, by path or by a name on PATH. */
  readonly binary: string;
  /** For one proof; a program that takes longer is killed. */
  readonly timeoutMs?: number;
}

/**
 * The prover of iden3 in C++ and assembly, as an external program: `binary zkey wtns proof public`. It is four to ten
 * times as fast as snarkjs and never needed. Run `testProver` on it before use. The witness goes through a file that only
 * this user can read and that is deleted after the proof.
 */
export function createRapidsnarkProver({ binary, timeoutMs = 600_000 }: RapidsnarkOptions): Prover {
  let folder: string | undefined;
  let written: Uint8Array | undefined;
  const clean = () => {
    if (folder) rmSync(folder, { recursive: true, force: true });
    folder = undefined;
    written = undefined;
  };
  const open = async (): Promise<string> => {
    if (!folder) {
      folder = await mkdtemp(join(tmpdir(), 'zkinfer-prover-'));
      process.once('exit', clean);
    }
    return folder;
  };
  let queue: Promise<unknown> = Promise.resolve();

  const proveOne = async (zkey: Uint8Array, wtns: Uint8Array): Promise<{ proof: Proof; publicSignals: string[] }> => {
    const place = await open();
    const at = (name: string) => join(place, name);
    if (written !== zkey) {
      await writeFile(at('key.zkey'), zkey, { mode: 0o600 });
      written = zkey;
    }
    try {
      await writeFile(at('witness.wtns'), wtns, { mode: 0o600 });
      const files = ['key.zkey', 'witness.wtns', 'proof.json', 'public.json'].map(at);
      await run(binary, files, { timeout: timeoutMs, killSignal: 'SIGKILL' });
      const [proof, publicSignals] = await Promise.all(files.slice(2).map(readJson));
      const { pi_a, pi_b, pi_c } = proof as Proof;
      return {
        proof: { pi_a, pi_b, pi_c, protocol: 'groth16', curve: 'bn128' },
        publicSignals: publicSignals as string[],
      };
    } catch (cause) {
      throw failProgram(binary, cause);
    } finally {
      for (const name of ['witness.wtns', 'proof.json', 'public.json']) await rm(at(name), { force: true });
    }
  };

  return {
    name: 'rapidsnark',
    proveUnchecked: (key, wtns) => {
      const result = queue.then(() => proveOne(key.zkey, wtns));
      queue = result.catch(() => {});
      return result;
    },
    close: async () => {
      await queue;
      process.removeListener('exit', clean);
      clean();
    },
  };
}

/** Some versions end their files with a zero byte. */
async function readJson(path: string): Promise<unknown> {
  return JSON.parse((await readFile(path, 'utf8')).replace(/\0+$/, ''));
}

function failProgram(binary: string, cause: unknown): ZkinferError {
  const { code, killed, stderr } = cause as { code?: unknown; killed?: boolean; stderr?: string };
  const missing = code === 'ENOENT';
  const facts = [`program: ${binary}`];
  if (killed) facts.push('it was stopped: it took too long');
  else if (!missing) facts.push(`ended with: ${String(code ?? cause).slice(0, 100)}`);
  if (stderr) facts.push(stderr.trim().slice(0, 300));
  return new ZkinferError({
    code: missing ? 'RAPIDSNARK_MISSING' : 'RAPIDSNARK_FAILED',
    kind: missing ? 'usage' : 'resource',
    message: missing ? 'The external prover is not there.' : 'The external prover failed.',
    facts,
    hint: 'Give the path of a rapidsnark program for this machine, or use the built-in prover.',
    cause,
  });
}
