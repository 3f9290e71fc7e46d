import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ZkinferError } from '../core/error.js';
import type { Shape } from '../core/tensor.js';
import type { RealRow } from './quantize.js';

export interface ReferenceRequest {
  readonly modelPath: string;
  readonly inputs: readonly { readonly name: string; readonly dims: readonly number[] }[];
  readonly rows: readonly Readonly<Record<string, readonly number[]>>[];
  readonly outputs: readonly string[];
  /** Names of inner tensors to read as well. */
  readonly intermediates: readonly string[];
}

export type ReferenceAnswer =
  | { readonly ok: true; readonly rows: readonly Readonly<Record<string, readonly number[]>>[] }
  | { readonly ok: false; readonly message: string };

/** What onnxruntime gives for each row: the elements of every tensor asked for, by name. */
export type ReferenceRows = readonly Readonly<Record<string, readonly number[]>>[];

const CHILD = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './reference-child.ts' : './reference-child.js', import.meta.url),
);

/**
 * Runs a model file in onnxruntime (CPU, optimisation off, one row a run), in a child process under a deadline.
 * @throws ZkinferError REFERENCE_FAILED when onnxruntime refuses the model or the outputs, REFERENCE_TIMEOUT past the deadline
 */
export function runReference(
  modelPath: string,
  inputs: readonly { readonly name: string; readonly shape: Shape }[],
  rows: readonly RealRow[],
  outputs: readonly string[],
  options: { readonly intermediates?: readonly string[]; readonly timeoutMs?: number } = {},
): Promise<ReferenceRows> {
  const timeoutMs = options.timeoutMs ?? 120_000;
  const request: ReferenceRequest = {
    modelPath,
    inputs: inputs.map(({ name, shape }) => ({ name, dims: [...shape] })),
    rows: rows.map((row) => Object.fromEntries(inputs.map(({ name }) => [name, Array.from(row[name])]))),
    outputs,
    intermediates: options.intermediates ?? [],
  };
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let noise = '';
    let settled = false;
    const settle = (finish: () => void) => {
      if (settled) return;
      settled = true;
      clearTimeout(deadline);
      child.kill('SIGKILL');
      finish();
    };
    const fail = (code: string, message: string, hint: string) =>
      settle(() =>
        reject(new ZkinferError({ code, kind: 'usage', message, facts: noise ? [noise.slice(0, 400)] : [], hint })),
      );
    const deadline = setTimeout(
      () => fail('REFERENCE_TIMEOUT', `onnxruntime took over ${timeoutMs} ms`, 'give fewer rows'),
      timeoutMs,
    );
    child.stderr?.on('data', (chunk: Buffer) => {
      if (noise.length < 2000) noise += chunk.toString();
    });
    child.once('message', (answer: ReferenceAnswer) => {
      if (answer.ok) settle(() => resolve(answer.rows));
      else fail('REFERENCE_FAILED', `onnxruntime: ${answer.message}`, 'check that the model runs in onnxruntime');
    });
    child.once('exit', (code, signal) => {
      if (noise.includes('ERR_MODULE_NOT_FOUND') && noise.includes("'onnxruntime-node'")) {
        fail('REFERENCE_MISSING', 'onnxruntime-node is not installed', 'npm install onnxruntime-node');
      } else
        fail(
          'REFERENCE_FAILED',
          `the onnxruntime process ended (${signal ?? `code ${code}`})`,
          'is onnxruntime-node installed?',
        );
    });
    child.send(request);
  });
}
