import { Interface, ZeroHash } from 'ethers';
import type { StatementKind } from '../../commitment/context.js';
import { inferenceVerifierAbi } from '../abi/inference-verifier.js';
import { toCalldata } from '../calldata.js';
import { type ProofDocument, toProvenInference } from '../client/inference.js';

/** A call ready to be sent: the function's signature, its arguments as decimals or hexadecimal, and the bytes. */
export interface EncodedCall {
  readonly signature: string;
  readonly args: readonly unknown[];
  /** `0x…` */
  readonly data: string;
}

/** `verifyProof` of a standalone verifier. @throws ZkinferError `CHAIN_BAD_PROOF` */
export function encodeStandaloneCall({ proof, publicSignals }: ProofDocument): EncodedCall {
  const { a, b, c, signals } = toCalldata(proof, publicSignals);
  const signature = `verifyProof(uint256[2],uint256[2][2],uint256[2],uint256[${signals.length}])`;
  const args = [a, b, c, signals];
  const data = new Interface([`function ${signature}`]).encodeFunctionData('verifyProof', args);
  return {
    signature,
    args: [a.map(String), b.map((pair) => pair.map(String)), c.map(String), signals.map(String)],
    data,
  };
}

/** `verifyInference` of an InferenceVerifier. @throws ZkinferError `CHAIN_BAD_PROOF` */
export function encodeVerifierCall(
  document: ProofDocument,
  kind: StatementKind,
  who: { readonly modelId: string; readonly agent: string; readonly nonce?: string },
): EncodedCall {
  const { inference, proof } = toProvenInference(document, kind, { agent: who.agent, nonce: who.nonce ?? ZeroHash });
  const contract = new Interface(inferenceVerifierAbi);
  const signature = contract.getFunction('verifyInference')?.format('sighash') ?? '';
  return {
    signature,
    args: [who.modelId, { ...inference, commitment: String(inference.commitment) }, proof],
    data: contract.encodeFunctionData('verifyInference', [who.modelId, inference, proof]),
  };
}
