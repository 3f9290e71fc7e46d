import { Contract, type ContractRunner, keccak256 } from 'ethers';
import type { Binding, StatementKind } from '../../commitment/context.js';
import { inferenceVerifierAbi } from '../abi/inference-verifier.js';
import { encodeKey, type VerificationKey } from '../verification-key.js';
import { explaining } from './errors.js';
import type { Inference, ProvenInference } from './inference.js';
import { MarketClient } from './market-client.js';
import { askCall, findEvent, type Mined, readChainId, type SendOptions, sendCall } from './transaction.js';

/** What a publisher says about a model. */
export interface ModelSpec {
  /** Digest of the model's file, `0x…`, 32 bytes. */
  readonly modelHash: string;
  /** Bytes of public input: 0 for a private input, 32 for a committed one. */
  readonly inputLength: number;
  readonly outputLength: number;
  readonly statement: StatementKind;
  readonly inputCommitted: boolean;
}

export interface RegisteredModel extends ModelSpec {
  readonly modelId: string;
  /** The contract that holds the verification key. */
  readonly key: string;
  readonly active: boolean;
  readonly publisher: string;
}

/** An inference that was recorded on chain. */
export interface RecordedInference {
  readonly modelId: string;
  readonly agent: string;
  readonly nullifier: string;
  readonly inputHash: string;
  readonly output: string;
  readonly blockNumber: number;
  readonly transactionHash: string;
}

const STATEMENTS: readonly StatementKind[] = ['packed', 'bound'];

/**
 * Talks to an `InferenceVerifier`. Reads need a provider, transactions a signer.
 *
 * @example
 * const client = new InferenceClient(signer, address);
 * const { modelId } = await client.registerModel(verificationKey, spec, 'ipfs://…');
 * const context = computeContext(await client.bind({ modelId, agent, nonce }));
 * // … prove with that context …
 * await client.verify(modelId, proven);
 */
export class InferenceClient {
  readonly contract: Contract;

  constructor(
    readonly runner: ContractRunner,
    readonly address: string,
    private readonly options: Pick<SendOptions, 'confirmations'> = {},
  ) {
    this.contract = new Contract(address, inferenceVerifierAbi, runner);
  }

  /** A client for a market that settles with this verifier. */
  market(address: string): MarketClient {
    return new MarketClient(this.runner, address, this.options);
  }

  /** What a proof for this contract has to be bound to; see `computeContext` and `computeChallenge`. */
  async bind(fields: Pick<Binding, 'modelId' | 'agent' | 'nonce'>): Promise<Binding> {
    return { chainId: await readChainId(this.runner), contract: this.address, ...fields };
  }

  /** @throws ContractRefusal `KeyForgeable`, `KeyPointAtInfinity`, `KeyLengthInvalid`, `ModelExists`, … */
  async registerModel(
    key: VerificationKey,
    spec: ModelSpec,
    uri = '',
  ): Promise<Mined & { readonly modelId: string; readonly key: string }> {
    const { receipt, ...mined } = await sendCall(
      this.contract,
      'registerModel',
      [encodeKey(key), encodeSpec(spec), uri],
      this.options,
    );
    const event = findEvent(this.contract, receipt, 'ModelRegistered');
    return { ...mined, modelId: event.modelId as string, key: event.key as string };
  }

  /** The id that a registration by `publisher` has, without asking the chain for more than a pure call. */
  modelIdOf(publisher: string, key: VerificationKey, spec: ModelSpec): Promise<string> {
    return askCall(this.contract, 'modelIdOf', [publisher, keccak256(encodeKey(key)), encodeSpec(spec)]);
  }

  /** Ends verification for a model, for good; for its publisher. */
  async deactivate(modelId: string): Promise<Mined> {
    const { receipt: _, ...mined } = await sendCall(this.contract, 'deactivate', [modelId], this.options);
    return mined;
  }

