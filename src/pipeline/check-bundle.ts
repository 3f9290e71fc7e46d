import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkArtifacts } from '../bundle/artifacts.js';
import { withScratchFolder } from '../bundle/atomic.js';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import { printStatement } from '../bundle/check-statement.js';
import { digestBytes } from '../bundle/digest.js';
import { isPrivateModel, type Manifest } from '../bundle/manifest.js';
import { readManifest } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { encodeQModel, type QModel } from '../bundle/qmodel.js';
import { readQModel } from '../bundle/qmodel-file.js';
import { requireSoundKey } from '../groth16/key-policy.js';
import { takeLabel } from '../quantize/label-output.js';
import { OBSERVERS } from '../quantize/options.js';
import type { Rows } from '../rows/rows.js';
import { checkModelKey } from '../verify/model-key.js';
import { compileBundle } from './compile-bundle.js';
import { renderBundleVerifier } from './export-verifier.js';
import type { LoadOptions } from './load-model.js';
import { quantizeModel } from './quantize-model.js';
import { setupBundle } from './setup-bundle.js';

export interface CheckRequest extends LoadOptions {
  readonly dir: string;
  /** With both, the integer model is made anew from the ONNX file and compared. */
  readonly modelPath?: string;
  readonly calibration?: Rows;
  readonly onProgress?: (stage: string) => void;
}

/** One link of the chain from model to key. */
export interface CheckLine {
  readonly what: string;
  /** `same`; `differs`; or why it could not be compared. */
  readonly verdict: 'same' | 'differs' | 'skipped';
  readonly expected?: string;
  readonly given?: string;
  readonly why?: string;
}

export interface CheckReport {
  readonly valid: boolean;
  readonly bundle: string;
  readonly lines: readonly CheckLine[];
}

function compare(what: string, expected: string | undefined, given: string | undefined): CheckLine {
  return { what, verdict: expected === given ? 'same' : 'differs', expected, given };
}

/** Digest of what the integer model computes, without the accuracy report, which depends on the rows it was measured on. */
function digestModel(qmodel: QModel): string {
  return digestBytes(encodeQModel({ ...qmodel, report: {} }));
}

/**
 * Rebuilds a bundle in a temporary folder and compares every digest, so that a stranger can confirm that a key belongs to a
 * model: artifacts against the manifest, circuit against the integer model, development keys against the circuit, and, with
 * model and calibration rows, the integer model against the ONNX file.
 */
export async function checkBundle(request: CheckRequest): Promise<CheckReport> {
  const progress = request.onProgress ?? (() => {});
  const { dir } = request;
  const manifest = await readManifest(dir);
  progress('digesting the artifacts');
  await checkArtifacts(dir, manifest, Object.keys(manifest.artifacts) as (keyof Manifest['artifacts'])[]);
  const lines: CheckLine[] = [{ what: 'artifacts', verdict: 'same' }];
  if (manifest.setup !== null) await requireSoundKey(dir, manifest);
  const qmodelPath = bundlePaths(dir).qmodel;
  const qmodel = await readQModel(qmodelPath);
  lines.push(...(await checkModel(request, qmodel, progress)));
  await withScratchFolder(tmpdir(), async (scratch) => {
    const outDir = join(scratch, manifest.name);
    progress('compiling again');
    const { engine, overflow } = manifest.circuit;
    const { form: statement, visibility: input } = manifest.statement;
    await compileBundle({
      qmodelPath,
      outDir,
      engine,
      overflow,
      statement,
      input,
      audit: manifest.artifacts.audit !== undefined,
      onProgress: progress,
    });
    const rebuilt = await readManifest(outDir);
    lines.push(...compareFacts(manifest, rebuilt));
    for (const name of ['circom', 'r1cs', 'wireOrder', 'witnessProgram', 'audit'] as const)
      if (manifest.artifacts[name] ?? rebuilt.artifacts[name])
        lines.push(compare(name, manifest.artifacts[name], rebuilt.artifacts[name]));
    lines.push(...(await checkKeys(manifest, outDir, progress)), ...(await checkVerifier(dir, manifest)));
    if (isPrivateModel(manifest)) {
      const { valid, reason } = await checkModelKey(dir, manifest);
      lines.push({ what: 'private weights', verdict: valid ? 'same' : 'differs', ...(reason && { why: reason }) });
    }
  });
  return { valid: lines.every((line) => line.verdict !== 'differs'), bundle: dir, lines };
}

