import { readFile, stat } from 'node:fs/promises';
import type { AuditReport } from '../audit/report.js';
import { ARTIFACT_FILES, ARTIFACT_NAMES, type ArtifactName } from '../bundle/artifact-names.js';
import { findMismatches, mismatchError } from '../bundle/artifacts.js';
import { fileError } from '../bundle/file-error.js';
import { isPrivateModel, type Manifest } from '../bundle/manifest.js';
import { readManifest } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import type { Json, QModel } from '../bundle/qmodel.js';
import { readQModel } from '../bundle/qmodel-file.js';
import { estimateBundleGas } from '../chain/commands/estimate-gas.js';
import { ZkinferError } from '../core/error.js';
import { parseTranscript } from '../groth16/ceremony-transcript.js';
import { findPublishedPtau } from '../groth16/ptau-digests.js';
import { neededPower } from '../groth16/setup-ptau.js';
import { describeLayers, type LayerRecord, mergeCosts } from '../report/describe-layers.js';
import type { AccuracyFacts, ArtifactFacts, AuditFacts, BundleFacts, SetupFactsShown } from '../report/facts.js';
import { renderPage } from '../report/page.js';
import { requireModelKey } from '../verify/model-key.js';

export interface ReportRequest {
  readonly dir: string;
  /** False leaves the gas out, which is measured on a chain in this process. */
  readonly gas?: boolean;
  readonly onProgress?: (stage: string) => void;
}

/**
 * Collects what a reviewer wants to know of a bundle, after every file that is there was compared with the manifest.
 * @throws ZkinferError BUNDLE_MISSING (2), ARTIFACT_MISMATCH, MANIFEST_INVALID, QMODEL_INVALID (3), WEIGHTS_UNPROVED (5)
 */
export async function describeBundle({ dir, gas = true, onProgress }: ReportRequest): Promise<BundleFacts> {
  const manifest = await readManifest(dir);
  onProgress?.('comparing the files with the manifest');
  const artifacts = await describeArtifacts(dir, manifest);
  const has = (name: string) => artifacts.some((one) => one.name === name && one.verdict === 'same');
  const paths = bundlePaths(dir);
  if (!has('qmodel')) throw notThere(dir, ARTIFACT_FILES.qmodel);
  const qmodel = await readQModel(paths.qmodel);
  const { circuit, statement, setup } = manifest;
  const weights = await describeWeights(dir, manifest, has);
  const canEstimate =
    gas && setup !== null && has('verificationKey') && (weights === 'constants' || weights === 'committed');
  onProgress?.('estimating the gas');
  return {
    format: 'zkinfer-report/1',
    name: manifest.name,
    source: manifest.source,
    tools: manifest.tools,
    circuit: {
      engine: circuit.engine,
      overflow: circuit.overflow,
      flags: circuit.flags,
      weights,
      constraints: circuit.constraints,
      wires: circuit.wires,
      domainPower: neededPower({ constraintCount: circuit.constraints, publicCount: statement.publicSignals.length }),
      parts: mergeCosts(circuit.layers),
    },
    layers: describeLayers(qmodel.graph, circuit.layers, readLayerRecords(qmodel)),
    accuracy: readAccuracy(qmodel),
    statement,
    setup: setup && (await describeSetup(setup, has('ceremony') ? paths.ceremony : null)),
    audit: has('audit') ? await readAudit(paths.audit) : null,
    gas: canEstimate ? await estimateBundleGas(dir) : null,
    artifacts,
  };
}

/** The model card of a bundle: its facts, and the same as one HTML page. */
export async function reportBundle(
  request: ReportRequest,
): Promise<{ readonly facts: BundleFacts; readonly page: string }> {
  const facts = await describeBundle(request);
  request.onProgress?.('drawing the page');
  return { facts, page: renderPage(facts) };
}

function notThere(dir: string, file: string): ZkinferError {
  return new ZkinferError({
    code: 'ARTIFACT_MISSING',
    kind: 'usage',
    message: `this bundle has no ${file}`,
    facts: [dir],
    hint: 'a model card needs the integer model: copy the whole bundle, or compile it again',
  });
}

