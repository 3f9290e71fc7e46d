import { find, formatMs, make } from './dom.js';

export type StepName = 'key' | 'witness' | 'proof' | 'contract';

const TITLES: Readonly<Record<StepName, string>> = {
  key: 'Fetch the proving key',
  witness: 'Compute the witness',
  proof: 'Make the proof and verify it here',
  contract: 'Let the contract check it',
};

type State = 'waiting' | 'running' | 'done' | 'failed';

const WORDS: Readonly<Record<State, string>> = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  failed: 'failed',
};

/** The list of steps with the state of each. */
export class Steps {
  private readonly items: Readonly<Record<StepName, { item: HTMLElement; state: HTMLElement; note: HTMLElement }>>;
  private readonly started = new Map<StepName, number>();

  constructor() {
    const entries = Object.entries(TITLES).map(([name, title]) => {
      const state = make('span', { class: 'hidden' });
      const note = make('span', { class: 'note' });
      const item = make('li', { 'data-step': name }, make('span', {}, title), state, note);
      return [name, { item, state, note }] as const;
    });
    this.items = Object.fromEntries(entries) as unknown as Steps['items'];
    find('steps').replaceChildren(...entries.map(([, { item }]) => item));
    this.reset();
  }

  reset(): void {
    for (const name of Object.keys(this.items) as StepName[]) this.set(name, 'waiting', '');
  }

  start(name: StepName, note = ''): void {
    if (this.started.has(name) && note === '') return;
    if (!this.started.has(name)) this.started.set(name, performance.now());
    this.set(name, 'running', note);
  }

  finish(name: StepName, note?: string): void {
    if (note === undefined && !this.started.has(name)) return;
    const since = this.started.get(name) ?? performance.now();
    this.set(name, 'done', note ?? formatMs(performance.now() - since));
  }

  /** Marks what was running as failed. */
  fail(note: string): void {
    for (const [name, { item }] of Object.entries(this.items)) {
      if (item.dataset.state === 'running') this.set(name as StepName, 'failed', note);
    }
  }

  private set(name: StepName, state: State, note: string): void {
    const { item, ...texts } = this.items[name];
    if (state !== 'running') this.started.delete(name);
    item.dataset.state = state;
    texts.state.textContent = `, ${WORDS[state]}`;
    texts.note.textContent = note;
  }
}
