import { hexlify } from 'ethers';
import type { StatementKind } from '../../commitment/context.js';
import { encodeProof, type Groth16Proof, toCalldata } from '../calldata.js';

/** One run of a model, as the contracts take it. */
export interface Inference {
  /** Whom the proof was made for. */
  readonly agent: string;
  /** `0x…`, 32 bytes. */
  readonly nonce: string;
  /** Bytes of the public input, `0x…`; `0x` for a private one; the 32-byte commitment to a committed one. */
  readonly input: string;
  readonly output: string;
  /** c of a bound statement; 0 for a packed one. */
  readonly commitment: bigint;
}

/** An inference with its proof: 256 bytes, `0x…`. */
export interface ProvenInference {
  readonly inference: Inference;
  readonly proof: string;
}

/** The parts of a proof file that a contract looks at. */
export interface ProofDocument {
  readonly proof: Groth16Proof;
  readonly publicSignals: readonly string[];
  /** Lower-case hexadecimal, without 0x. */
  readonly statement: { readonly input: string; readonly output: string };
}

/**
 * A proof file as the contracts take it. The agent and nonce are those that its context was made of; the contract
 * refuses all others.
 *
 * @throws ZkinferError `CHAIN_BAD_PROOF`
 */
export function toProvenInference(
  { proof, publicSignals, statement }: ProofDocument,
  kind: StatementKind,
  who: { readonly agent: string; readonly nonce: string },
): ProvenInference {
  const calldata = toCalldata(proof, publicSignals);
  return {
    proof: encodeProof(calldata),
    inference: {
      ...who,
      input: hexlify(`0x${statement.input}`),
      output: hexlify(`0x${statement.output}`),
      commitment: kind === 'bound' ? calldata.signals[0] : 0n,
    },
  };
}
