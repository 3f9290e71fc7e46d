import { auditCircuit } from '../audit/audit-circuit.js';
import type { AuditOptions, AuditReport } from '../audit/report.js';
import { checkArtifacts } from '../bundle/artifacts.js';
import { readManifest } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { readQModel } from '../bundle/qmodel-file.js';
import { readBytes } from '../bundle/read-file.js';
import { type NamedR1cs, requireSameConstraints } from '../circom/compare.js';
import { readR1cs } from '../circom/r1cs-file.js';
import { emitR1cs } from '../circuit/emit-r1cs.js';
import { lowerCircuit } from '../circuit/lower.js';
import { ZkinferError } from '../core/error.js';
import { prepareTables } from '../groth16/fast-interpolation.js';
import { circuitOptionsOf } from './circuit-options.js';
import { decodeWireOrder } from './wire-order.js';

/**
 * Audits the circuit of a bundle as its statement is used: the input's public signals alone must determine every output.
 * The constraints are made anew from the bundle's integer model, which knows what each signal is, and held to be those of the
 * bundle's R1CS file, which keys are made for: whoever wrote the bundle is not trusted to have done so.
 * @throws ZkinferError (exit code 2, 3) for a folder that is no bundle or differs from its manifest; R1CS_DIFFERS where its
 * constraints are not those of its model
 */
export async function auditBundle(dir: string, options: Pick<AuditOptions, 'onProgress'> = {}): Promise<AuditReport> {
  const manifest = await readManifest(dir);
  await checkArtifacts(dir, manifest, ['qmodel', 'r1cs', 'wireOrder']);
  const { graph } = await readQModel(bundlePaths(dir).qmodel);
  const program = lowerCircuit(graph, circuitOptionsOf(manifest));
  await prepareTables(program);
  const emitted = emitR1cs(program);
  await requireFileIsOurs(dir, emitted);
  return auditCircuit({ graph, program, ...emitted }, options);
}

async function requireFileIsOurs(dir: string, emitted: NamedR1cs): Promise<void> {
  const { r1cs: path, wireOrder } = bundlePaths(dir);
  const theirs = readR1cs(await readBytes(path));
  const order = decodeWireOrder(await readBytes(wireOrder), theirs.wireCount, emitted.r1cs.wireCount);
  const theirWire = new Int32Array(emitted.r1cs.wireCount).fill(-1);
  order.forEach((ours, wire) => {
    theirWire[ours] = wire;
  });
  try {
    requireSameConstraints(emitted, theirs, theirWire);
  } catch (cause) {
    if (!(cause instanceof ZkinferError) || cause.code !== 'R1CS_MISMATCH') throw cause;
    throw new ZkinferError({
      code: 'R1CS_DIFFERS',
      kind: 'artifact',
      message: "the bundle's constraints are not those of its integer model",
      facts: [path, ...cause.facts],
      hint: `nothing is known of this circuit: audit it alone with zkinfer audit ${path}, or compile the model again`,
    });
  }
}
