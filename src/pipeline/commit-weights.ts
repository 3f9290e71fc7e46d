import { lstat, readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { ArtifactName } from '../bundle/artifact-names.js';
import { checkArtifacts } from '../bundle/artifacts.js';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import { describeStatement } from '../bundle/describe-statement.js';
import { digestBytes } from '../bundle/digest.js';
import { withBundleLock } from '../bundle/lock.js';
import type { Manifest } from '../bundle/manifest.js';
import { needSetup, readManifest, writeBundle } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { readQModel } from '../bundle/qmodel-file.js';
import { encodeOpening, encodeWeights } from '../bundle/weights-files.js';
import { splitModel } from '../circuit/weights/architecture.js';
import { packWeights } from '../circuit/weights/pack-weights.js';
import { findPrivateLayers } from '../circuit/weights/private-layers.js';
import { ZkinferError } from '../core/error.js';
import type { VerificationKey } from '../groth16/proof.js';
import { commitWeights, drawScalar, foldWeights } from '../groth16/weights-commitment.js';
import { takeLabel } from '../quantize/label-output.js';
import { labelWeights, requireModelKey } from '../verify/model-key.js';

export interface CommitWeightsRequest {
  /** A bundle that `compile --weights private` made, with keys. */
  readonly architectureDir: string;
  /** The model whose weights are committed to. */
  readonly qmodelPath: string;
  /** Bundle of the model; the opening goes there too, readable by its owner alone. */
  readonly outDir: string;
  readonly onProgress?: (stage: string) => void;
}

export interface CommitWeightsReport {
  readonly bundle: string;
  readonly architecture: string;
  readonly profile: 'dev' | 'production';
  /** Field elements that the weights are packed into. */
  readonly packs: number;
  readonly publicSignals: number;
  /** Digest of the commitment: what the model is called by. */
  readonly model: string;
  /** Where the weights and the blinding are kept. */
  readonly opening: string;
}

/** Artifacts that a model shares with its architecture. */
const SHARED: readonly ArtifactName[] = [
  'qmodel',
  'circom',
  'r1cs',
  'wireOrder',
  'witnessProgram',
  'audit',
  'provingKey',
  'ceremony',
];

/**
 * Makes the bundle of a model with private weights from the bundle of its architecture: commits to the weights under the key
 * of the setup, shows knowledge of them, and folds the commitment into a verification key of its own.
 * A folder that holds an opening already is refused: the blinding in it is the only one that its key can be proved under.
 * @throws ZkinferError WEIGHTS_KEPT, WEIGHTS_NOT_PRIVATE, WEIGHTS_DIFFER, WEIGHTS_RANGE; BUNDLE_NOT_SET_UP
 */
export async function commitToWeights(request: CommitWeightsRequest): Promise<CommitWeightsReport> {
  const { architectureDir, qmodelPath, outDir, onProgress } = request;
  const architecture = await readManifest(architectureDir);
  requireArchitecture(request, architecture);
  // No work is begun for a folder that is refused in the end. Under the lock, so that a commitment cut short is finished first.
  if (await hasOpening(outDir)) await withBundleLock(outDir, () => requireNoOpening(outDir));
  const { profile } = needSetup(architectureDir, architecture);
  const shared = SHARED.filter((name) => architecture.artifacts[name] !== undefined);
  await checkArtifacts(architectureDir, architecture, [...shared, 'verificationKey']);
  const from = bundlePaths(architectureDir);
  const { graph: bare, options } = await readQModel(from.qmodel);
  const given = await readQModel(qmodelPath);
  onProgress?.('fitting the weights to the architecture');
  const { model } = splitModel(options.output === 'label' ? takeLabel(given.graph) : given.graph, bare);
  const scalars = [...packWeights(model, findPrivateLayers(bare)), drawScalar()];
  const base = JSON.parse(await readFile(from.verificationKey, 'utf8')) as VerificationKey;
  const { form, visibility } = architecture.statement;
  const described = {
    name: basename(outDir),
    statement: describeStatement(model, { form, visibility }),
    artifacts: architecture.artifacts,
  };
  onProgress?.('committing to the weights');
  const commitment = await commitWeights(base, scalars, labelWeights(described));
  const weights = encodeWeights(commitment);
  const files = new Map<ArtifactName, Uint8Array | string>([
    ['architectureKey', printCanonicalJson(base)],
    ['weights', weights],
    ['verificationKey', printCanonicalJson(await foldWeights(base, scalars.length, commitment.point))],
  ]);
  const manifest: Manifest = {
    ...architecture,
    name: described.name,
    statement: described.statement,
    source: { name: described.name, digest: digestBytes(weights) },
    artifacts: {
      ...Object.fromEntries(shared.map((name) => [name, architecture.artifacts[name]])),
      ...Object.fromEntries([...files].map(([name, content]) => [name, digestBytes(content)])),
    },
  };
  return withBundleLock(outDir, async () => {
    await requireNoOpening(outDir);
    for (const name of shared) files.set(name, await readFile(from[name]));
    const opening = bundlePaths(outDir).weightsOpening;
    const kept = { ...given, graph: model };
    const secret = encodeOpening({ qmodel: kept, blinding: scalars[scalars.length - 1] });
    await writeBundle(outDir, files, manifest, secret);
    await requireModelKey(outDir, manifest);
    return {
      bundle: outDir,
      architecture: architectureDir,
      profile,
      packs: scalars.length - 1,
      publicSignals: manifest.statement.publicSignals.length,
      model: manifest.source.digest,
      opening,
    };
  });
}

const hasOpening = (dir: string) =>
  lstat(bundlePaths(dir).weightsOpening).then(
    () => true,
    () => false,
  );

async function requireNoOpening(outDir: string): Promise<void> {
  if (!(await hasOpening(outDir))) return;
  throw new ZkinferError({
    code: 'WEIGHTS_KEPT',
    kind: 'usage',
    message: 'this folder keeps the opening of a model already: without it nobody can prove under its key again',
    facts: [bundlePaths(outDir).weightsOpening],
    hint: 'give another folder to -o, or remove this one if its key was never registered',
  });
}

function requireArchitecture(
  { architectureDir, outDir }: CommitWeightsRequest,
  { circuit, artifacts }: Manifest,
): void {
  if (circuit.weights !== 'private' || artifacts.weights !== undefined)
    throw new ZkinferError({
      code: 'WEIGHTS_NOT_PRIVATE',
      kind: 'usage',
      message:
        artifacts.weights === undefined
          ? 'the weights of this bundle are constants of its circuit'
          : 'this bundle is a model already: its architecture is another bundle',
      facts: [architectureDir],
      hint: 'give a bundle made by: zkinfer compile MODEL.qmodel.json --weights private -o FOLDER',
    });
  if (resolve(architectureDir) === resolve(outDir))
    throw new ZkinferError({
      code: 'USAGE',
      kind: 'usage',
      message: 'a model needs a folder of its own: its architecture may serve others',
      hint: 'give another folder to -o',
    });
}
