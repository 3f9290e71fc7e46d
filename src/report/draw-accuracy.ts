import { formatCount, formatNumber } from '../core/format.js';
import type { AccuracyFacts } from './facts.js';
import { type Html, html, px } from './html.js';
import { cut, drawSvg, pickTicks, WIDTH } from './svg.js';

const PLOT = { left: 46, right: 8, top: 8, bottom: 40 };
const HEIGHT = 300;

function axis(low: number, high: number, from: number, to: number): (value: number) => number {
  const span = high - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

/** Outputs of both models against each other: on the diagonal they are equal. */
export function drawScatter(pairs: AccuracyFacts['pairs']): Html {
  const all = pairs.flat();
  const [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  const margin = (high - low || 1) * 0.04;
  const x = axis(low - margin, high + margin, PLOT.left, WIDTH - PLOT.right);
  const y = axis(low - margin, high + margin, HEIGHT - PLOT.bottom, PLOT.top);
  const ticks = pickTicks(low, high);
  const grid = ticks.map(
    (
      tick,
    ) => html`<path class="grid" d="M${px(x(tick))} ${PLOT.top}V${HEIGHT - PLOT.bottom}M${PLOT.left} ${px(y(tick))}H${WIDTH - PLOT.right}"/>
<text class="small mid" x="${px(x(tick))}" y="${HEIGHT - PLOT.bottom + 16}">${formatNumber(tick)}</text><text class="small end" x="${PLOT.left - 6}" y="${px(y(tick) + 4)}">${formatNumber(tick)}</text>
`,
  );
  const diagonal = html`<path class="line" d="M${px(x(low))} ${px(y(low))}L${px(x(high))} ${px(y(high))}"/>
`;
  const dots = pairs.map(([a, b]) => html`<circle class="dot" cx="${px(x(a))}" cy="${px(y(b))}" r="2.5"/>`);
  const words = html`
<text class="small mid" x="${(PLOT.left + WIDTH) / 2}" y="${HEIGHT - 6}">float model</text><text class="small mid" transform="translate(11 ${(HEIGHT - PLOT.bottom) / 2}) rotate(-90)">integer model</text>
`;
  const description = `${pairs.length} output values between ${formatNumber(low)} and ${formatNumber(high)}, float model across, integer model up; on the line both are equal.`;
  return drawSvg('scatter', { title: 'Outputs of both models', description, width: WIDTH, height: HEIGHT }, [
    ...grid,
    diagonal,
    ...dots,
    words,
  ]);
}

/** How far the integer model's outputs are from the float model's. */
export function drawErrors({ limit, counts }: NonNullable<AccuracyFacts['errors']>): Html {
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const total = counts.reduce((a, b) => a + b, 0);
  const width = (WIDTH - PLOT.left - PLOT.right) / counts.length;
  const y = axis(0, most, HEIGHT - PLOT.bottom, PLOT.top);
  const ticks = pickTicks(0, most).map(
    (
      tick,
    ) => html`<path class="grid" d="M${PLOT.left} ${px(y(tick))}H${WIDTH - PLOT.right}"/><text class="small end" x="${PLOT.left - 6}" y="${px(y(tick) + 4)}">${formatCount(tick)}</text>
`,
  );
  const bars = counts.map((count, i) => {
    const from = formatNumber(-limit + (2 * limit * i) / counts.length, 3);
    const to = formatNumber(-limit + (2 * limit * (i + 1)) / counts.length, 3);
    return html`<rect class="first" x="${px(PLOT.left + i * width + 0.75)}" y="${px(y(count))}" width="${px(width - 1.5)}" height="${px(HEIGHT - PLOT.bottom - y(count))}"><title>${formatCount(count)} from ${from} to ${to}</title></rect>
`;
  });
  const words = [
    [PLOT.left, 'start', `−${formatNumber(limit, 3)}`],
    [(PLOT.left + WIDTH - PLOT.right) / 2, 'mid', '0'],
    [WIDTH - PLOT.right, 'end', `+${formatNumber(limit, 3)}`],
  ].map(
    ([x, anchor, text]) =>
      html`<text class="small ${anchor}" x="${px(x as number)}" y="${HEIGHT - PLOT.bottom + 16}">${text}</text>`,
  );
  const label = html`
<text class="small mid" x="${(PLOT.left + WIDTH) / 2}" y="${HEIGHT - 6}">integer − float, in the output's units</text>
`;
  const description = `${formatCount(total)} output values by their difference, none beyond ${formatNumber(limit, 3)}.`;
  return drawSvg('errors', { title: 'Differences of the outputs', description, width: WIDTH, height: HEIGHT }, [
    ...ticks,
    ...bars,
    ...words,
    label,
  ]);
}

/** Decisions of both models against each other: off the diagonal they differ. */
export function drawDecisions({ labels, counts }: NonNullable<AccuracyFacts['decisions']>): Html {
  const side = (WIDTH - PLOT.left - PLOT.right) / labels.length;
  const most = counts.flat().reduce((a, b) => Math.max(a, b), 1);
  const room = Math.max(1, Math.floor(side / 7));
  const cells = counts.flatMap((row, a) =>
    row.map((count, b) => {
      const [x, y] = [PLOT.left + b * side, PLOT.top + a * side];
      const opacity = count === 0 ? 0 : Math.round((0.15 + 0.5 * (count / most)) * 100) / 100;
      const number =
        count > 0 && side >= 16
          ? html`<text class="count" x="${px(x + side / 2)}" y="${px(y + side / 2 + 4)}">${count}</text>`
          : null;
      return html`<rect class="track" x="${px(x + 0.5)}" y="${px(y + 0.5)}" width="${px(side - 1)}" height="${px(side - 1)}"/>${
        count > 0 &&
        html`<rect class="${a === b ? 'first' : 'second'}" fill-opacity="${opacity}" x="${px(x + 0.5)}" y="${px(y + 0.5)}" width="${px(side - 1)}" height="${px(side - 1)}"><title>float ${labels[a]}, integer ${labels[b]}: ${count} rows</title></rect>`
      }${number}
`;
    }),
  );
  const bottom = PLOT.top + side * labels.length;
  const words = labels.map(
    (
      label,
      i,
    ) => html`<text class="small end" x="${PLOT.left - 6}" y="${px(PLOT.top + i * side + side / 2 + 4)}">${cut(String(label), 5)}</text><text class="small mid" x="${px(PLOT.left + i * side + side / 2)}" y="${px(bottom + 14)}">${cut(String(label), room)}</text>
`,
  );
  const rows = counts.flat().reduce((a, b) => a + b, 0);
  const same = counts.reduce((sum, row, i) => sum + row[i], 0);
  const description = `${same} of ${rows} rows are decided alike; float model down, integer model across.`;
  const caption = html`<text class="small mid" x="${(PLOT.left + WIDTH) / 2}" y="${px(bottom + 32)}">integer model</text><text class="small mid" transform="translate(10 ${px((PLOT.top + bottom) / 2)}) rotate(-90)">float model</text>
`;
  const size = { width: WIDTH, height: bottom + 38 };
  return drawSvg('decisions', { title: 'Decisions of both models', description, ...size }, [
    ...cells,
    ...words,
    caption,
  ]);
}
