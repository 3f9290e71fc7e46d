/**
 * An agent that lives from inferences: it watches a market for requests of one model, locks those it wants, infers, proves
 * and collects what it earned.
 *
 * In a project of your own, import from 'zkinfer' and 'zkinfer/chain'.
 */
import type { Signer } from 'ethers';
import { ContractRefusal } from '../../src/chain/client/errors.js';
import { type ProvenInference, toProvenInference } from '../../src/chain/client/inference.js';
import { InferenceClient } from '../../src/chain/client/inference-client.js';
import type { PostedRequest } from '../../src/chain/client/market-client.js';
import { openBundle } from '../../src/pipeline/open-bundle.js';
import { proveRow } from '../../src/pipeline/prove-bundle.js';
import { decodeStatementInput } from '../../src/pipeline/statement-input.js';

export interface AgentOptions {
  readonly signer: Signer;
  /** Addresses of the InferenceVerifier and the InferenceMarket. */
  readonly verifier: string;
  readonly market: string;
  /** The model it can infer: its id on chain, and its bundle with the proving key. */
  readonly modelId: string;
  readonly bundleDir: string;
  /** Bounties below this are left to others, wei. */
  readonly leastBounty: bigint;
  /** It withdraws once this much is owed to it, wei; 0 unless given. Each withdrawal costs about 30,000 gas. */
  readonly withdrawFrom?: bigint;
  readonly onStep?: (
    id: bigint,
    step: 'locked' | 'proven' | 'fulfilled' | 'paid' | 'skipped' | 'failed',
    detail?: string,
  ) => void;
  /** Called before the proof is sent. */
  readonly onProven?: (id: bigint, proven: ProvenInference) => Promise<void>;
}

export interface Agent {
  /** Resolves when the request was handled, one way or another. */
  readonly handled: (id: bigint) => Promise<void>;
  /** Stops watching, once what was begun is done. */
  readonly stop: () => Promise<void>;
}

/** Starts watching. Requests are handled one after the other. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const client = new InferenceClient(options.signer, options.verifier);
  const market = client.market(options.market);
  const bundle = await openBundle(options.bundleDir);
  const agent = await options.signer.getAddress();
  const { statement } = await client.getModel(options.modelId);

  async function handle(request: PostedRequest): Promise<void> {
    if (request.bounty < options.leastBounty) return options.onStep?.(request.id, 'skipped', 'too little');
    try {
      // The lock comes first: a searcher could prove the same and be faster, but not while the request is locked.
      await market.lock(request.id);
      options.onStep?.(request.id, 'locked');
      const binding = await client.bind({ modelId: options.modelId, agent, nonce: await market.nonceOf(request.id) });
      const row = decodeStatementInput(bundle.manifest, request.input);
      const { proof } = await proveRow(bundle, row, { binding });
      const proven = toProvenInference(proof, statement, binding);
      options.onStep?.(request.id, 'proven', proven.inference.output);
      await options.onProven?.(request.id, proven);
      await market.fulfil(request.id, { inference: proven.inference, proof: proven.proof });
      options.onStep?.(request.id, 'fulfilled');
      if ((await market.balanceOf(agent)) < (options.withdrawFrom ?? 0n)) return;
      await market.withdraw();
      options.onStep?.(request.id, 'paid');
    } catch (cause) {
      if (cause instanceof ContractRefusal) options.onStep?.(request.id, 'skipped', cause.errorName);
      else options.onStep?.(request.id, 'failed', cause instanceof Error ? cause.message : String(cause));
    }
  }

  let work: Promise<void> = Promise.resolve();
  const done = new Map<bigint, Promise<void>>();
  const waiting = new Map<bigint, () => void>();
  const stopWatching = await market.onPosted(
    (request) => {
      work = work.then(() => handle(request));
      done.set(request.id, work);
      waiting.get(request.id)?.();
    },
    { modelId: options.modelId },
  );
  return {
    handled: async (id) => {
      if (!done.has(id)) await new Promise<void>((resolve) => waiting.set(id, resolve));
      await done.get(id);
    },
    stop: async () => {
      await stopWatching();
      await work;
    },
  };
}
