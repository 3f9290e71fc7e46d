import { lowerCircuit } from '../circuit/lower.js';
import { prepareTables } from '../groth16/fast-interpolation.js';
import { type MakeWitness, shareWitnessProgram, type WitnessProgram } from '../prove/witness-program.js';
import type { Row } from '../rows/rows.js';
import { circuitOptionsOf } from './circuit-options.js';
import type { PreparedRun, RunBinding, RunnableBundle } from './prove-input.js';
import { prepareRun } from './prove-input.js';

/** What runs of a bundle are computed from; the circuit is lowered anew where it is opened. */
type Content = Omit<RunnableBundle, 'program'>;

/** One run: input of the program. */
export interface RunInput {
  readonly row: Row;
  readonly to: RunBinding;
  readonly strict?: boolean;
}

/** What the caller learns of a run beside its proof. */
export type RunReport = Omit<PreparedRun, 'wtns'>;

/** Shares what computes the runs and witnesses of a bundle with the workers of a pool. */
export function shareRunProgram({ manifest, graph, wireOrder, weights }: RunnableBundle): WitnessProgram {
  return shareWitnessProgram(import.meta.url, { manifest, graph, wireOrder, weights } satisfies Content);
}

/** Opens the program in a worker. */
export async function openProgram(content: unknown): Promise<MakeWitness> {
  const { manifest, graph, wireOrder, weights } = content as Content;
  const program = lowerCircuit(weights?.architecture ?? graph, circuitOptionsOf(manifest));
  await prepareTables(program);
  const bundle = { manifest, graph, wireOrder, weights, program };
  return async (input) => {
    const { row, to, strict } = input as RunInput;
    const { wtns, ...report } = await prepareRun(bundle, row, to, { strict });
    return { wtns, report };
  };
}
