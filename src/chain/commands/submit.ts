import { type ContractRunner, getBytes, isAddress, isHexString, ZeroHash } from 'ethers';
import { readText } from '../../bundle/read-file.js';
import { type Binding, computeChallenge, computeContext, type StatementKind } from '../../commitment/context.js';
import { ZkinferError } from '../../core/error.js';
import { type ProofDocument, type ProvenInference, toProvenInference } from '../client/inference.js';
import { InferenceClient } from '../client/inference-client.js';
import type { Mined } from '../client/transaction.js';
import { readChainId } from '../client/transaction.js';

/** What a proof for a chain is bound to. */
export interface BindingRequest {
  readonly verifier: string;
  readonly modelId: string;
  readonly agent: string;
  /** `0x…`, 32 bytes; zero where left out. */
  readonly nonce?: string;
}

/** The binding of a request on the chain of `runner`. @throws ZkinferError `CHAIN_BAD_BINDING` */
export async function bindOnChain(runner: ContractRunner, request: BindingRequest): Promise<Binding> {
  const nonce = request.nonce ?? ZeroHash;
  const problems = [
    ...(isAddress(request.verifier) ? [] : [`verifier: ${request.verifier} is not an address`]),
    ...(isAddress(request.agent) ? [] : [`agent: ${request.agent} is not an address`]),
    ...(isHexString(request.modelId, 32) ? [] : [`model: ${request.modelId} is not 32 bytes of hexadecimal`]),
    ...(isHexString(nonce, 32) ? [] : [`nonce: ${nonce} is not 32 bytes of hexadecimal`]),
  ];
  if (problems.length > 0) {
    throw new ZkinferError({
      code: 'CHAIN_BAD_BINDING',
      kind: 'usage',
      message: 'this is nothing that a proof can be bound to',
      facts: problems,
    });
  }
  const { verifier, modelId, agent } = request;
  return { chainId: await readChainId(runner), contract: verifier, modelId, agent, nonce };
}

/** The options of `zkinfer prove` that bind a proof to this. */
export function describeBinding({ chainId, contract, modelId, agent, nonce }: Binding): string {
  return `--agent ${agent} --chain-id ${chainId} --contract ${contract} --model-id ${modelId} --nonce ${nonce}`;
}

/** Reads a proof file for a contract. What is in it is checked by the contract. @throws ZkinferError `CHAIN_BAD_PROOF` */
export async function readProofDocument(path: string): Promise<ProofDocument> {
  const text = await readText(path);
  const bytes = /^([0-9a-f]{2})*$/;
  try {
    const document = JSON.parse(text) as ProofDocument;
    const { input, output } = document.statement;
    if (bytes.test(input) && bytes.test(output) && Array.isArray(document.publicSignals)) return document;
  } catch {
    // Not JSON, or not an object: the same to whoever reads the message.
  }
  throw new ZkinferError({
    code: 'CHAIN_BAD_PROOF',
    kind: 'usage',
    message: 'this is not a proof file',
    facts: [path],
    hint: 'make one with: zkinfer prove BUNDLE --input FILE -o proof.json',
  });
}

/**
 * A proof file as the contracts take it, once it is clear that it is bound to what the caller says.
 *
 * @throws ZkinferError `CHAIN_OTHER_CONTEXT` when it was proven for another agent, nonce, contract, model or chain
 */
export function prepareProof(document: ProofDocument, kind: StatementKind, binding: Binding): ProvenInference {
  const needed = String(kind === 'packed' ? computeContext(binding) : challengeFor(document, binding));
  const proven = document.publicSignals.at(-1);
  if (proven !== needed) {
    throw new ZkinferError({
      code: 'CHAIN_OTHER_CONTEXT',
      kind: 'checkFailed',
      message: 'the proof is bound to something else',
      facts: [
        `${kind === 'packed' ? 'context' : 'challenge'} of the proof: ${proven}`,
        `${kind === 'packed' ? 'context' : 'challenge'} needed: ${needed}`,
        `for chain ${binding.chainId}, contract ${binding.contract}, model ${binding.modelId}`,
        `agent ${binding.agent}, nonce ${binding.nonce}`,
      ],
      hint: `prove again with ${describeBinding(binding)}`,
    });
  }
  return toProvenInference(document, kind, { agent: binding.agent, nonce: binding.nonce });
}

/** The challenge of a bound statement over the document's own bytes and commitment. */
function challengeFor({ statement, publicSignals }: ProofDocument, binding: Binding): bigint {
  const [input, output] = [statement.input, statement.output].map((hex) => getBytes(`0x${hex}`));
  const commitment = /^[0-9]{1,78}$/.test(publicSignals[0]) ? BigInt(publicSignals[0]) : 0n;
  return computeChallenge(binding, { input, output, inputCommitted: false }, commitment);
}

export interface SubmitRequest extends BindingRequest {
  readonly proofPath: string;
  /** Record the inference in a transaction; otherwise it is verified as a call. */
  readonly record: boolean;
  readonly confirmations?: number;
}

export interface SubmitReport {
  readonly modelId: string;
  readonly agent: string;
  readonly nonce: string;
  readonly output: string;
  /** Gas of the transaction, or of the call as a transaction. */
  readonly gas: bigint;
  readonly recorded?: Mined & { readonly nullifier: string };
}

/** Shows a proof to the verifier. @throws ContractRefusal with the reason */
export async function submitProof(runner: ContractRunner, request: SubmitRequest): Promise<SubmitReport> {
  const client = new InferenceClient(runner, request.verifier, { confirmations: request.confirmations });
  const document = await readProofDocument(request.proofPath);
  const binding = await bindOnChain(runner, request);
  const { statement } = await client.getModel(request.modelId);
  const proven = prepareProof(document, statement, binding);
  const { modelId, agent, nonce } = binding;
  const report = { modelId, agent, nonce, output: proven.inference.output };
  if (!request.record) {
    await client.verify(modelId, proven);
    return { ...report, gas: await client.estimate('verifyInference', modelId, proven) };
  }
  const recorded = await client.record(modelId, proven);
  return { ...report, gas: recorded.gasUsed, recorded };
}
