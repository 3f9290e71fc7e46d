import type { ContractRunner } from 'ethers';
import { computeContext } from '../../commitment/context.js';
import { InferenceClient } from '../client/inference-client.js';
import { MarketClient, type MarketRequest } from '../client/market-client.js';
import type { Mined } from '../client/transaction.js';
import { bindOnChain, describeBinding, prepareProof, readProofDocument } from './submit.js';

/** Everything that an agent needs to prove for a request. */
export interface RequestTask {
  readonly request: MarketRequest;
  readonly verifier: string;
  readonly nonce: string;
  /** Context of the proof for this agent, for a packed statement. */
  readonly context: string;
  /** The options of `zkinfer prove` that bind a proof to this request and agent. */
  readonly proveWith: string;
  /** Bytes of the input, hexadecimal without 0x. */
  readonly input: string;
}

/** What an agent has to prove to fulfil a request. */
export async function describeTask(
  runner: ContractRunner,
  { market, id, agent }: { readonly market: string; readonly id: bigint; readonly agent: string },
): Promise<RequestTask> {
  const client = new MarketClient(runner, market);
  const request = await client.getRequest(id);
  const [verifier, nonce, input] = await Promise.all([
    client.verifierAddress(),
    client.nonceOf(id),
    client.readInput(id),
  ]);
  const binding = await bindOnChain(runner, { verifier, modelId: request.modelId, agent, nonce });
  return {
    request,
    verifier,
    nonce,
    context: String(computeContext(binding)),
    proveWith: describeBinding(binding),
    input: Array.from(input, (byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}

/** Brings a proof file to a request; its agent is paid. @throws ContractRefusal; ZkinferError `CHAIN_OTHER_CONTEXT` */
export async function fulfilRequest(
  runner: ContractRunner,
  given: {
    readonly market: string;
    readonly id: bigint;
    readonly proofPath: string;
    /** Whom the proof was made for; anyone may bring it. */
    readonly agent: string;
    readonly confirmations?: number;
  },
): Promise<Mined> {
  const document = await readProofDocument(given.proofPath);
  const { request, verifier, nonce } = await describeTask(runner, given);
  const { statement } = await new InferenceClient(runner, verifier).getModel(request.modelId);
  const binding = await bindOnChain(runner, { verifier, modelId: request.modelId, agent: given.agent, nonce });
  const proven = prepareProof(document, statement, binding);
  return new MarketClient(runner, given.market, { confirmations: given.confirmations }).fulfil(given.id, proven);
}
