import type { Inference } from 'zkinfer/browser';
import { announceSettled, find, formatMs, make } from './dom.js';

const bars: { readonly item: HTMLElement; readonly bar: HTMLElement; readonly text: HTMLElement }[] = [];

/** What the model says: ten scores. */
export interface Reading {
  readonly scores: readonly number[];
  /** The digit with the highest score. */
  readonly digit: number;
}

export function readScores({ outputs }: Pick<Inference, 'outputs'>): Reading {
  const scores = Object.values(outputs)[0].real;
  return { scores, digit: scores.indexOf(Math.max(...scores)) };
}

/** Puts the ten bars in place. */
export function setUpScores(): void {
  for (let digit = 0; digit < 10; digit++) {
    const bar = make('span', { class: 'bar', 'aria-hidden': 'true' });
    const text = make('span', { class: 'value' });
    const item = make('li', {}, make('span', { class: 'name' }, String(digit)), bar, text);
    bars.push({ item, bar, text });
  }
  find('scores').replaceChildren(...bars.map(({ item }) => item));
  showScores(null);
}

/** Shows scores as bars: the length is the softmax, the figure is the score that a proof speaks of. */
export function showScores(inference: Inference | null): void {
  const reading = inference && readScores(inference);
  const highest = reading ? Math.max(...reading.scores) : 0;
  const shares = reading?.scores.map((score) => Math.exp(score - highest)) ?? [];
  const sum = shares.reduce((total, share) => total + share, 0);
  bars.forEach(({ item, bar, text }, digit) => {
    bar.style.setProperty('--share', String(reading ? shares[digit] / sum : 0));
    text.textContent = reading ? reading.scores[digit].toFixed(1).replace('-', '−') : '·';
    item.classList.toggle('best', reading?.digit === digit);
  });
  find('digit').textContent = reading ? String(reading.digit) : '–';
  find('timing').textContent = inference
    ? `${formatMs(Math.max(inference.ms, 1))} for the whole network, in integers`
    : 'Bars show the softmax, figures the scores.';
  if (reading) announceSettled(`The model reads ${reading.digit}`);
}
