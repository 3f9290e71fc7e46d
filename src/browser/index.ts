/**
 * `zkinfer/browser`: inference and proofs in a page, in a Web Worker. Nothing reachable from here imports from `node:`, and
 * the worker runs under `script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'`.
 */
export type { Manifest } from '../bundle/manifest.js';
export { type Binding, bindOffChain } from '../commitment/context.js';
export { ZkinferError } from '../core/error.js';
export type { RunOptions, SaturatedInput } from '../pipeline/prove-input.js';
export type { BindingOptions } from '../pipeline/run-binding.js';
export type { ProofFile, StatedOutput } from '../verify/proof-file.js';
export type { Expectations, InferenceVerdict } from '../verify/verify-inference.js';
export { clearArtifactCache } from './artifact-cache.js';
export type { Inference, InputRow, Progress, ProvedRun } from './messages.js';
export { type CallOptions, type OpenOptions, openProver, type PageProver } from './open-prover.js';
