import type { Manifest } from '../bundle/manifest.js';
import { computeWitness } from '../circuit/witness.js';
import { type Binding, writeCommitment } from '../commitment/context.js';
import { commitInput } from '../commitment/poseidon.js';
import { ZkinferError } from '../core/error.js';
import type { FieldElement } from '../core/field.js';
import { writeTensors } from '../core/statement.js';
import { writeWtnsBytes } from '../groth16/wtns-file.js';
import { dequantize } from '../quantize/inputs.js';
import { encodeRow, inferCodes } from '../quantize/search.js';
import type { Row } from '../rows/rows.js';
import { type BoundTo, bindStatement } from '../verify/derive-signals.js';
import type { RunIntegers } from '../verify/proof-file.js';
import type { OpenBundle } from './open-bundle.js';
import { reorderWitness } from './wire-order.js';

/** An input outside the calibrated range: its code saturates, and the proof speaks of the saturated code. */
export interface SaturatedInput {
  readonly input: string;
  readonly elements: number;
  /** Largest distance from the value that the proof speaks of, in real units. */
  readonly largest: number;
}

/** What a proof is to be bound to. */
export interface RunBinding {
  /** Any number, for a packed statement. */
  readonly context?: FieldElement;
  /** Chain, contract, model, agent and nonce; a bound statement needs it. */
  readonly binding?: Binding;
  /** Of the commitment to a committed input. */
  readonly salt?: bigint;
}

/** What a run needs of a bundle. */
export type RunnableBundle = Pick<OpenBundle, 'manifest' | 'graph' | 'program' | 'wireOrder' | 'weights'>;

/** A run of the integer model and its witness, ready for a prover. */
export interface PreparedRun {
  readonly run: RunIntegers;
  /** Bytes of the input side of the statement: the codes, nothing, or the commitment to them. */
  readonly input: Uint8Array;
  readonly bound: BoundTo;
  readonly wtns: Uint8Array;
  readonly saturated: readonly SaturatedInput[];
}

/** What the verifier is told of an input. @throws ZkinferError SALT_MISSING */
export async function describeInput(
  { statement }: Pick<Manifest, 'statement'>,
  codes: Readonly<Record<string, ArrayLike<number>>>,
  salt: bigint | undefined,
): Promise<Uint8Array> {
  const bytes = writeTensors(statement.inputs, codes);
  if (statement.visibility === 'public') return bytes;
  if (statement.visibility === 'private') return new Uint8Array(0);
  if (salt === undefined)
    throw new ZkinferError({
      code: 'SALT_MISSING',
      kind: 'usage',
      message: 'the input is committed to, and a commitment needs a salt',
      hint: 'give --salt FILE; it is made where it is missing, and kept for whoever opens the commitment',
    });
  return writeCommitment(await commitInput(bytes, salt));
}

export interface RunOptions {
  /** Refuses inputs outside the calibrated range, where otherwise they saturate. */
  readonly strict?: boolean;
}

/**
 * Infers one row and writes its witness in the wire order of the compiled circuit.
 * @throws ZkinferError `SALT_MISSING`, `INPUT_OUT_OF_RANGE`
 */
export async function prepareRun(
  bundle: RunnableBundle,
  row: Row,
  to: RunBinding,
  options: RunOptions = {},
): Promise<PreparedRun> {
  const { statement } = bundle.manifest;
  const inputs = encodeRow(bundle.graph, row);
  const saturated = findSaturated(bundle, row, inputs);
  if (options.strict && saturated.length > 0) throw outOfRange(saturated);
  const outputs = inferCodes(bundle.graph, inputs);
  const input = await describeInput(bundle.manifest, inputs, to.salt);
  const bound = await bindStatement(statement, { input, output: writeTensors(statement.outputs, outputs) }, to);
  const witness = computeWitness(bundle.program, inputs, bound.value, to.salt, bundle.weights);
  return {
    run: { inputs, outputs },
    input,
    bound,
    wtns: writeWtnsBytes(reorderWitness(witness, bundle.wireOrder)),
    saturated,
  };
}

function outOfRange(saturated: readonly SaturatedInput[]): ZkinferError {
  return new ZkinferError({
    code: 'INPUT_OUT_OF_RANGE',
    kind: 'usage',
    message: 'the input lies outside the calibrated range',
    facts: saturated.map(
      ({ input, elements, largest }) => `${input}: ${elements} elements, by up to ${largest.toPrecision(4)}`,
    ),
    hint: 'calibrate with rows that reach this far, or leave --strict out to prove the saturated input',
  });
}

/** The inputs of a row that quantization cuts. */
export function findSaturated(
  bundle: Pick<OpenBundle, 'graph'>,
  row: Row,
  codes: Readonly<Record<string, Float64Array>>,
): SaturatedInput[] {
  return bundle.graph.inputs.flatMap((input) => {
    const value = bundle.graph.values[input.value];
    const stated = dequantize(codes[input.name], value);
    let [elements, largest] = [0, 0];
    for (let i = 0; i < stated.length; i++) {
      const distance = Math.abs(row[input.name][i] - stated[i]);
      const step = value.scale[value.scale.length === 1 ? 0 : i];
      if (distance <= step * 0.500001) continue;
      elements++;
      largest = Math.max(largest, distance);
    }
    return elements > 0 ? [{ input: input.name, elements, largest }] : [];
  });
}
