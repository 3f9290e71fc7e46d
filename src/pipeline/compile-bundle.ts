import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { auditCircuit } from '../audit/audit-circuit.js';
import type { AuditReport } from '../audit/report.js';
import type { ArtifactName } from '../bundle/artifact-names.js';
import { withScratchFolder } from '../bundle/atomic.js';
import { digestBytes } from '../bundle/digest.js';
import { fileError } from '../bundle/file-error.js';
import { withBundleLock } from '../bundle/lock.js';
import type { Manifest } from '../bundle/manifest.js';
import { MANIFEST_FORMAT } from '../bundle/manifest.js';
import { writeBundle } from '../bundle/manifest-file.js';
import { encodeQModel } from '../bundle/qmodel.js';
import { readQModel } from '../bundle/qmodel-file.js';
import { compareR1cs } from '../circom/compare.js';
import { compileCircom } from '../circom/compile.js';
import { encodeR1cs, readR1cs } from '../circom/r1cs-file.js';
import { measureCost } from '../circuit/cost.js';
import { emitCircom } from '../circuit/emit-circom.js';
import { emitR1cs } from '../circuit/emit-r1cs.js';
import type { CircuitProgram } from '../circuit/program.js';
import { ZkinferError } from '../core/error.js';
import { prepareTables } from '../groth16/fast-interpolation.js';
import { packageRoot, toolVersions } from './package.js';
import { type CircuitRequest, planCircuit } from './plan-circuit.js';
import { encodeWireOrder, identityOrder, invertWires } from './wire-order.js';

export interface CompileRequest extends CircuitRequest {
  readonly qmodelPath: string;
  readonly outDir: string;
  /** `circom` compiles the text and checks it against our own constraints; `direct` uses ours alone. */
  readonly engine?: 'circom' | 'direct';
  /** False leaves the soundness audit out. */
  readonly audit?: boolean;
  readonly onProgress?: (stage: string) => void;
}

export interface CompileReport {
  readonly bundle: string;
  readonly engine: 'circom' | 'direct';
  readonly constraints: number;
  readonly wires: number;
  readonly publicSignals: readonly string[];
  readonly layers: readonly { readonly name: string; readonly kind: string; readonly constraints: number }[];
  /** `proved`, or `skipped` where it was left out. */
  readonly audit: 'proved' | 'skipped';
}

/**
 * Compiles an integer model into a bundle folder: circom text, constraints, manifest.
 * @throws ZkinferError TRANSLATION_DIFFERS when circom's constraints are not ours, AUDIT_FAILED when an output is not proved
 * to be determined by the inputs, CIRCUIT_UNSATISFIABLE when no input stays within the ranges that `assert` holds it to
 */
export async function compileBundle(request: CompileRequest): Promise<CompileReport> {
  const progress = request.onProgress ?? (() => {});
  const engine = request.engine ?? 'circom';
  const read = await readQModel(request.qmodelPath);
  progress('lowering to gadgets');
  const { qmodel, statement, overflow, weights, program } = planCircuit(read, request);
  await prepareTables(program);
  const emitted = emitR1cs(program);
  const { r1cs, wireNames } = emitted;
  const circom = emitCircom(program);
  const files = new Map<ArtifactName, Uint8Array | string>([
    ['qmodel', encodeQModel(qmodel)],
    ['circom', circom],
  ]);
  return withBundleLock(request.outDir, async () => {
    if (engine === 'circom') {
      progress('compiling with circom');
      const built = await compileChecked(circom, program, emitted, request.outDir);
      files.set('r1cs', built.r1cs).set('witnessProgram', built.witnessProgram).set('wireOrder', built.wireOrder);
    } else {
      files.set('r1cs', encodeR1cs(r1cs)).set('wireOrder', encodeWireOrder(identityOrder(r1cs.wireCount)));
    }
    let audit: CompileReport['audit'] = 'skipped';
    if (request.audit !== false) {
      progress('auditing soundness');
      files.set(
        'audit',
        JSON.stringify(requireProved(auditCircuit({ graph: qmodel.graph, program, r1cs, wireNames }), overflow)),
      );
      audit = 'proved';
    }
    const manifest: Manifest = {
      format: MANIFEST_FORMAT,
      name: basename(request.outDir),
      source: qmodel.source,
      tools: await toolVersions(),
      artifacts: Object.fromEntries([...files].map(([name, content]) => [name, digestBytes(content)])),
      statement,
      circuit: {
        engine,
        overflow,
        ...(weights && { weights }),
        flags: engine === 'circom' ? ['--O1'] : [],
        constraints: r1cs.constraintCount,
        wires: r1cs.wireCount,
        layers: measureCost(program).layers.map(({ layer, kind, constraints }) => ({ name: layer, kind, constraints })),
      },
      setup: null,
    };
    progress('writing the bundle');
    await writeBundle(request.outDir, files, manifest);
    const { constraints, wires, layers } = manifest.circuit;
    return {
      bundle: request.outDir,
      engine,
      constraints,
      wires,
      publicSignals: manifest.statement.publicSignals,
      layers,
      audit,
    };
  });
}

/** Compiles the text with circom and holds its constraints to ours, wire by wire. */
async function compileChecked(
  circom: string,
  program: CircuitProgram,
  emitted: ReturnType<typeof emitR1cs>,
  folder: string,
) {
  return withScratchFolder(folder, async (scratch) => {
    const options = { includeDir: join(packageRoot(), 'circuits'), outDir: scratch };
    const built = await compileCircom(circom, options).catch(async (error) => {
      await requireSpace(scratch);
      throw error;
    });
    const bytes = await readFile(built.r1csPath);
    const theirs = readR1cs(bytes);
    const theirWire = compareR1cs(program, emitted, theirs, await readFile(built.symPath));
    return {
      r1cs: bytes,
      witnessProgram: await readFile(built.wasmPath),
      wireOrder: encodeWireOrder(invertWires(theirWire, theirs.wireCount)),
    };
  });
}

const PROBE_BYTES = 1 << 20;

/** circom does not say why it could not write. @throws ZkinferError FILE_NO_SPACE where the disk is full */
async function requireSpace(folder: string): Promise<void> {
  const probe = join(folder, 'probe');
  await writeFile(probe, new Uint8Array(PROBE_BYTES)).catch((cause) => {
    throw fileError(cause, 'write', probe);
  });
}

/** Findings that an error shows. */
const MOST_FINDINGS = 5;

function requireProved(report: AuditReport, overflow: 'saturate' | 'assert'): AuditReport {
  if (report.proved) return report;
  const facts = report.findings.slice(0, MOST_FINDINGS).map(({ code, message }) => `${code}: ${message}`);
  if (overflow === 'assert' && report.findings.some(({ code }) => code === 'UNSATISFIABLE'))
    throw new ZkinferError({
      code: 'CIRCUIT_UNSATISFIABLE',
      kind: 'usage',
      message: 'there is no input that this circuit has a proof for: a layer always leaves its calibrated range',
      facts,
      hint: 'compile with --overflow saturate, or quantize with other calibration rows',
    });
  throw new ZkinferError({
    code: 'AUDIT_FAILED',
    kind: 'checkFailed',
    message: 'the audit could not prove that the circuit is sound',
    facts,
    hint: 'this is a bug in zkinfer, please report the model; --no-audit builds the bundle all the same',
  });
}
