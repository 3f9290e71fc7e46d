import { readFile } from 'node:fs/promises';
import { checkArtifacts, findMismatches, mismatchError } from '../bundle/artifacts.js';
import type { Manifest } from '../bundle/manifest.js';
import { needSetup, readManifest } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { readQModel } from '../bundle/qmodel-file.js';
import { lowerCircuit } from '../circuit/lower.js';
import type { CircuitProgram } from '../circuit/program.js';
import type { QuantGraph } from '../quantize/ir.js';
import { circuitOptionsOf } from './circuit-options.js';
import { decodeWireOrder, type WireOrder } from './wire-order.js';

/** What proving needs of a bundle, checked against its manifest. */
export interface OpenBundle {
  readonly dir: string;
  readonly manifest: Manifest;
  readonly graph: QuantGraph;
  readonly program: CircuitProgram;
  readonly wireOrder: WireOrder;
  readonly zkey: Uint8Array;
  readonly verificationKey: unknown;
}

/** Opens a bundle for proving. @throws ZkinferError BUNDLE_NOT_SET_UP, and kind artifact where a file is not the manifest's */
export async function openBundle(dir: string): Promise<OpenBundle> {
  const manifest = await readManifest(dir);
  needSetup(dir, manifest);
  await checkArtifacts(dir, manifest, ['qmodel', 'r1cs', 'wireOrder', 'provingKey', 'verificationKey']);
  // Proving does without these, so they may be absent; but a file that was changed is never passed over.
  const changed = (await findMismatches(dir, manifest, ['circom', 'witnessProgram', 'audit'])).filter(
    ({ given }) => given !== null,
  );
  if (changed.length > 0) throw mismatchError(changed);
  const paths = bundlePaths(dir);
  const { graph } = await readQModel(paths.qmodel);
  const program = lowerCircuit(graph, circuitOptionsOf(manifest));
  return {
    dir,
    manifest,
    graph,
    program,
    wireOrder: decodeWireOrder(await readFile(paths.wireOrder), manifest.circuit.wires, program.wireCount),
    zkey: await readFile(paths.provingKey),
    verificationKey: JSON.parse(await readFile(paths.verificationKey, 'utf8')) as unknown,
  };
}
