/**
 * `zkinfer/chain`: what a dApp needs to talk to the contracts, in a browser too: nothing reachable from here imports
 * from `node:`.
 */

export {
  type Binding,
  bindOffChain,
  boundSignals,
  computeChallenge,
  computeContext,
  evaluateLimbs,
  listLimbs,
  packedSignals,
  type StatementKind,
  type StatementSides,
  writeCommitment,
} from '../commitment/context.js';
export { aigcVerifierAbi } from './abi/aigc-verifier.js';
export { erc7992RegistryAbi } from './abi/erc7992-registry.js';
export { erc7992VerifierAbi } from './abi/erc7992-verifier.js';
export { erc8274VerifierAbi } from './abi/erc8274-verifier.js';
export { inferenceMarketAbi } from './abi/inference-market.js';
export { inferenceVerifierAbi } from './abi/inference-verifier.js';
export { zkmlValidatorAbi } from './abi/zkml-validator.js';
export { encodeProof, type Groth16Proof, type ProofCalldata, toCalldata } from './calldata.js';
export { type ContractErrorName, ContractRefusal, explainFailure } from './client/errors.js';
export { type Inference, type ProofDocument, type ProvenInference, toProvenInference } from './client/inference.js';
export {
  InferenceClient,
  type ModelSpec,
  type RecordedInference,
  type RegisteredModel,
} from './client/inference-client.js';
export { MarketClient, type MarketRequest, type PostedRequest, type RequestStatus } from './client/market-client.js';
export type { Mined, SendOptions } from './client/transaction.js';
export type { AbiEntry, AbiParameter, CompiledContract } from './compiled-contract.js';
export { type DeployedContract, deployContract, type OnChainVerdict, verifyOnChain } from './standalone.js';
export { encodeKey, type VerificationKey } from './verification-key.js';
