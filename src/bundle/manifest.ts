import type { Digest } from '../core/digest.js';
import { ZkinferError } from '../core/error.js';
import type { Statement } from '../core/statement.js';
import { ARTIFACT_NAMES, type ArtifactName } from './artifact-names.js';
import {
  type Read,
  readArray,
  readBoolean,
  readCount,
  readDigest,
  readNullable,
  readNumber,
  readObject,
  readOneOf,
  readOptional,
  readRecord,
  readString,
  SchemaError,
} from './schema.js';
import { readStatement } from './statement-json.js';

export const MANIFEST_FORMAT = 'zkinfer-bundle/1';

/** Cost of the part of a circuit that serves one layer of the model. */
export interface LayerCost {
  readonly name: string;
  readonly kind: string;
  readonly constraints: number;
}

/** The compiled circuit in figures. */
export interface CircuitFacts {
  readonly engine: 'circom' | 'direct';
  /** What happens beyond a layer's calibrated range: clamped, or no proof exists. */
  readonly overflow: 'saturate' | 'assert';
  /** `private`: the circuit is an architecture's; the weights are committed to in the verification key of each model. */
  readonly weights?: 'private';
  readonly flags: readonly string[];
  readonly constraints: number;
  readonly wires: number;
  readonly layers: readonly LayerCost[];
}

/** How the keys came to be. `dev` keys were made by one process that knew every secret: fit for tests only. */
export interface SetupFacts {
  readonly profile: 'dev' | 'production';
  /** Powers-of-tau file: its BLAKE2b (as published lists give it) and its power; null for development keys made without one. */
  readonly ptau: { readonly blake2b: string; readonly power: number } | null;
  /** Independent contributions to phase 2; a beacon does not count. */
  readonly contributions: number;
  readonly beacon: boolean;
  /** Rules of the policy that the user switched off, by name. */
  readonly overrides: readonly string[];
}

/** The override for powers of tau whose secrets everybody may know: the key is for rehearsals, and stays on local chains. */
export const OVERRIDE_EMPTY_PTAU = 'nobody contributed to the powers of tau: local chains only';

/** Whether contracts with this key answer on local chains only. */
export function isLocalOnly({ profile, overrides }: Pick<SetupFacts, 'profile' | 'overrides'>): boolean {
  return profile === 'dev' || overrides.includes(OVERRIDE_EMPTY_PTAU);
}

/** Everything that says what a bundle is. Holds no times and no paths: equal builds have equal bytes. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  readonly name: string;
  /** The ONNX model that the bundle was built from: its file name and digest. */
  readonly source: { readonly name: string; readonly digest: Digest };
  /** Versions of what made the artifacts. */
  readonly tools: Readonly<Record<string, string>>;
  readonly artifacts: Readonly<Partial<Record<ArtifactName, Digest>>>;
  readonly statement: Statement;
  readonly circuit: CircuitFacts;
  readonly setup: SetupFacts | null;
}

const readManifestFields: Read<Manifest> = readObject({
  format: readOneOf(MANIFEST_FORMAT),
  name: readString,
  source: readObject({ name: readString, digest: readDigest }),
  tools: readRecord(readString),
  artifacts: readObject(
    Object.fromEntries(ARTIFACT_NAMES.map((name) => [name, readOptional(readDigest)])) as Record<
      ArtifactName,
      Read<Digest | undefined>
    >,
  ),
  statement: readStatement,
  circuit: readObject({
    engine: readOneOf('circom', 'direct'),
    overflow: readOneOf('saturate', 'assert'),
    weights: readOptional(readOneOf('private')),
    flags: readArray(readString),
    constraints: readCount,
    wires: readCount,
    layers: readArray(readObject({ name: readString, kind: readString, constraints: readCount })),
  }),
  setup: readNullable(
    readObject({
      profile: readOneOf('dev', 'production'),
      ptau: readNullable(readObject({ blake2b: readString, power: readNumber })),
      contributions: readCount,
      beacon: readBoolean,
      overrides: readArray(readString),
    }),
  ),
});

/**
 * Whether a bundle is a model with private weights: its circuit is an architecture's, its verification key has a commitment
 * folded in, and its statement says scales, zero points and labels that the architecture knows nothing of.
 */
export function isPrivateModel({ circuit, artifacts }: Pick<Manifest, 'circuit' | 'artifacts'>): boolean {
  return circuit.weights === 'private' && artifacts.weights !== undefined;
}

function manifestError(facts: readonly string[], cause?: unknown): ZkinferError {
  return new ZkinferError({
    code: 'MANIFEST_INVALID',
    kind: 'artifact',
    message: 'the manifest is damaged or of another format',
    facts,
    hint: 'build the bundle again',
    cause,
  });
}

/** A commitment to weights, and the key that it is folded into, belong to private weights, and to each other. */
function checkWeightsArtifacts({ circuit, artifacts: { weights, architectureKey } }: Manifest): void {
  const given = weights ?? architectureKey;
  if (given !== undefined && circuit.weights !== 'private')
    throw new SchemaError('$.artifacts', 'no commitment to weights that are constants', given);
  if ((weights === undefined) !== (architectureKey === undefined))
    throw new SchemaError('$.artifacts', 'weights and architectureKey, or neither', given);
}

/** Reads a manifest from its text, strictly: unknown keys, wrong types and other formats are refused. @throws ZkinferError MANIFEST_INVALID */
export function parseManifest(text: string, where = 'manifest.json'): Manifest {
  try {
    const manifest = readManifestFields(JSON.parse(text), '$');
    checkWeightsArtifacts(manifest);
    return manifest;
  } catch (cause) {
    if (!(cause instanceof SchemaError) && !(cause instanceof SyntaxError)) throw cause;
    throw manifestError([where, cause.message], cause);
  }
}
