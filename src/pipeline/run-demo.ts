import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withScratchFolder } from '../bundle/atomic.js';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import { makeFolder } from '../bundle/make-folder.js';
import { writeQModel } from '../bundle/qmodel-file.js';
import { toCalldata } from '../chain/calldata.js';
import { startDevNode } from '../chain/dev-node/start.js';
import { deployContract, estimateVerifyGas, type OnChainVerdict, verifyOnChain } from '../chain/standalone.js';
import { ZkinferError } from '../core/error.js';
import { R } from '../core/field.js';
import { readRows } from '../rows/read-rows.js';
import type { ProofFile, StatedOutput } from '../verify/proof-file.js';
import { openVerifyingBundle, verifyProofText } from '../verify/verify-files.js';
import { compileBundle } from './compile-bundle.js';
import { type ExportedVerifier, exportVerifier } from './export-verifier.js';
import { loadModel, rowsSpecOf } from './load-model.js';
import { packageRoot } from './package.js';
import { proveInput } from './prove-bundle.js';
import { quantizeModel } from './quantize-model.js';
import { setupBundle } from './setup-bundle.js';

/** One step of the demo: what it did, how long it took, what came out. */
export interface DemoStep {
  readonly name: string;
  readonly ms: number;
  readonly result: string;
}

export interface DemoRequest {
  /** Name of a sample model in `examples/models`. */
  readonly model?: string;
  /** Where the bundle is left; by default a temporary folder that is removed. */
  readonly outDir?: string;
  readonly onStep?: (name: string) => void;
}

export interface DemoReport {
  readonly model: string;
  readonly steps: readonly DemoStep[];
  readonly constraints: number;
  /** Bytes of proof and public signals as a contract takes them. */
  readonly calldataBytes: number;
  readonly gas: { readonly deploy: number; readonly verify: number };
  readonly label: string | number | null;
  readonly outputs: Readonly<Record<string, StatedOutput>>;
  /** Whether everything came out as it should: verified here, accepted on chain, the changed output refused by both. */
  readonly ok: boolean;
  readonly totalMs: number;
}