/** Files may be absent (a verifier needs no proving key), but a changed one is never passed over. */
async function describeArtifacts(dir: string, manifest: Manifest): Promise<ArtifactFacts[]> {
  const mismatches = await findMismatches(dir, manifest);
  const changed = mismatches.filter(({ given }) => given !== null);
  if (changed.length > 0) throw mismatchError(changed);
  const paths = bundlePaths(dir);
  const listed = ARTIFACT_NAMES.filter((name) => manifest.artifacts[name] !== undefined);
  return Promise.all(
    listed.map(async (name): Promise<ArtifactFacts> => {
      const isAbsent = mismatches.some(({ artifact }) => artifact === name);
      return {
        name,
        file: ARTIFACT_FILES[name],
        digest: manifest.artifacts[name] as ArtifactFacts['digest'],
        verdict: isAbsent ? 'absent' : 'same',
        sizeBytes: isAbsent ? null : (await stat(paths[name])).size,
      };
    }),
  );
}

/** Weights are called committed only where the commitment holds, which takes its files. @throws ZkinferError WEIGHTS_UNPROVED */
async function describeWeights(
  dir: string,
  manifest: Manifest,
  has: (name: ArtifactName) => boolean,
): Promise<BundleFacts['circuit']['weights']> {
  if (manifest.circuit.weights !== 'private') return 'constants';
  if (!isPrivateModel(manifest)) return 'none';
  if (!(['weights', 'architectureKey', 'verificationKey'] as const).every(has)) return 'unchecked';
  await requireModelKey(dir, manifest);
  return 'committed';
}

async function describeSetup(setup: NonNullable<Manifest['setup']>, path: string | null): Promise<SetupFactsShown> {
  const published = setup.ptau && (findPublishedPtau(setup.ptau.blake2b)?.name ?? null);
  const steps = path === null ? null : parseTranscript(await readFile(path, 'utf8')).steps;
  return { ...setup, ptau: setup.ptau && { ...setup.ptau, published }, steps };
}

async function readAudit(path: string): Promise<AuditFacts> {
  const report = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as AuditReport,
    (cause) => {
      throw fileError(cause, 'read', path);
    },
  );
  const { proved, outputs, inputs, wires, declared, findings } = report;
  return {
    proved,
    outputs: { total: outputs.total, determined: outputs.determined },
    inputs: { total: inputs.total, constrained: inputs.constrained },
    wires: { total: wires.total, determined: wires.determined, free: wires.free },
    declared: { total: declared.total, proved: declared.proved },
    findings: findings.map(({ code, message }) => ({ code, message })),
  };
}

type JsonObject = { readonly [key: string]: Json };
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const numberOr = (value: Json | undefined): number | null => (typeof value === 'number' ? value : null);
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const isNumbers = (value: Json): value is readonly number[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'number');

/** What quantization recorded of the layers. The report of a model file is free text to all that compute with it. */
function readLayerRecords({ report }: QModel): LayerRecord[] {
  return listOf(report.layers).flatMap((layer) => {
    if (!isObject(layer) || typeof layer.layer !== 'string' || typeof layer.maxAbsError !== 'number') return [];
    const op = typeof layer.op === 'string' ? layer.op : '';
    return [{ layer: layer.layer, op, maxAbsError: layer.maxAbsError, saturated: numberOr(layer.saturated) }];
  });
}

function readAccuracy({ report }: QModel): AccuracyFacts | null {
  if (typeof report.rows !== 'number') return null;
  const comparison = isObject(report.comparison) ? report.comparison : {};
  const { errors, decisions } = comparison;
  const counts = isObject(decisions) ? listOf(decisions.counts).filter(isNumbers) : [];
  const labels = isObject(decisions) ? listOf(decisions.labels).map(String) : [];
  const isSquare = counts.length > 0 && [...counts, labels].every((row) => row.length === counts.length);
  const bins = isObject(errors) && isNumbers(errors.counts) ? errors.counts : [];
  return {
    rows: report.rows,
    measuredOn: String(report.measuredOn),
    reference: String(report.reference),
    metric: typeof report.metric === 'string' ? report.metric : null,
    floatScore: numberOr(report.floatScore),
    integerScore: numberOr(report.integerScore),
    top1Agreement: numberOr(report.top1Agreement),
    maxAbsError: numberOr(report.maxAbsError),
    pairs: listOf(comparison.pairs).flatMap((pair): [number, number][] =>
      isNumbers(pair) && pair.length === 2 ? [[pair[0], pair[1]]] : [],
    ),
    errors: isObject(errors) && bins.length > 0 ? { limit: numberOr(errors.limit) ?? 0, counts: bins } : null,
    decisions: isSquare ? { labels, counts } : null,
  };
}