/** What a manifest says of itself, which is in no artifact. */
function compareFacts(manifest: Manifest, rebuilt: Manifest): CheckLine[] {
  const isPrivate = isPrivateModel(manifest);
  const digestStatement = ({ statement }: Manifest) =>
    digestBytes(printStatement(statement, isPrivate ? 'layout' : 'all'));
  const digestSource = ({ source }: Pick<Manifest, 'source'>) => digestBytes(printCanonicalJson(source));
  const digestLayers = ({ circuit: { constraints, wires, layers } }: Manifest) =>
    digestBytes(printCanonicalJson({ constraints, wires, layers }));
  // A model with private weights is called by its commitment, which checkModelKey compares with its name as well.
  const [expected, given] = isPrivate
    ? [manifest.artifacts.weights, manifest.source.digest]
    : [rebuilt, manifest].map(digestSource);
  return [
    compare('weights', rebuilt.circuit.weights ?? 'constants', manifest.circuit.weights ?? 'constants'),
    compare('statement', digestStatement(rebuilt), digestStatement(manifest)),
    compare('source', expected, given),
    compare('layers', digestLayers(rebuilt), digestLayers(manifest)),
  ];
}

async function checkModel(
  request: CheckRequest,
  qmodel: QModel,
  progress: (stage: string) => void,
): Promise<CheckLine[]> {
  const { modelPath, calibration } = request;
  if (modelPath === undefined || calibration === undefined)
    return [
      {
        what: 'integer model',
        verdict: 'skipped',
        why: 'give --model and --calibration to compare it with the ONNX file',
      },
    ];
  progress('quantizing again');
  const { bits, target, maxAccuracyLoss, observerChosen } = qmodel.options;
  const again = await quantizeModel({
    ...request,
    modelPath,
    calibration,
    bits: typeof bits === 'number' ? bits : undefined,
    observer: OBSERVERS.find((observer) => observer === observerChosen),
    target: target === 'cost' ? 'cost' : 'accuracy',
    maxAccuracyLoss: typeof maxAccuracyLoss === 'number' ? maxAccuracyLoss : undefined,
  });
  const isLabel = qmodel.options.output === 'label';
  const labelled = isLabel ? { ...again.qmodel, graph: takeLabel(again.qmodel.graph) } : again.qmodel;
  return [
    compare('model file', qmodel.source.digest, again.qmodel.source.digest),
    compare(
      'integer model',
      digestModel(qmodel),
      digestModel({ ...labelled, source: qmodel.source, options: qmodel.options }),
    ),
  ];
}

async function checkKeys(manifest: Manifest, outDir: string, progress: (stage: string) => void): Promise<CheckLine[]> {
  const what = 'verification key';
  if (manifest.setup === null) return [{ what, verdict: 'skipped', why: 'the bundle has no keys' }];
  if (manifest.setup.ptau !== null)
    return [
      {
        what,
        verdict: 'skipped',
        why: 'a key with contributions is checked by its transcript: zkinfer ceremony verify',
      },
    ];
  progress('making the development key again');
  await setupBundle({ dir: outDir });
  const rebuilt = await readManifest(outDir);
  return (['provingKey', 'verificationKey'] as const).map((name) =>
    compare(
      name === 'provingKey' ? 'proving key' : what,
      name === 'provingKey'
        ? manifest.artifacts[name]
        : manifest.artifacts[isPrivateModel(manifest) ? 'architectureKey' : name],
      rebuilt.artifacts[name],
    ),
  );
}

/** The standalone contract is the one of the bundle's verification key. */
async function checkVerifier(dir: string, manifest: Manifest): Promise<CheckLine[]> {
  const { solidity, solidityJson } = manifest.artifacts;
  if (solidity === undefined && solidityJson === undefined) return [];
  const { source, compiled } = await renderBundleVerifier(dir, manifest);
  return [
    compare('contract', digestBytes(source), solidity),
    compare('compiled contract', digestBytes(printCanonicalJson(compiled)), solidityJson),
  ];
}
