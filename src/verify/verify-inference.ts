import { isLocalOnly, type Manifest } from '../bundle/manifest.js';
import { SchemaError } from '../bundle/schema.js';
import { type Binding, computeContext } from '../commitment/context.js';
import { fromHex } from '../core/hex.js';
import { type InputLayout, readTensors, type StatementBytes, toReal } from '../core/statement.js';
import { type Verdict, verifyProof } from '../groth16/verify.js';
import { verifyMany } from '../groth16/verify-many.js';
import { deriveSignals } from './derive-signals.js';
import {
  describeOutputs,
  parseContext,
  parseProofFile,
  pickDigests,
  type StatedBinding,
  type StatedOutput,
} from './proof-file.js';

/** What a proof of inference says, once it holds. */
export interface InferenceVerdict {
  readonly valid: boolean;
  /** One sentence: why not, or what was verified. */
  readonly reason: string;
  /** `dev` where the key is a development key: it shows that the pipeline works and convinces nobody else. */
  readonly profile?: 'dev' | 'production';
  /** Only where valid: the outputs, from the verified bytes. */
  readonly outputs?: Readonly<Record<string, StatedOutput>>;
  /** Only where valid: the inputs, from the verified bytes. */
  readonly inputs?: Readonly<Record<string, StatedOutput>>;
  readonly context?: string;
}

/** What the caller wants a proof to be bound to. */
export interface Expectations {
  /** Decimal or `0x` field element; a proof with another context is refused. */
  readonly context?: string;
  /** Fields of the binding that a proof has to state: who it is for, and where. */
  readonly binding?: Partial<StatedBinding>;
}

class Refusal extends Error {}

function require(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new Refusal(reason);
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}

