import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { writeQModel } from '../bundle/qmodel-file.js';
import { toCalldata } from '../chain/calldata.js';
import { startDevNode } from '../chain/dev-node/start.js';
import { deployContract, estimateVerifyGas, verifyOnChain } from '../chain/standalone.js';
import { ZkinferError } from '../core/error.js';
import { readRows } from '../rows/read-rows.js';
import type { Rows } from '../rows/rows.js';
import { verifyInference } from '../verify/verify-inference.js';
import { compileBundle } from './compile-bundle.js';
import { exportVerifier } from './export-verifier.js';
import { loadModel, rowsSpecOf } from './load-model.js';
import { packageRoot } from './package.js';
import { proveInput } from './prove-bundle.js';
import { quantizeModel } from './quantize-model.js';
import { setupBundle } from './setup-bundle.js';

/** One line of the demo's table. */
export interface DemoStep {
  readonly step: string;
  readonly ms: number;
  readonly result: string;
}

export interface DemoReport {
  readonly model: string;
  readonly steps: readonly DemoStep[];
  readonly accuracy: { readonly float: number | null; readonly integer: number | null };
  readonly constraints: number;
  readonly proofBytes: number;
  readonly deployGas: number;
  readonly verifyGas: number;
  readonly totalMs: number;
  /** Folder of the bundle, where it was kept. */
  readonly bundle: string | null;
}

export interface DemoRequest {
  /** Where the bundle stays; a temporary folder, removed at the end, by default. */
  readonly outDir?: string;
  readonly onProgress?: (stage: string) => void;
}

/** A Groth16 proof on chain: two points of G1 and one of G2. */
const PROOF_BYTES = 256;

/** Takes the bundled MNIST classifier from its ONNX file to a contract that accepts its proof and refuses a changed output. */
export async function runDemo(request: DemoRequest = {}): Promise<DemoReport> {
  const scratch = await mkdtemp(join(tmpdir(), 'zkinfer-demo-'));
  try {
    return await demonstrate(request, scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function demonstrate({ outDir, onProgress = () => {} }: DemoRequest, scratch: string): Promise<DemoReport> {
  const samples = join(packageRoot(), 'examples', 'models', 'mnist-cnn');
  const modelPath = join(samples, 'model.onnx');
  const dir = outDir ?? join(scratch, 'mnist-cnn');
  const steps: DemoStep[] = [];
  const started = performance.now();
  async function step<T>(name: string, work: () => Promise<T>, describe: (result: T) => string): Promise<T> {
    onProgress(name);
    const before = performance.now();
    const result = await work();
    steps.push({ step: name, ms: performance.now() - before, result: describe(result) });
    return result;
  }

  const spec = rowsSpecOf((await loadModel(modelPath)).graph);
  const calibration = await readRows(join(samples, 'calibration.json'), spec);
  const test = await readRows(join(samples, 'test.json'), spec);
  const qmodelPath = join(scratch, 'mnist-cnn.qmodel.json');
  const { report } = await step(
    'quantize',
    async () => {
      const done = await quantizeModel({ modelPath, calibration, test });
      await writeQModel(qmodelPath, done.qmodel);
      return done;
    },
    ({ report: r }) => `accuracy ${percent(r.integerScore)} (float ${percent(r.floatScore)}) on ${r.rows} rows`,
  );
  const compiled = await step(
    'compile',
    () => compileBundle({ qmodelPath, outDir: dir }),
    (r) => `${r.constraints.toLocaleString('en')} constraints, equal to circom's, audit ${r.audit}`,
  );
  await step(
    'setup',
    () => setupBundle({ dir }),
    (r) => `${r.profile} keys, domain 2^${r.domainPower}, ${(r.provingKeyBytes / 1e6).toFixed(1)} MB`,
  );
  const proved = await step(
    'prove',
    () => proveInput({ dir, row: test.rows[0], outPath: join(scratch, 'proof.json') }),
    (r) => `witness ${Math.round(r.ms.witness)} ms, proof ${Math.round(r.ms.prove)} ms, ${PROOF_BYTES} bytes`,
  );
  const manifest = await readManifest(dir);
  const key = JSON.parse(await readFile(bundlePaths(dir).verificationKey, 'utf8')) as unknown;
  await step(
    'verify',
    async () => requireTrue((await verifyInference(proved.proof, manifest, key)).valid, 'the proof does not verify'),
    () => `the proof holds: ${describeDecision(proved.proof.outputs, test)}`,
  );
  const exported = await step(
    'export the verifier',
    () => exportVerifier(dir),
    (r) => `${r.contractName}, ${r.compiled.codeSizeBytes.toLocaleString('en')} bytes of code`,
  );
  const gas = await proveOnChain(step, exported.compiled, proved.proof);
  const kept = outDir === undefined ? null : dir;
  return {
    model: 'mnist-cnn',
    steps,
    accuracy: { float: report.floatScore, integer: report.integerScore },
    constraints: compiled.constraints,
    proofBytes: PROOF_BYTES,
    ...gas,
    totalMs: performance.now() - started,
    bundle: kept,
  };
}

type Step = <T>(name: string, work: () => Promise<T>, describe: (result: T) => string) => Promise<T>;

/** Deploys the verifier on a local chain; it must accept the proof and refuse it with another output. */
async function proveOnChain(
  step: Step,
  compiled: Awaited<ReturnType<typeof exportVerifier>>['compiled'],
  proof: Awaited<ReturnType<typeof proveInput>>['proof'],
): Promise<{ deployGas: number; verifyGas: number }> {
  const node = await startDevNode('embedded');
  try {
    const signer = await node.provider.getSigner(0);
    const calldata = toCalldata(proof.proof, proof.publicSignals);
    const deployed = await step(
      'deploy',
      () => deployContract(signer, compiled),
      (r) => `${r.gasUsed.toLocaleString('en')} gas at ${r.address}`,
    );
    const verifyGas = await step(
      'verify on chain',
      async () => {
        const verdict = await verifyOnChain(signer, deployed.address, compiled, calldata);
        requireTrue(verdict.valid, `the contract refused the proof: ${verdict.reason}`);
        return estimateVerifyGas(signer, deployed.address, compiled, calldata);
      },
      (used) => `accepted, ${used.toLocaleString('en')} gas`,
    );
    await step(
      'verify a changed output',
      async () => {
        const output = proof.publicSignals.length - 2;
        const signals = calldata.signals.map((signal, i) => (i === output ? signal + 1n : signal));
        const verdict = await verifyOnChain(signer, deployed.address, compiled, { ...calldata, signals });
        requireTrue(!verdict.valid, 'the contract accepted a changed output');
        return verdict;
      },
      (verdict) => `refused: ${verdict.reason}`,
    );
    return { deployGas: Number(deployed.gasUsed), verifyGas: Number(verifyGas) };
  } finally {
    await node.close();
  }
}

function requireTrue(holds: boolean, message: string): void {
  if (!holds) throw new ZkinferError({ code: 'DEMO_FAILED', kind: 'checkFailed', message });
}

function percent(score: number | null): string {
  return score === null ? '-' : `${(100 * score).toFixed(1)} %`;
}

/** `the digit is 7 (labelled 7)`, from the first output. */
function describeDecision(
  outputs: Awaited<ReturnType<typeof proveInput>>['proof']['outputs'],
  { labels }: Rows,
): string {
  const [{ real }] = Object.values(outputs);
  const digit = real.length === 1 ? real[0] : real.reduce((best, x, i) => (x > real[best] ? i : best), 0);
  return `the digit is ${digit}${labels ? ` (labelled ${labels[0]})` : ''}`;
}
