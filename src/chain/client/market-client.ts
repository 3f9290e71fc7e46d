import { Contract, type ContractRunner, getBytes } from 'ethers';
import type { ZkinferError } from '../../core/error.js';
import { inferenceMarketAbi } from '../abi/inference-market.js';
import { explainFailure, explaining } from './errors.js';
import type { ProvenInference } from './inference.js';
import { askCall, findEvent, type Mined, type SendOptions, sendCall } from './transaction.js';

export type RequestStatus = 'none' | 'open' | 'fulfilled' | 'cancelled';

export interface MarketRequest {
  readonly id: bigint;
  readonly requester: string;
  /** Wei. */
  readonly bounty: bigint;
  readonly modelId: string;
  readonly inputHash: string;
  /** Zero address when no bond is held. */
  readonly lockedBy: string;
  /** Last second in which it can be fulfilled. */
  readonly deadline: number;
  readonly lockUntil: number;
  readonly status: RequestStatus;
}

/** A request as it was posted, with its input. */
export interface PostedRequest {
  readonly id: bigint;
  readonly modelId: string;
  readonly requester: string;
  readonly bounty: bigint;
  readonly deadline: number;
  readonly input: Uint8Array;
}

export interface WatchOptions {
  /** Requests for this model only. */
  readonly modelId?: string;
  /** Also those posted since this block. */
  readonly fromBlock?: number;
  /** Default: the provider's polling interval. */
  readonly pollMs?: number;
  /** Hears when the node could not be asked; it is asked again. */
  readonly onFailure?: (failure: ZkinferError) => void;
}

const STATUSES: readonly RequestStatus[] = ['none', 'open', 'fulfilled', 'cancelled'];

/** Talks to an `InferenceMarket`. Reads need a provider, transactions a signer. */
export class MarketClient {
  readonly contract: Contract;

  constructor(
    readonly runner: ContractRunner,
    readonly address: string,
    private readonly options: Pick<SendOptions, 'confirmations'> = {},
  ) {
    this.contract = new Contract(address, inferenceMarketAbi, runner);
  }

  /** The verifier that settles here. */
  verifierAddress(): Promise<string> {
    return askCall(this.contract, 'verifier', []);
  }

  /** What a lock costs, wei. */
  bond(): Promise<bigint> {
    return askCall(this.contract, 'bond', []);
  }

  /**
   * Posts a request.
   *
   * @param input bytes of the public input, or the commitment to a committed one
   * @param deadline seconds since 1970
   * @param bounty wei
   */
  async post(
    modelId: string,
    input: Uint8Array,
    deadline: number,
    bounty: bigint,
  ): Promise<Mined & { readonly id: bigint }> {
    const { receipt, ...mined } = await this.send('post', [modelId, input, deadline], bounty);
    return { ...mined, id: findEvent(this.contract, receipt, 'RequestPosted').id as bigint };
  }

  /** Locks a request for the signer, with the bond. @throws ContractRefusal `RequestLockedBy`, … */
  async lock(id: bigint): Promise<Mined> {
    return withoutReceipt(await this.send('lock', [id], await this.bond()));
  }

  /** Brings a proof; its agent is paid. @throws ContractRefusal `ProofInvalid`, `RequestLockedBy`, … */
  async fulfil(id: bigint, { inference, proof }: ProvenInference): Promise<Mined> {
    return withoutReceipt(await this.send('fulfil', [id, inference, proof]));
  }

  /** Takes the bounty back after the deadline; for the requester. */
  async cancel(id: bigint): Promise<Mined> {
    return withoutReceipt(await this.send('cancel', [id]));
  }

  /** Pays out what is owed to the signer. */
  async withdraw(): Promise<Mined> {
    return withoutReceipt(await this.send('withdraw', []));
  }

  /** What is owed to an account, wei. */
  balanceOf(account: string): Promise<bigint> {
    return askCall(this.contract, 'balanceOf', [account]);
  }

