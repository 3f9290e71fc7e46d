import { type Html, html, px } from './html.js';

/** Widest picture that a phone shows at full size, in pixels. */
export const WIDTH = 336;

/**
 * A picture with a title and a description for those who do not see it, in its natural size where there is room.
 * @param id unique on the page
 */
export function drawSvg(
  id: string,
  { title, description, width, height }: { title: string; description: string; width: number; height: number },
  body: readonly Html[],
): Html {
  return html`<svg role="img" aria-labelledby="${id}-t ${id}-d" viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" height="${px(height)}">
<title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
${body}</svg>`;
}

/** A text cut to a number of characters. */
export function cut(text: string, length: number): string {
  return [...text].length <= length ? text : `${[...text].slice(0, length - 1).join('')}…`;
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What is written at its end. */
  readonly text: string;
  /** Which colour: exact sums, measured figures and the like are told apart by it. */
  readonly tone?: 'first' | 'second';
}

const BAR_ROW = 36;

/** Horizontal bars, each with its label above it, so that long names have room. */
export function drawBars(id: string, title: string, description: string, bars: readonly Bar[]): Html {
  const most = bars.reduce((a, { value }) => Math.max(a, value), 0);
  const rows = bars.map(({ label, value, text, tone = 'first' }, i) => {
    const y = i * BAR_ROW;
    const width = most === 0 ? 0 : (value / most) * WIDTH;
    return html`<g><title>${label}: ${text}</title><text x="0" y="${y + 14}">${cut(label, 34)}</text><text class="end" x="${WIDTH}" y="${y + 14}">${text}</text>
<rect class="track" x="0" y="${y + 20}" width="${WIDTH}" height="8" rx="2"/><rect class="${tone}" x="0" y="${y + 20}" width="${px(Math.max(width, value > 0 ? 1.5 : 0))}" height="8" rx="2"/></g>
`;
  });
  return drawSvg(id, { title, description, width: WIDTH, height: bars.length * BAR_ROW }, rows);
}

/** Positions of about `count` round numbers between two. */
export function pickTicks(low: number, high: number, count = 4): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) as number;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
