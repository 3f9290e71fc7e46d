import { open, stat } from 'node:fs/promises';
import { checkArtifacts } from '../bundle/artifacts.js';
import { readManifest } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import type { QModel } from '../bundle/qmodel.js';
import { readQModel } from '../bundle/qmodel-file.js';
import { type CircuitCost, measureCost } from '../circuit/cost.js';
import type { Statement } from '../core/statement.js';
import { circuitOptionsOf } from './circuit-options.js';
import { type CircuitRequest, planCircuit } from './plan-circuit.js';

/** What an integer model, or a bundle of one, is made of and costs. */
export interface CircuitReport extends Omit<CircuitCost, 'publicSignals'> {
  readonly source: QModel['source'];
  readonly weights: 'constants' | 'private';
  readonly overflow: 'saturate' | 'assert';
  readonly statement: Statement;
  /** Of a bundle: what kind of keys it has; null where it has none, or is none. */
  readonly keys: 'dev' | 'production' | null;
}

/** Whether a path is what `inspectQModel` takes, rather than an ONNX file: a folder, or a file that begins as JSON does. */
export async function holdsQModel(path: string): Promise<boolean> {
  if (await isFolder(path)) return true;
  const handle = await open(path).catch(() => undefined);
  if (!handle) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, 0);
    return bytesRead === 1 && buffer[0] === '{'.charCodeAt(0);
  } finally {
    await handle.close();
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * The circuit of an integer model: statement and cost, layer by layer and to the unit, without compiling it.
 * @param path a qmodel file; or the folder of a bundle, whose circuit is the one it was compiled to, whatever is requested
 * @throws ZkinferError for what is neither
 */
export async function inspectQModel(path: string, request: CircuitRequest = {}): Promise<CircuitReport> {
  if (!(await isFolder(path))) return describe(await readQModel(path), request, null);
  const manifest = await readManifest(path);
  await checkArtifacts(path, manifest, ['qmodel']);
  const keys = manifest.setup?.profile ?? null;
  const report = describe(await readQModel(bundlePaths(path).qmodel), circuitOptionsOf(manifest), keys);
  return { ...report, source: manifest.source };
}

function describe(given: QModel, request: CircuitRequest, keys: CircuitReport['keys']): CircuitReport {
  const { qmodel, statement, overflow, weights, program } = planCircuit(given, request);
  const { publicSignals: _, ...cost } = measureCost(program);
  return { source: qmodel.source, weights: weights ?? 'constants', overflow, statement, keys, ...cost };
}