function checkStatedOutputs(
  stated: Readonly<Record<string, StatedOutput>>,
  derived: Readonly<Record<string, StatedOutput>>,
): void {
  const names = Object.keys(derived);
  require(sameSet(Object.keys(stated), names), `the file names other outputs than ${names.join(', ')}`);
  for (const name of names) {
    const [a, b] = [stated[name], derived[name]];
    const same =
      sameNumbers(a.integers, b.integers) && sameNumbers(a.real, b.real) && a.label === b.label && a.cut === b.cut;
    require(same, `output ${JSON.stringify(name)} is not what the proved bytes say`);
  }
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

function checkInputRange(layout: InputLayout, integers: Float64Array): void {
  const entry = (array: readonly number[], i: number) => array[array.length === 1 ? 0 : i];
  const bad = integers.findIndex((q, i) => q < entry(layout.min, i) || q > entry(layout.max, i));
  require(bad < 0, `input ${JSON.stringify(layout.name)}, element ${bad} is outside its declared range`);
}

function readInputs(manifest: Manifest, bytes: Uint8Array): Record<string, StatedOutput> {
  const tensors = readTensors(manifest.statement.inputs, bytes);
  const inputs = Object.create(null) as Record<string, StatedOutput>;
  for (const layout of manifest.statement.inputs) {
    checkInputRange(layout, tensors[layout.name]);
    inputs[layout.name] = { integers: [...tensors[layout.name]], real: [...toReal(layout, tensors[layout.name])] };
  }
  return inputs;
}

/** Holds a stated binding to what the caller expects of it; letters of an address may be large or small. */
function checkBinding(stated: StatedBinding | undefined, expected: Partial<StatedBinding>): void {
  for (const [field, wanted] of Object.entries(expected)) {
    if (wanted === undefined) continue;
    const given = stated?.[field as keyof StatedBinding];
    require(given?.toLowerCase() ===
      wanted.toLowerCase(), `the proof is bound to ${field} ${given ?? 'nothing'}, not to ${wanted}`);
  }
}

/** The binding that a file states, with its chain as a number. @throws RangeError */
function readStatedBinding(stated: StatedBinding | undefined): Binding | undefined {
  if (!stated) return undefined;
  require(/^(0|[1-9][0-9]{0,77})$/.test(stated.chainId), 'the chain id is not a canonical decimal');
  return { ...stated, chainId: BigInt(stated.chainId) };
}

function checkKey(verificationKey: unknown, signalCount: number): void {
  const key = verificationKey as { nPublic?: unknown; vk_gamma_2?: unknown; vk_delta_2?: unknown } | null;
  require(key?.nPublic ===
    signalCount, 'the verification key is for another number of public signals than the manifest');
  // A key without a phase-2 contribution has gamma = delta, and then anyone can prove anything.
  require(JSON.stringify(key.vk_gamma_2) !==
    JSON.stringify(
      key.vk_delta_2,
    ), 'the verification key has no contribution: every statement could be forged under it');
}

/** A document that holds but for its pairing: what to ask of the pairing, and what to say once it answers yes. */
interface Examined {
  readonly claim: { readonly publicSignals: unknown; readonly proof: unknown };
  readonly ifValid: InferenceVerdict;
}

/** Everything but the pairing. @throws Refusal, SchemaError, RangeError */
async function examine(
  document: unknown,
  manifest: Manifest,
  verificationKey: unknown,
  expected: Expectations,
): Promise<Examined> {
  const file = parseProofFile(document);
  const { statement } = manifest;
  const digests = pickDigests(manifest);
  for (const name of ['model', 'qmodel', 'r1cs', 'verificationKey'] as const) {
    require(file.digests[name] ===
      digests[
        name
      ], `the proof is for another ${name}: it names ${file.digests[name]}, the bundle has ${digests[name]}`);
  }
  require(file.profile ===
    manifest.setup?.profile, 'the proof and the bundle disagree whether the key is for development');
  checkKey(verificationKey, statement.publicSignals.length);
  const bytes: StatementBytes = {
    input: fromHex(file.statement.input),
    output: fromHex(file.statement.output),
  };
  const context = parseContext(file.context.value);
  require(String(context) === file.context.value, 'the context is not a canonical decimal');
  if (expected.context !== undefined) {
    require(parseContext(expected.context) ===
      context, `the proof is bound to context ${context}, not to ${expected.context}`);
  }
  const inputs = statement.visibility === 'public' ? readInputs(manifest, bytes.input) : {};
  const outputs = describeOutputs(statement, bytes.output);
  const binding = readStatedBinding(file.context.binding);
  require(!binding ||
    statement.form === 'bound' ||
    computeContext(binding) === context, 'the context is not that of the stated binding');
  checkBinding(file.context.binding, expected.binding ?? {});
  const signals = (await deriveSignals(statement, bytes, { value: context, binding })).map(String);
  require(statement.form === 'packed' ||
    signals.at(-1) === file.context.value, 'the challenge is not that of the stated binding');
  require(signals.length === file.publicSignals.length &&
    signals.every(
      (signal, i) => signal === file.publicSignals[i],
    ), 'the public signals are not the packed bytes of the statement');
  checkStatedOutputs(file.outputs, outputs);
  const reason =
    file.profile === 'dev'
      ? 'the proof holds under a development key, which convinces only whoever made it'
      : manifest.setup !== null && isLocalOnly(manifest.setup)
        ? 'the proof holds under a key from powers of tau that nobody contributed to, so anyone could have forged it'
        : 'the proof holds';
  return {
    claim: { publicSignals: file.publicSignals, proof: file.proof },
    ifValid: { valid: true, reason, profile: file.profile, outputs, inputs, context: file.context.value },
  };
}

/** The verdict on whatever was thrown while untrusted data was read. */
function refuse(error: unknown): InferenceVerdict {
  const known = error instanceof Refusal || error instanceof SchemaError || error instanceof RangeError;
  return { valid: false, reason: known ? error.message : 'the proof file cannot be read' };
}

function conclude({ valid, reason }: Verdict, ifValid: InferenceVerdict): InferenceVerdict {
  return valid ? ifValid : { valid: false, reason: reason ?? 'the proof does not hold' };
}

/**
 * Verifies a proof of inference against a manifest and its verification key, which the caller trusts: digests, public signals
 * against the stated bytes, stated outputs against those bytes, context, and the Groth16 proof itself.
 * Total: whatever `document` is, it answers and never throws.
 * @param document the parsed JSON of a proof file, untrusted
 */
export async function verifyInference(
  document: unknown,
  manifest: Manifest,
  verificationKey: unknown,
  expected: Expectations = {},
): Promise<InferenceVerdict> {
  try {
    const { claim, ifValid } = await examine(document, manifest, verificationKey, expected);
    return conclude(await verifyProof(verificationKey, claim.publicSignals, claim.proof), ifValid);
  } catch (error) {
    return refuse(error);
  }
}

/**
 * Verifies many proofs of one bundle, with the verdicts of verifyInference in the same order, at a third of its cost: the pairing
 * equations are checked together, and taken apart only where their sum does not hold. Total, as verifyInference.
 */
export async function verifyInferences(
  documents: readonly unknown[],
  manifest: Manifest,
  verificationKey: unknown,
  expected: Expectations = {},
): Promise<InferenceVerdict[]> {
  const examined = await Promise.all(
    documents.map(async (document): Promise<Examined | InferenceVerdict> => {
      try {
        return await examine(document, manifest, verificationKey, expected);
      } catch (error) {
        return refuse(error);
      }
    }),
  );
  const open = examined.filter((one): one is Examined => 'claim' in one);
  const verdicts = await verifyMany(
    verificationKey,
    open.map(({ claim }) => claim),
  );
  const concluded = new Map(open.map((one, i) => [one, conclude(verdicts[i], one.ifValid)]));
  return examined.map((one) => ('claim' in one ? (concluded.get(one) as InferenceVerdict) : one));
}
