/**
 * zkinfer as a library: what the command line does, one function a step.
 *
 *     const calibration = await readRows('rows.json', rowsSpecOf((await loadModel('model.onnx')).graph));
 *     const { qmodel } = await quantizeModel({ modelPath: 'model.onnx', calibration });
 *     await writeQModel('model.qmodel.json', qmodel);
 *     await compileBundle({ qmodelPath: 'model.qmodel.json', outDir: 'artifacts/model' });
 *     await setupBundle({ dir: 'artifacts/model' });
 *     const { proof } = await proveInput({ dir: 'artifacts/model', row: calibration.rows[0] });
 *
 * The contracts' client is `zkinfer/chain`.
 */
export type { AuditReport } from './audit/report.js';
export type { Manifest } from './bundle/manifest.js';
export { readManifest } from './bundle/manifest-file.js';
export type { QModel } from './bundle/qmodel.js';
export { readQModel, writeQModel } from './bundle/qmodel-file.js';
export { type Binding, bindOffChain, computeContext } from './commitment/context.js';
export { EXIT, ZkinferError } from './core/error.js';
export type { ProofPhase, ProofProgress } from './groth16/progress.js';
export { auditBundle } from './pipeline/audit-bundle.js';
export { type CheckReport, checkBundle } from './pipeline/check-bundle.js';
export { type CommitWeightsReport, type CommitWeightsRequest, commitToWeights } from './pipeline/commit-weights.js';
export { type CompileReport, type CompileRequest, compileBundle } from './pipeline/compile-bundle.js';
export { type DiffReport, diffRow } from './pipeline/diff-row.js';
export { type ExportedVerifier, exportVerifier } from './pipeline/export-verifier.js';
export { type InspectReport, type InspectRequest, inspectModel } from './pipeline/inspect-model.js';
export { type CircuitReport, inspectQModel } from './pipeline/inspect-qmodel.js';
export { type LoadedModel, type LoadOptions, loadModel, rowsSpecOf } from './pipeline/load-model.js';
export { type OpenBundle, openBundle } from './pipeline/open-bundle.js';
export { type PickedProver, type ProverChoice, pickProver } from './pipeline/pick-prover.js';
export { type PooledBundle, poolBundle, proveInPool } from './pipeline/pooled-bundle.js';
export { type ProveReport, proveInput, proveRow } from './pipeline/prove-bundle.js';
export { type ProveRowsReport, proveRows } from './pipeline/prove-rows.js';
export { type QuantizeReport, type QuantizeRequest, quantizeModel } from './pipeline/quantize-model.js';
export { type ReportRequest, reportBundle } from './pipeline/report-bundle.js';
export { type DemoReport, runDemo } from './pipeline/run-demo.js';
export { type SetupReport, setupBundle } from './pipeline/setup-bundle.js';
export { verifyWeights, type WeightsReport } from './pipeline/verify-weights.js';
export { createProverPool, type ProverPool } from './prove/pool.js';
export { openRows, readRows } from './rows/read-rows.js';
export type { Row, Rows } from './rows/rows.js';
export { type QueueWorker, type QueueWorkerOptions, startQueueWorker } from './serve/queue/queue-worker.js';
export { createProofService, type ProofService, type ProofServiceOptions } from './serve/service.js';
export type { ProofFile } from './verify/proof-file.js';
export { type InferenceVerdict, verifyInference, verifyInferences } from './verify/verify-inference.js';
