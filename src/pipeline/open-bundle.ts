import { readFile } from 'node:fs/promises';
import { checkArtifacts, findMismatches, mismatchError } from '../bundle/artifacts.js';
import { requireStatement } from '../bundle/check-statement.js';
import type { Manifest } from '../bundle/manifest.js';
import { needSetup, readManifest } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { readQModel } from '../bundle/qmodel-file.js';
import { readText } from '../bundle/read-file.js';
import { decodeOpening } from '../bundle/weights-files.js';
import { lowerCircuit } from '../circuit/lower.js';
import type { CircuitProgram } from '../circuit/program.js';
import { packWeights } from '../circuit/weights/pack-weights.js';
import { findPrivateLayers } from '../circuit/weights/private-layers.js';
import type { WeightsOpening } from '../circuit/witness.js';
import { prepareTables } from '../groth16/fast-interpolation.js';
import { readProvingKey } from '../prove/job.js';
import type { QuantGraph } from '../quantize/ir.js';
import { needWeights } from '../verify/model-key.js';
import { circuitOptionsOf } from './circuit-options.js';
import { decodeWireOrder, type WireOrder } from './wire-order.js';

/** What proving needs of a bundle, checked against its manifest. */
export interface OpenBundle {
  readonly dir: string;
  readonly manifest: Manifest;
  /** The integer model. */
  readonly graph: QuantGraph;
  readonly program: CircuitProgram;
  readonly wireOrder: WireOrder;
  readonly zkey: Uint8Array;
  readonly verificationKey: unknown;
  /** Undefined where weights are constants of the circuit. */
  readonly weights?: PrivateWeights;
}

/** Private weights, and the architecture that their circuit was lowered from. */
export interface PrivateWeights extends WeightsOpening {
  readonly architecture: QuantGraph;
}

/** Opens a bundle for proving. @throws ZkinferError BUNDLE_NOT_SET_UP, and kind artifact where a file is not the manifest's */
export async function openBundle(dir: string): Promise<OpenBundle> {
  const manifest = await readManifest(dir);
  needSetup(dir, manifest);
  needWeights(dir, manifest);
  await checkArtifacts(dir, manifest, ['qmodel', 'r1cs', 'wireOrder', 'provingKey', 'verificationKey']);
  // Proving does without these, so they may be absent; but a file that was changed is never passed over.
  const changed = (await findMismatches(dir, manifest, ['circom', 'witnessProgram', 'audit'])).filter(
    ({ given }) => given !== null,
  );
  if (changed.length > 0) throw mismatchError(changed);
  const paths = bundlePaths(dir);
  const qmodel = await readQModel(paths.qmodel);
  requireStatement(dir, manifest, qmodel);
  const { graph: compiled } = qmodel;
  const program = lowerCircuit(compiled, circuitOptionsOf(manifest));
  await prepareTables(program);
  const model =
    manifest.circuit.weights === 'private' ? await readWeights(paths.weightsOpening, compiled) : { graph: compiled };
  return {
    dir,
    manifest,
    ...model,
    program,
    wireOrder: decodeWireOrder(await readFile(paths.wireOrder), manifest.circuit.wires, program.wireCount),
    zkey: await readProvingKey(paths.provingKey),
    verificationKey: JSON.parse(await readFile(paths.verificationKey, 'utf8')) as unknown,
  };
}

/** The model behind private weights, and what they are committed with. @throws ZkinferError FILE_UNUSABLE, WEIGHTS_INVALID */
async function readWeights(
  path: string,
  architecture: QuantGraph,
): Promise<{ graph: QuantGraph; weights: PrivateWeights }> {
  const { qmodel, blinding } = decodeOpening(await readText(path), path);
  const packs = packWeights(qmodel.graph, findPrivateLayers(architecture));
  return { graph: qmodel.graph, weights: { packs, blinding, architecture } };
}
