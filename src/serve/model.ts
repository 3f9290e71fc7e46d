import { createHash } from 'node:crypto';
import { ZkinferError } from '../core/error.js';
import type { InputLayout, OutputLayout } from '../core/statement.js';
import { openBundle } from '../pipeline/open-bundle.js';
import { type PooledBundle, poolBundle } from '../pipeline/pooled-bundle.js';
import type { RowsSpec } from '../rows/rows.js';
import { requireModelKey } from '../verify/model-key.js';
import { pickDigests } from '../verify/proof-file.js';

/** A bundle that is open for proving, by its name in the URLs. */
export interface ServedModel extends PooledBundle {
  readonly name: string;
  /** Digest of what makes its proofs: constraints, integer model and both keys; 64 hexadecimal digits. */
  readonly key: string;
  readonly rows: RowsSpec;
  /** Whether the verifier of a proof sees less than the input: then nobody else may either. */
  readonly isHidden: boolean;
}

export type ServedModels = ReadonlyMap<string, ServedModel>;

async function openModel(dir: string): Promise<ServedModel> {
  const bundle = await openBundle(dir);
  const { name, statement, artifacts } = bundle.manifest;
  await requireModelKey(dir, bundle.manifest);
  const parts = [artifacts.r1cs, artifacts.qmodel, artifacts.provingKey, artifacts.verificationKey];
  return {
    ...(await poolBundle(bundle)),
    name,
    key: createHash('sha256').update(JSON.stringify(parts)).digest('hex'),
    rows: { inputs: statement.inputs.map(({ name, shape }) => ({ name, shape })) },
    isHidden: statement.visibility !== 'public',
  };
}

/** Opens bundles for proving, by name. @throws ZkinferError MODEL_TWICE, and those of `openBundle` */
export async function openModels(dirs: readonly string[]): Promise<ServedModels> {
  const models = new Map<string, ServedModel>();
  for (const dir of dirs) {
    const model = await openModel(dir);
    const other = models.get(model.name);
    if (other)
      throw new ZkinferError({
        code: 'MODEL_TWICE',
        kind: 'usage',
        message: `two bundles are called ${JSON.stringify(model.name)}`,
        facts: [other.bundle.dir, dir],
        hint: 'serve them from two processes, or build one of them under another name',
      });
    models.set(model.name, model);
  }
  return models;
}

/** Size of the largest proving key, which decides how many workers fit into memory. */
export function largestKeyBytes(models: ServedModels): number {
  return Math.max(0, ...[...models.values()].map(({ provingKey }) => provingKey.zkey.length));
}

function describeInput({ name, shape, bits, scale, zeroPoint, min, max }: InputLayout) {
  const real = (codes: readonly number[], i: number) => {
    const entry = (array: readonly number[]) => array[array.length === 1 ? 0 : i];
    return entry(scale) * (entry(codes) - entry(zeroPoint));
  };
  const count = Math.max(scale.length, zeroPoint.length, min.length, max.length);
  const ends = Array.from({ length: count }, (_, i) => [real(min, i), real(max, i)] as const);
  return {
    name,
    shape: [...shape],
    dtype: `uint${bits}`,
    /** Real values that codes stand for: the one range of all elements, or as many as there are elements. */
    range: { min: ends.map(([low]) => low), max: ends.map(([, high]) => high) },
  };
}

function describeOutput({ name, shape, bytesPerElement, labels, cut }: OutputLayout) {
  return {
    name,
    shape: [...shape],
    dtype: `uint${8 * bytesPerElement}`,
    ...(labels && { labels: [...labels] }),
    ...(cut !== undefined && { cut }),
  };
}

/** What callers are told of a model. */
export function describeServedModel({ name, key, bundle: { manifest } }: ServedModel) {
  const { statement, source, circuit, setup } = manifest;
  return {
    name,
    key,
    modelId: `0x${source.digest.slice(source.digest.indexOf(':') + 1)}`,
    profile: setup?.profile ?? 'dev',
    statement: { form: statement.form, visibility: statement.visibility, publicSignals: [...statement.publicSignals] },
    inputs: statement.inputs.map(describeInput),
    outputs: statement.outputs.map(describeOutput),
    constraints: circuit.constraints,
    digests: pickDigests(manifest),
  };
}
