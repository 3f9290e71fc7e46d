import type { Inference } from 'zkinfer/browser';
import type { Chain } from './chain.js';
import { announce, find, make, shorten, showHex } from './dom.js';
import { type MarketEvent, watchMarket } from './market-events.js';
import { makePicture } from './pixels.js';

type ChainModule = typeof import('./chain.js');

/** Seconds that an agent has to fulfil a request. */
const DEADLINE_S = 3600;

/** Bounties: posting, what became of them, and who was paid. */
export class MarketTab {
  private readonly button = find<HTMLButtonElement>('post-button');
  private readonly rows = new Map<bigint, { readonly status: HTMLElement; readonly row: HTMLElement }>();
  private inference: Inference | null = null;
  private busy = false;
  /** Wei to the agent, and of these what it took out. */
  private paid = 0n;
  private withdrawn = 0n;

  constructor(
    private readonly module: ChainModule,
    private readonly chain: Chain,
    private readonly scoreCount: number,
  ) {
    find<HTMLFormElement>('post').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.post();
    });
    find('requests').replaceChildren(make('li', { class: 'none' }, 'None yet.'));
    find('events').replaceChildren(make('li', { class: 'none' }, 'None yet.'));
    this.showPaid();
    watchMarket(chain, (event) => this.hear(event));
  }

  setInput(inference: Inference | null): void {
    this.inference = inference;
    this.refresh();
  }

  private refresh(): void {
    this.button.disabled = this.inference === null || this.busy;
  }

  private async post(): Promise<void> {
    if (!this.inference) return;
    this.busy = true;
    this.refresh();
    find('post-error').textContent = '';
    try {
      const { provider, market, config } = this.chain;
      const block = await provider.getBlock('latest');
      const bounty = this.module.parseEther(find<HTMLInputElement>('bounty').value);
      await market.post(config.modelId, this.inference.input, (block?.timestamp ?? 0) + DEADLINE_S, bounty);
    } catch (cause) {
      const { message, hint } = this.module.explainFailure(cause);
      find('post-error').textContent = `${message} ${hint ?? ''}`;
    } finally {
      this.busy = false;
      this.refresh();
    }
  }

  private name(address: string): string {
    const { visitor, config } = this.chain;
    if (address === visitor.address) return 'you';
    return address === config.agent ? 'the agent' : shorten(address);
  }

  private hear(event: MarketEvent): void {
    const ether = (wei: bigint) => `${this.module.formatEther(wei)} ETH`;
    const say = (text: string) => {
      const list = find('events');
      list.querySelector('.none')?.remove();
      list.prepend(make('li', {}, make('span', { class: 'note' }, `block ${event.block}`), ` ${text}`));
      announce(text);
    };
    switch (event.name) {
      case 'RequestPosted':
        this.addRow(event.id, event.input, ether(event.bounty));
        say(`Request ${event.id}: ${this.name(event.requester)} posted ${ether(event.bounty)}`);
        break;
      case 'RequestLocked':
        this.setStatus(event.id, 'locked', `locked by ${this.name(event.agent)}, who proves it now`);
        say(`Request ${event.id}: ${this.name(event.agent)} locked it with a bond`);
        break;
      case 'RequestFulfilled': {
        const digit = this.readDigit(event.output);
        this.setStatus(event.id, 'fulfilled', `it reads ${digit}; ${ether(event.paid)} to ${this.name(event.agent)}`);
        if (event.agent === this.chain.config.agent) this.paid += event.paid;
        this.showPaid();
        say(`Request ${event.id}: proved to read ${digit}, ${ether(event.paid)} to ${this.name(event.agent)}`);
        break;
      }
      case 'RequestCancelled':
        this.setStatus(event.id, 'cancelled', 'cancelled');
        say(`Request ${event.id}: cancelled`);
        break;
      case 'Withdrawn':
        if (event.account === this.chain.config.agent) this.withdrawn += event.amount;
        this.showPaid();
        say(`${this.name(event.account)} withdrew ${ether(event.amount)}`);
        break;
    }
  }

  /** The digit with the highest score in output bytes: codes of one scale, so the highest code is it. */
  private readDigit(output: Uint8Array): number {
    const width = output.length / this.scoreCount;
    const codes = Array.from({ length: this.scoreCount }, (_, i) =>
      output.subarray(i * width, (i + 1) * width).reduce((code, byte) => code * 256 + byte, 0),
    );
    return codes.indexOf(Math.max(...codes));
  }

  private addRow(id: bigint, input: Uint8Array, bounty: string): void {
    const status = make('span', { class: 'status' }, 'open, waiting for an agent');
    const row = make(
      'li',
      { 'data-request': String(id), 'data-status': 'open' },
      makePicture(input, `Picture of request ${id}`),
      make('span', {}, make('strong', {}, `Request ${id}`), ` · ${bounty}`, make('br'), status),
    );
    find('requests').querySelector('.none')?.remove();
    find('requests').prepend(row);
    this.rows.set(id, { status, row });
  }

  private setStatus(id: bigint, status: string, text: string): void {
    const entry = this.rows.get(id);
    if (!entry) return;
    entry.row.dataset.status = status;
    entry.status.textContent = text;
  }

  /** What the contract has paid the agent, and how much of it the agent has taken out. */
  private showPaid(): void {
    const { formatEther } = this.module;
    find('paid').replaceChildren(
      'Paid to the agent ',
      showHex(this.chain.config.agent),
      ', bonds that it got back included: ',
      make('strong', {}, `${formatEther(this.paid)} ETH`),
      `, of which it has withdrawn ${formatEther(this.withdrawn)} ETH.`,
    );
  }
}