  /** The nonce that a proof for a request has to carry. */
  nonceOf(id: bigint): Promise<string> {
    return askCall(this.contract, 'nonceOf', [id]);
  }

  async getRequest(id: bigint): Promise<MarketRequest> {
    const request = await askCall<Record<string, unknown>>(this.contract, 'requestOf', [id]);
    return {
      id,
      requester: request.requester as string,
      bounty: request.bounty as bigint,
      modelId: request.modelId as string,
      inputHash: request.inputHash as string,
      lockedBy: request.lockedBy as string,
      deadline: Number(request.deadline),
      lockUntil: Number(request.lockUntil),
      status: STATUSES[Number(request.status)],
    };
  }

  /** All requests, or those with a status, oldest first. */
  async listRequests(status?: RequestStatus): Promise<MarketRequest[]> {
    const count = await askCall<bigint>(this.contract, 'requestCount', []);
    const requests: MarketRequest[] = [];
    for (let id = 1n; id <= count; id++) {
      const request = await this.getRequest(id);
      if (status === undefined || request.status === status) requests.push(request);
    }
    return requests;
  }

  /** The input of a request, from the event of its posting. */
  async readInput(id: bigint): Promise<Uint8Array> {
    const posted = await this.listPosted({ id });
    if (posted.length === 0) throw new RangeError(`nobody posted request ${id}`);
    return posted[0].input;
  }

  /** Postings with their inputs, oldest first. */
  async listPosted(
    filter: {
      readonly id?: bigint;
      readonly modelId?: string;
      readonly fromBlock?: number;
      readonly toBlock?: number;
    } = {},
  ): Promise<PostedRequest[]> {
    const topics = this.contract.filters.RequestPosted(filter.id ?? null, filter.modelId ?? null);
    const { fromBlock = 0, toBlock = 'latest' } = filter;
    const logs = await explaining(() => this.contract.queryFilter(topics, fromBlock, toBlock));
    return logs.flatMap((log) => {
      const parsed = this.contract.interface.parseLog(log);
      return parsed ? [readPosted(parsed.args)] : [];
    });
  }

  /**
   * Calls back for each request that is posted after this resolves, once and in order, until the returned function is
   * called. Blocks are asked for by number, so that none is missed while the node is slow or away.
   */
  async onPosted(callback: (request: PostedRequest) => void, options: WatchOptions = {}): Promise<() => Promise<void>> {
    const { provider } = this.runner;
    if (!provider) throw new TypeError('the signer is not connected to a provider');
    const pollMs = options.pollMs ?? (provider as { pollingInterval?: number }).pollingInterval ?? 4000;
    let next = options.fromBlock ?? (await explaining(() => provider.getBlockNumber())) + 1;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const poll = async (): Promise<void> => {
      try {
        const toBlock = await provider.getBlockNumber();
        if (toBlock >= next) {
          const posted = await this.listPosted({ modelId: options.modelId, fromBlock: next, toBlock });
          next = toBlock + 1;
          if (!stopped) for (const request of posted) callback(request);
        }
      } catch (cause) {
        if (!stopped) options.onFailure?.(explainFailure(cause));
      }
      if (!stopped) timer = setTimeout(start, pollMs);
    };
    let current = Promise.resolve();
    const start = () => {
      current = poll();
    };
    start();
    return async () => {
      stopped = true;
      clearTimeout(timer);
      await current;
    };
  }

  private send(method: string, args: readonly unknown[], value = 0n) {
    return sendCall(this.contract, method, args, { ...this.options, value });
  }
}

function withoutReceipt({ transactionHash, blockNumber, gasUsed }: Mined): Mined {
  return { transactionHash, blockNumber, gasUsed };
}

function readPosted(args: { readonly [name: string]: unknown }): PostedRequest {
  return {
    id: args.id as bigint,
    modelId: args.modelId as string,
    requester: args.requester as string,
    bounty: args.bounty as bigint,
    deadline: Number(args.deadline),
    input: getBytes(args.input as string),
  };
}
