import { readFile } from 'node:fs/promises';
import { auditR1cs } from '../audit/audit.js';
import { auditCircuit } from '../audit/audit-circuit.js';
import type { AuditOptions, AuditReport } from '../audit/report.js';
import { checkArtifacts } from '../bundle/artifacts.js';
import { fileError } from '../bundle/file-error.js';
import { readManifest } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { readQModel } from '../bundle/qmodel-file.js';
import { readR1cs } from '../circom/r1cs-file.js';
import { emitR1cs } from '../circuit/emit-r1cs.js';
import { lowerCircuit } from '../circuit/lower.js';
import { prepareTables } from '../groth16/fast-interpolation.js';
import { circuitOptionsOf } from './circuit-options.js';

/**
 * Audits the circuit of a bundle as its statement is used: the input's public signals alone must determine every output.
 * The constraints are those of the bundle's integer model, which compile has shown to be those of its R1CS file.
 * @throws ZkinferError (exit code 2, 3) for a folder that is no bundle or differs from its manifest
 */
export async function auditBundle(dir: string, options: Pick<AuditOptions, 'onProgress'> = {}): Promise<AuditReport> {
  const manifest = await readManifest(dir);
  await checkArtifacts(dir, manifest, ['qmodel', 'r1cs']);
  const { graph } = await readQModel(bundlePaths(dir).qmodel);
  const program = lowerCircuit(graph, circuitOptionsOf(manifest));
  await prepareTables(program);
  return auditCircuit({ graph, program, ...emitR1cs(program) }, options);
}

/** Audits any R1CS file: its inputs must determine its outputs. Signals have no names there. */
export async function auditR1csFile(
  path: string,
  options: Pick<AuditOptions, 'onProgress'> = {},
): Promise<AuditReport> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
  return auditR1cs(readR1cs(bytes), options);
}
