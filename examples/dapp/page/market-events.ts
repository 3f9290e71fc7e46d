import { EventLog, getBytes } from 'ethers';
import type { Chain } from './chain.js';

/** What the market contract told, in the order of the chain. */
export type MarketEvent = { readonly block: number } & (RequestEvent | Withdrawal);

interface Withdrawal {
  readonly name: 'Withdrawn';
  readonly account: string;
  readonly amount: bigint;
}

type RequestEvent = { readonly id: bigint } & (
  | { readonly name: 'RequestPosted'; readonly requester: string; readonly bounty: bigint; readonly input: Uint8Array }
  | { readonly name: 'RequestLocked'; readonly agent: string }
  | { readonly name: 'RequestFulfilled'; readonly agent: string; readonly paid: bigint; readonly output: Uint8Array }
  | { readonly name: 'RequestCancelled' }
);

const POLL_MS = 400;

function readEvent(log: EventLog): MarketEvent | null {
  const { args } = log;
  const common = { id: args.id as bigint, block: log.blockNumber };
  switch (log.eventName) {
    case 'RequestPosted':
      return {
        ...common,
        name: 'RequestPosted',
        requester: args.requester,
        bounty: args.bounty,
        input: getBytes(args.input),
      };
    case 'RequestLocked':
      return { ...common, name: 'RequestLocked', agent: args.agent };
    case 'RequestFulfilled':
      return { ...common, name: 'RequestFulfilled', agent: args.agent, paid: args.paid, output: getBytes(args.output) };
    case 'RequestCancelled':
      return { ...common, name: 'RequestCancelled' };
    case 'Withdrawn':
      return { block: log.blockNumber, name: 'Withdrawn', account: args.account, amount: args.amount };
    default:
      return null;
  }
}

/** Calls back for every event of the market, those before the page was opened included. A node that is away is asked again. */
export function watchMarket({ provider, market }: Chain, onEvent: (event: MarketEvent) => void): void {
  let next = 0;
  const poll = async () => {
    try {
      const latest = await provider.getBlockNumber();
      if (latest >= next) {
        const logs = await market.contract.queryFilter('*', next, latest);
        next = latest + 1;
        for (const log of logs) {
          const event = log instanceof EventLog ? readEvent(log) : null;
          if (event) onEvent(event);
        }
      }
    } catch {
      // The header says whether the chain answers.
    }
    setTimeout(poll, POLL_MS);
  };
  void poll();
}
