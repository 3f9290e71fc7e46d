import { bytesToIntegers, countLimbs, integersToBytes, joinsLastLimb } from './limbs.js';
import { type Shape, sizeOf } from './tensor.js';

interface TensorLayout {
  readonly name: string;
  readonly shape: Shape;
  /** `real = scale · (q - zeroPoint)`; one entry, or one an element. */
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  /** Bytes that each element takes in the statement, big-endian. */
  readonly bytesPerElement: number;
}

/** How a model input stands in the statement: `q = clamp(roundHalfEven(real / scale) + zeroPoint, min, max)`. */
export interface InputLayout extends TensorLayout {
  readonly bits: number;
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** How a model output stands in the statement. */
export interface OutputLayout extends TensorLayout {
  readonly max: readonly number[];
  /** Class labels by index. */
  readonly labels?: readonly (string | number)[];
  /** The operator that was left out at the end of the model (`Softmax`): the output is what went into it. */
  readonly cut?: string;
}

/** How much of the model's input a verifier sees: all of it, nothing, or a salted commitment to it. */
export type InputVisibility = 'public' | 'private' | 'committed';

/** How the bytes become public signals: limb by limb, or as hash, sum under a challenge, and challenge. */
export type StatementForm = 'packed' | 'bound';

/** What a proof of one model speaks of: its input bytes, its output bytes, and a context. */
export interface Statement {
  readonly form: StatementForm;
  readonly visibility: InputVisibility;
  readonly inputs: readonly InputLayout[];
  readonly outputs: readonly OutputLayout[];
  /** Name of every public signal in snarkjs' order. `output[k]` and `input[k]` are limbs, `inputAndOutput` is one of both, `context` is what the caller bound. */
  readonly publicSignals: readonly string[];
}

/** Bytes of a commitment to an input: a field element, big-endian. */
export const COMMITMENT_BYTES = 32;

/**
 * The bytes of the statement's two sides: all inputs in order (none where they are private, the commitment where they are
 * committed), and all outputs in order.
 */
export interface StatementBytes {
  readonly input: Uint8Array;
  readonly output: Uint8Array;
}

/** Bytes that the tensors of one side take together. */
export function countBytes(layouts: readonly TensorLayout[]): number {
  return layouts.reduce((sum, layout) => sum + sizeOf(layout.shape) * layout.bytesPerElement, 0);
}

/**
 * Names of the public signals. Packed: input limbs (or the commitment, or nothing), output limbs, context; a public output that
 * fits joins the last limb of the input. Bound: hash of the limbs, their sum under the challenge, the challenge.
 */
export function nameSignals(
  inputByteCount: number,
  outputByteCount: number,
  { form, visibility }: Pick<Statement, 'form' | 'visibility'>,
): string[] {
  if (form === 'bound') return ['limbHash', 'limbSum', 'challenge'];
  const limbs = (side: string, byteCount: number) =>
    Array.from({ length: countLimbs(byteCount) }, (_, k) => `${side}[${k}]`);
  if (visibility === 'public' && joinsLastLimb(inputByteCount, outputByteCount))
    return [...limbs('input', inputByteCount).slice(0, -1), 'inputAndOutput', 'context'];
  const input = { public: limbs('input', inputByteCount), private: [], committed: ['inputCommitment'] }[visibility];
  return [...input, ...limbs('output', outputByteCount), 'context'];
}

/** Bytes of the input side that a verifier is told. */
export function countInputBytes({ visibility, inputs }: Pick<Statement, 'visibility' | 'inputs'>): number {
  return { public: countBytes(inputs), private: 0, committed: COMMITMENT_BYTES }[visibility];
}

/** Writes the integers of each tensor, in the order of the layouts. @throws RangeError where one does not fit its bytes */
export function writeTensors(
  layouts: readonly TensorLayout[],
  integers: Readonly<Record<string, ArrayLike<number>>>,
): Uint8Array {
  const bytes = new Uint8Array(countBytes(layouts));
  let at = 0;
  for (const layout of layouts) {
    const part = integersToBytes(integers[layout.name], layout.bytesPerElement);
    if (part.length !== sizeOf(layout.shape) * layout.bytesPerElement) {
      throw new RangeError(`${layout.name} has ${integers[layout.name].length} elements, not ${sizeOf(layout.shape)}`);
    }
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Reads what `writeTensors` wrote; the result has no prototype. @throws RangeError for another number of bytes */
export function readTensors(layouts: readonly TensorLayout[], bytes: Uint8Array): Record<string, Float64Array> {
  if (bytes.length !== countBytes(layouts))
    throw new RangeError(`${bytes.length} bytes, expected ${countBytes(layouts)}`);
  const tensors = Object.create(null) as Record<string, Float64Array>;
  let at = 0;
  for (const layout of layouts) {
    const length = sizeOf(layout.shape) * layout.bytesPerElement;
    tensors[layout.name] = bytesToIntegers(bytes.subarray(at, at + length), layout.bytesPerElement);
    at += length;
  }
  return tensors;
}

/** Integers of a tensor in the units of the float model. */
export function toReal(layout: TensorLayout, integers: ArrayLike<number>): Float64Array {
  const entry = (array: readonly number[], i: number) => array[array.length === 1 ? 0 : i];
  return Float64Array.from(integers, (q, i) => entry(layout.scale, i) * (q - entry(layout.zeroPoint, i)));
}
