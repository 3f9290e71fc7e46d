import type { Manifest } from '../bundle/manifest.js';
import {
  type Read,
  readArray,
  readDigest,
  readLabel,
  readNumber,
  readObject,
  readOneOf,
  readOptional,
  readRecord,
  readString,
  SchemaError,
} from '../bundle/schema.js';
import type { Binding } from '../commitment/context.js';
import type { Digest } from '../core/digest.js';
import { type FieldElement, R } from '../core/field.js';
import { toHex } from '../core/hex.js';
import { type OutputLayout, readTensors, type Statement, toReal, writeTensors } from '../core/statement.js';
import { sizeOf } from '../core/tensor.js';
import type { Proof, ProofResult } from '../groth16/proof.js';
import type { BoundTo } from './derive-signals.js';

export const PROOF_FORMAT = 'zkinfer-proof/1';

/** One output of a proved run: integers as the circuit gave them, the same in the units of the model, the class where known. */
export interface StatedOutput {
  readonly integers: readonly number[];
  readonly real: readonly number[];
  readonly label?: string | number;
  /** The function that the model ends in and that was left to the reader: `real` is its argument. */
  readonly cut?: string;
}

/** What the proof was made with; `null` where the bundle has no such artifact. */
export interface ProofDigests {
  readonly model: Digest;
  readonly qmodel: Digest;
  readonly r1cs: Digest;
  readonly verificationKey: Digest;
}

/** A binding as a proof file states it: the chain as a decimal, the rest as `0x…`. */
export interface StatedBinding extends Omit<Binding, 'chainId'> {
  readonly chainId: string;
}

/** A proof with everything that a reader wants to know of it. All of it is untrusted until verified. */
export interface ProofFile {
  readonly format: typeof PROOF_FORMAT;
  /** `dev`: the key was made by one process; anyone who saw its secrets can prove anything. */
  readonly profile: 'dev' | 'production';
  readonly proof: Proof;
  /** Decimals in snarkjs' order. */
  readonly publicSignals: readonly string[];
  /** The bytes that the limbs among the public signals pack, as lower-case hexadecimal. */
  readonly statement: { readonly input: string; readonly output: string };
  readonly outputs: Readonly<Record<string, StatedOutput>>;
  readonly digests: ProofDigests;
  /** The field element that the caller bound to the proof, a decimal. */
  readonly context: { readonly value: string; readonly binding?: StatedBinding };
}

/** The class that an output names: `labels[q]` of an index, the label of the largest of as many scores as there are labels. */
function findLabel(layout: OutputLayout, integers: Float64Array, real: Float64Array): string | number | undefined {
  const { labels } = layout;
  if (labels === undefined) return undefined;
  if (sizeOf(layout.shape) === 1) return labels[integers[0]];
  return integers.length === labels.length
    ? labels[real.reduce((best, x, i) => (x > real[best] ? i : best), 0)]
    : undefined;
}

/** What output bytes say, by name. @throws RangeError where they are not as many as the statement says */
export function describeOutputs(statement: Statement, bytes: Uint8Array): Record<string, StatedOutput> {
  const tensors = readTensors(statement.outputs, bytes);
  const stated = Object.create(null) as Record<string, StatedOutput>;
  for (const layout of statement.outputs) {
    const integers = tensors[layout.name];
    const real = toReal(layout, integers);
    const label = findLabel(layout, integers, real);
    stated[layout.name] = {
      integers: [...integers],
      real: [...real],
      ...(label !== undefined && { label }),
      ...(layout.cut !== undefined && { cut: layout.cut }),
    };
  }
  return stated;
}

/** A context as a field element. Decimal or `0x` hexadecimal. @throws RangeError */
export function parseContext(text: string): FieldElement {
  if (!/^(0|[1-9][0-9]{0,77}|0x[0-9a-fA-F]{1,64})$/.test(text))
    throw new RangeError(`${text} is no decimal or 0x number`);
  const value = BigInt(text);
  if (value >= R) throw new RangeError('a context is below the order of the BN254 scalar field');
  return value as FieldElement;
}

/** The digests of a manifest that a proof made with it carries. @throws RangeError where the bundle has no keys yet */
export function pickDigests(manifest: Manifest): ProofDigests {
  const { qmodel, r1cs, verificationKey } = manifest.artifacts;
  if (!qmodel || !r1cs || !verificationKey) throw new RangeError('the bundle is not set up');
  return { model: manifest.source.digest, qmodel, r1cs, verificationKey };
}

/** The integers of a run, by input and output name. */
export interface RunIntegers {
  readonly inputs: Readonly<Record<string, ArrayLike<number>>>;
  readonly outputs: Readonly<Record<string, ArrayLike<number>>>;
}

/**
 * Puts a proof together with what it speaks of. Private weights, which follow the statement's signals in what a prover gives,
 * are left out.
 * @param input bytes of the input side, where it is not the public input itself
 */
export function makeProofFile(
  manifest: Manifest,
  run: RunIntegers,
  bound: FieldElement | BoundTo,
  { proof, publicSignals }: ProofResult,
  input: Uint8Array = writeTensors(manifest.statement.inputs, run.inputs),
): ProofFile {
  const output = writeTensors(manifest.statement.outputs, run.outputs);
  const { value, binding } = typeof bound === 'bigint' ? { value: bound, binding: undefined } : bound;
  return {
    format: PROOF_FORMAT,
    profile: manifest.setup?.profile ?? 'dev',
    proof,
    publicSignals: publicSignals.slice(0, manifest.statement.publicSignals.length),
    statement: { input: toHex(input), output: toHex(output) },
    outputs: describeOutputs(manifest.statement, output),
    digests: pickDigests(manifest),
    context: { value: String(value), ...(binding && { binding: { ...binding, chainId: String(binding.chainId) } }) },
  };
}

/** Most characters of hexadecimal that a statement may have: far above any model, it bounds what a hostile file costs. */
const HEX_CAP = 1 << 26;

const readHex: Read<string> = (value, path) => {
  if (typeof value !== 'string' || value.length > HEX_CAP || !/^([0-9a-f]{2})*$/.test(value)) {
    throw new SchemaError(path, 'lower-case hexadecimal bytes', value);
  }
  return value;
};

/** Leaves the proof itself unread: the verifier reads it more strictly than a schema could. */
const readUnread: Read<unknown> = (value) => value;

const readBinding: Read<StatedBinding> = readObject({
  chainId: readString,
  contract: readString,
  modelId: readString,
  agent: readString,
  nonce: readString,
});

const readFields = readObject({
  format: readOneOf(PROOF_FORMAT),
  profile: readOneOf('dev', 'production'),
  proof: readUnread,
  publicSignals: readArray(readString),
  statement: readObject({ input: readHex, output: readHex }),
  outputs: readRecord(
    readObject({
      integers: readArray(readNumber),
      real: readArray(readNumber),
      label: readOptional(readLabel),
      cut: readOptional(readString),
    }),
  ),
  digests: readObject({ model: readDigest, qmodel: readDigest, r1cs: readDigest, verificationKey: readDigest }),
  context: readObject({ value: readString, binding: readOptional(readBinding) }),
});

/** Reads a proof file; `proof` is still anything. @throws SchemaError */
export function parseProofFile(document: unknown): Omit<ProofFile, 'proof'> & { readonly proof?: unknown } {
  return readFields(document, '$');
}