  /** @throws ContractRefusal `ModelUnknown` */
  async getModel(modelId: string): Promise<RegisteredModel> {
    const model = await askCall<Record<string, unknown>>(this.contract, 'model', [modelId]);
    return {
      modelId,
      key: model.key as string,
      inputLength: Number(model.inputLength),
      outputLength: Number(model.outputLength),
      statement: STATEMENTS[Number(model.statement)],
      inputCommitted: model.inputCommitted as boolean,
      active: model.active as boolean,
      publisher: model.publisher as string,
      modelHash: model.modelHash as string,
    };
  }

  /** The context (packed) or challenge (bound) that a proof has to carry, as the contract sees it. */
  challengeOf(modelId: string, inference: Inference): Promise<bigint> {
    return askCall(this.contract, 'challengeOf', [modelId, inference]);
  }

  /** Checks a proof as a call: true, or an error that says why not. @throws ContractRefusal */
  async verify(modelId: string, { inference, proof }: ProvenInference): Promise<true> {
    await askCall(this.contract, 'verifyInference', [modelId, inference, proof]);
    return true;
  }

  /** Checks proofs of one model in one pairing, as a call. @throws ContractRefusal when one of them is refused */
  async verifyBatch(modelId: string, proven: readonly ProvenInference[]): Promise<true> {
    await askCall(this.contract, 'verifyBatch', [modelId, ...encodeBatch(proven)]);
    return true;
  }

  /** Verifies and records an inference in a transaction; each (model, agent, nonce) once. @throws ContractRefusal */
  async record(
    modelId: string,
    { inference, proof }: ProvenInference,
  ): Promise<Mined & { readonly nullifier: string }> {
    const args = [modelId, inference, proof];
    const { receipt, ...mined } = await sendCall(this.contract, 'recordInference', args, this.options);
    return { ...mined, nullifier: findEvent(this.contract, receipt, 'InferenceRecorded').nullifier as string };
  }

  isNullified(nullifier: string): Promise<boolean> {
    return askCall(this.contract, 'nullified', [nullifier]);
  }

  /** Gas of a call as a transaction of its own, as the node estimates it. */
  estimate(method: 'verifyInference' | 'recordInference', modelId: string, proven: ProvenInference): Promise<bigint> {
    return explaining(() => this.contract.getFunction(method).estimateGas(modelId, proven.inference, proven.proof));
  }

  /** Inferences that were recorded, oldest first. */
  async listRecorded(
    filter: { readonly modelId?: string; readonly agent?: string; readonly fromBlock?: number } = {},
  ): Promise<RecordedInference[]> {
    const topics = this.contract.filters.InferenceRecorded(filter.modelId ?? null, filter.agent ?? null);
    const logs = await explaining(() => this.contract.queryFilter(topics, filter.fromBlock ?? 0));
    return logs.flatMap((log) => {
      const parsed = this.contract.interface.parseLog(log);
      if (!parsed) return [];
      const { modelId, agent, nullifier, inputHash, output } = parsed.args;
      const { blockNumber, transactionHash } = log;
      return [{ modelId, agent, nullifier, inputHash, output, blockNumber, transactionHash }];
    });
  }
}

/** Arguments of `verifyBatch` after the model: runs, inputs, outputs, proofs. */
export function encodeBatch(proven: readonly ProvenInference[]): [readonly unknown[], string, string, string] {
  const join = (parts: readonly string[]) => `0x${parts.map((part) => part.slice(2)).join('')}`;
  return [
    proven.map(({ inference: { agent, nonce, commitment } }) => ({ agent, nonce, commitment })),
    join(proven.map(({ inference }) => inference.input)),
    join(proven.map(({ inference }) => inference.output)),
    join(proven.map(({ proof }) => proof)),
  ];
}

function encodeSpec({ statement, ...rest }: ModelSpec): Record<string, unknown> {
  return { ...rest, statement: STATEMENTS.indexOf(statement) };
}
