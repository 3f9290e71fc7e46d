import { formatCount } from '../core/format.js';
import type { BundleFacts, LayerFacts } from './facts.js';
import { type Html, html, px } from './html.js';
import { type Bar, drawBars, drawSvg, WIDTH } from './svg.js';

/** Bars drawn; the smallest of a longer list are one bar. */
const MOST_BARS = 40;

/** Keeps the largest in their order and adds up the rest. */
function keepLargest<T extends { readonly value: number }>(
  items: readonly T[],
  rest: (hidden: readonly T[]) => T,
): T[] {
  if (items.length <= MOST_BARS) return [...items];
  const least = items.map(({ value }) => value).sort((a, b) => b - a)[MOST_BARS - 2];
  let room = MOST_BARS - 1;
  const kept = items.filter(({ value }) => value >= least && room-- > 0);
  return [...kept, rest(items.filter((item) => !kept.includes(item)))];
}

export function drawConstraints({ parts, constraints }: BundleFacts['circuit']): Html {
  const bars = parts.map(({ name, kinds, constraints: value }): Bar => {
    const share = constraints === 0 ? 0 : value / constraints;
    return {
      label: `${name} (${kinds.join(', ')})`,
      value,
      text: `${formatCount(value)} · ${(100 * share).toFixed(1)} %`,
    };
  });
  const shown = keepLargest(bars, (hidden) => {
    const value = hidden.reduce((sum, bar) => sum + bar.value, 0);
    return { label: `${formatCount(hidden.length)} smaller parts`, value, text: formatCount(value) };
  });
  const description = `Of ${formatCount(constraints)} constraints: ${shown.map(({ label, text }) => `${label} ${text}`).join('; ')}.`;
  return drawBars('constraints', 'Constraints of each part', description, shown);
}

export function drawBits(layers: readonly LayerFacts[]): Html {
  const bars = layers.map(({ name, bits, isRounded }): Bar => {
    return { label: name, value: bits, text: `${bits} bits`, tone: isRounded ? 'first' : 'second' };
  });
  const shown = keepLargest(bars, (hidden) => {
    const value = hidden.reduce((most, bar) => Math.max(most, bar.value), 0);
    return { label: `${formatCount(hidden.length)} narrower layers`, value, text: `${value} bits at most` };
  });
  const description = `Bits of the widest element of each layer's output: ${shown.map(({ label, text }) => `${label} ${text}`).join('; ')}.`;
  return drawBars('bits', 'Width of each output', description, shown);
}

/** How full the domain is, which decides what setup, proving key and proof cost. */
export function drawDomain({ circuit, statement }: Pick<BundleFacts, 'circuit' | 'statement'>): Html {
  const size = 2 ** circuit.domainPower;
  const signals = statement.publicSignals.length + 1;
  const free = Math.max(0, size - circuit.constraints - signals);
  const x1 = (circuit.constraints / size) * WIDTH;
  const x2 = x1 + Math.max(1.5, (signals / size) * WIDTH);
  const share = (100 * (size - free)) / size;
  const body = html`<rect class="track" x="0" y="4" width="${WIDTH}" height="22" rx="3"/>
<rect class="first" x="0" y="4" width="${px(x1)}" height="22" rx="3"/><rect class="second" x="${px(x1)}" y="4" width="${px(x2 - x1)}" height="22"/>
<text class="small" x="0" y="44">${formatCount(circuit.constraints)} constraints, ${formatCount(signals)} for signals</text><text class="small end" x="${WIDTH}" y="44">${formatCount(free)} free</text>
`;
  const description = `The domain of 2^${circuit.domainPower} = ${formatCount(size)} holds ${formatCount(circuit.constraints)} constraints and ${formatCount(signals)} for the public signals: ${share.toFixed(1)} % full.`;
  return drawSvg('domain', { title: 'Fill of the domain', description, width: WIDTH, height: 50 }, [body]);
}

/** What had to happen before there was a key, from the left to the right. */
export function drawSetup(setup: NonNullable<BundleFacts['setup']>): Html {
  const ptau = setup.ptau === null ? 'one machine' : `2^${setup.ptau.power}`;
  const steps: { kind: string; name: string }[] = [
    { kind: setup.ptau === null ? 'secrets' : 'powers of tau', name: ptau },
    ...(setup.steps ?? []).map(({ kind, name }) => ({ kind, name })),
    { kind: 'key', name: setup.profile },
  ];
  const height = steps.length * 44 - 8;
  const body = steps.map(({ kind, name }, i) => {
    const y = i * 44 + 12;
    const isEnd = i === steps.length - 1;
    const tone = kind === 'beacon' ? 'second' : 'first';
    return html`${!isEnd && html`<path class="edge" d="M10 ${y + 9}V${y + 32}"/>`}<circle class="${tone}" cx="10" cy="${y}" r="${isEnd ? 9 : 6}"/>
<text class="strong" x="30" y="${y}">${name}</text><text class="small" x="30" y="${y + 16}">${kind}</text>
`;
  });
  const description = `From ${steps.map(({ kind, name }) => `${kind} ${name}`).join(', then ')}.`;
  return drawSvg('setup', { title: 'How the key came to be', description, width: WIDTH, height }, body);
}

export function drawGas(id: string, lines: NonNullable<BundleFacts['gas']>): Html {
  const bars = lines.map(({ call, gas, measured }): Bar => {
    return {
      label: call,
      value: gas,
      text: `${formatCount(gas)} ${measured ? '' : '~'}`,
      tone: measured ? 'first' : 'second',
    };
  });
  const description = lines.map(({ call, gas }) => `${call} ${formatCount(gas)}`).join('; ');
  return drawBars(id, 'Gas of each call', `${description}.`, bars);
}
