import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groth16 } from 'snarkjs';
import { bundlePaths } from '../../src/bundle/paths.js';
import { toField } from '../../src/core/field.js';
import { openBundle } from '../../src/pipeline/open-bundle.js';
import { poolBundle, proveInPool } from '../../src/pipeline/pooled-bundle.js';
import { runDemo } from '../../src/pipeline/run-demo.js';
import type { ProverPool } from '../../src/prove/pool.js';
import { encodeRow } from '../../src/quantize/search.js';
import { readRows } from '../../src/rows/read-rows.js';

export type FullProve = (
  input: Record<string, unknown>,
  wasm: string | Uint8Array,
  zkey: string | Uint8Array,
) => Promise<{ readonly publicSignals: readonly string[] }>;

/** snarkjs' own way from an input to a proof, with its witness calculator; the types of the project have no use for it. */
export const { fullProve } = groth16 as unknown as { readonly fullProve: FullProve };

/** The bundle that `zkinfer demo` builds, and the rows that it tests with. */
export interface DemoBench {
  readonly model: string;
  readonly constraints: number;
  /** Proves a test row by snarkjs and gives the signals; key and witness module lie in memory, and the proof is not verified. */
  readonly fullProve: (index: number) => Promise<readonly string[]>;
  /** Proves the same row in a pool, and verifies the proof. */
  readonly proveIn: (pool: ProverPool, index: number) => Promise<readonly string[]>;
}

/** Runs the demo into a folder. */
export async function openDemo(folder: string): Promise<DemoBench> {
  const dir = join(folder, 'demo');
  const { model, constraints } = await runDemo({ outDir: dir });
  const bundle = await openBundle(dir);
  const pooled = await poolBundle(bundle);
  const { inputs } = bundle.manifest.statement;
  const spec = { inputs: inputs.map(({ name, shape }) => ({ name, shape })) };
  const { rows } = await readRows(join(import.meta.dirname, '../../examples/models', model, 'test.json'), spec);
  const paths = bundlePaths(dir);
  const [wasm, zkey] = [paths.witnessProgram, paths.provingKey].map((path) => new Uint8Array(readFileSync(path)));
  const rowAt = (index: number) => rows[index % rows.length];
  const proveByThem = async (index: number) => {
    const codes = encodeRow(bundle.graph, rowAt(index));
    const signals = inputs.map(({ name }, at) => [`in_${at}`, Array.from(codes[name], String)]);
    return (await fullProve({ ...Object.fromEntries(signals), context: '0' }, wasm, zkey)).publicSignals;
  };
  const proveIn = async (pool: ProverPool, index: number) => {
    const { proof } = await proveInPool(pool, pooled, { row: rowAt(index), to: { context: toField(0n) } });
    return proof.publicSignals;
  };
  return { model, constraints, fullProve: proveByThem, proveIn };
}