/** Names of the sample models that the package carries. */
export async function listSampleModels(): Promise<string[]> {
  return (await readdir(join(packageRoot(), 'examples/models'), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function findSample(name: string): Promise<string> {
  const names = await listSampleModels();
  if (names.includes(name)) return join(packageRoot(), 'examples/models', name);
  throw new ZkinferError({
    code: 'DEMO_MODEL_UNKNOWN',
    kind: 'usage',
    message: `there is no sample model ${JSON.stringify(name)}`,
    hint: `choose one of: ${names.join(', ')}`,
  });
}

const count = (value: number | bigint) => value.toLocaleString('en-US');
const share = (value: number | null) => (value === null ? '-' : `${(100 * value).toFixed(1)} %`);

/** The proof with the signal changed that says the output, as a cheat would have to send it. */
function changeOutput(proof: ProofFile, signalNames: readonly string[]): ProofFile {
  const at = signalNames.findIndex((name) => ['output[0]', 'inputAndOutput', 'limbSum'].includes(name));
  const changed = proof.publicSignals.map((signal, i) => (i === at ? String((BigInt(signal) + 1n) % R) : signal));
  return { ...proof, publicSignals: changed };
}

/** Deploys the verifier on a local chain in this process and shows it the proof and the changed one. */
async function askContract(
  verifier: ExportedVerifier,
  proof: ProofFile,
  changed: ProofFile,
): Promise<{ deployGas: number; verifyGas: number; honest: OnChainVerdict; cheat: OnChainVerdict }> {
  const node = await startDevNode('embedded');
  try {
    const signer = await node.provider.getSigner(0);
    const { address, gasUsed } = await deployContract(signer, verifier.compiled);
    const calldata = toCalldata(proof.proof, proof.publicSignals);
    const honest = await verifyOnChain(signer, address, verifier.compiled, calldata);
    const verifyGas = honest.valid ? await estimateVerifyGas(signer, address, verifier.compiled, calldata) : 0n;
    const cheat = await verifyOnChain(
      signer,
      address,
      verifier.compiled,
      toCalldata(changed.proof, changed.publicSignals),
    );
    return { deployGas: Number(gasUsed), verifyGas: Number(verifyGas), honest, cheat };
  } finally {
    await node.close();
  }
}

/**
 * Takes a sample model through everything: quantize, compile, set up, prove, verify, export, and a contract on a local chain that
 * accepts the proof and refuses a changed output.
 * @throws ZkinferError DEMO_MODEL_UNKNOWN, and those of each step
 */
export async function runDemo(request: DemoRequest = {}): Promise<DemoReport> {
  const model = request.model ?? 'mnist-cnn';
  const sample = await findSample(model);
  return withScratchFolder(tmpdir(), (scratch) => demonstrate(request, model, sample, scratch));
}

async function demonstrate(request: DemoRequest, model: string, sample: string, scratch: string): Promise<DemoReport> {
  const dir = request.outDir ?? join(scratch, model);
  const steps: DemoStep[] = [];
  const start = performance.now();

  async function step<T>(name: string, work: () => Promise<T>, describe: (result: T) => string): Promise<T> {
    request.onStep?.(name);
    const begun = performance.now();
    const result = await work();
    steps.push({ name, ms: performance.now() - begun, result: describe(result) });
    return result;
  }

  await makeFolder(dir);
  const modelPath = join(sample, 'model.onnx');
  const spec = rowsSpecOf((await loadModel(modelPath)).graph);
  const [calibration, test] = [
    await readRows(join(sample, 'calibration.json'), spec),
    await readRows(join(sample, 'test.json'), spec),
  ];
  const { qmodel } = await step(
    'quantize',
    () => quantizeModel({ modelPath, calibration, test }),
    ({ report }) =>
      `${report.metric ?? 'score'} ${share(report.floatScore)} float, ${share(report.integerScore)} integer, ${share(report.top1Agreement)} agreement on ${report.rows} rows`,
  );
  const qmodelPath = join(scratch, 'model.qmodel.json');
  await writeQModel(qmodelPath, qmodel);
  const compiled = await step(
    'compile',
    () => compileBundle({ qmodelPath, outDir: dir }),
    (report) =>
      `${count(report.constraints)} constraints, ${report.publicSignals.length} public signals, soundness ${report.audit}`,
  );
  await step(
    'setup',
    () => setupBundle({ dir }),
    (report) =>
      `${report.profile} keys, domain 2^${report.domainPower}, ${(report.provingKeyBytes / 2 ** 20).toFixed(1)} MiB`,
  );
  const { proof } = await step(
    'prove',
    () => proveInput({ dir, row: test.rows[0] }),
    ({ ms }) => `witness ${Math.round(ms.witness)} ms, proof ${Math.round(ms.prove)} ms`,
  );
  const bundle = await openVerifyingBundle(dir);
  const changed = changeOutput(proof, bundle.manifest.statement.publicSignals);
  const verdict = await step(
    'verify',
    () => verifyProofText(printCanonicalJson(proof), bundle),
    ({ valid, reason }) => (valid ? 'valid' : `NOT VALID: ${reason}`),
  );
  const cheat = await step(
    'verify, output changed',
    () => verifyProofText(printCanonicalJson(changed), bundle),
    ({ valid, reason }) => (valid ? 'VALID' : `refused: ${reason}`),
  );
  const verifier = await step(
    'export verifier',
    () => exportVerifier(dir),
    ({ contractName, compiled: { codeSizeBytes } }) => `${contractName}, ${count(codeSizeBytes)} bytes of code`,
  );
  const chain = await step(
    'contract on a local chain',
    () => askContract(verifier, proof, changed),
    ({ deployGas, verifyGas, honest, cheat: refused }) =>
      `deployed for ${count(deployGas)} gas; proof ${honest.valid ? `accepted for ${count(verifyGas)} gas` : `REFUSED: ${honest.reason}`}; changed output ${refused.valid ? 'ACCEPTED' : `refused: ${refused.reason}`}`,
  );
  return {
    model,
    steps,
    constraints: compiled.constraints,
    calldataBytes: 256 + 32 * proof.publicSignals.length,
    gas: { deploy: chain.deployGas, verify: chain.verifyGas },
    label: (test.labels?.[0] as string | number | undefined) ?? null,
    outputs: proof.outputs,
    ok: verdict.valid && !cheat.valid && chain.honest.valid && !chain.cheat.valid,
    totalMs: performance.now() - start,
  };
}
