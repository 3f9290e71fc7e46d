import type { TradeoffPoint } from '../quantize/tradeoff.js';

const WIDTH = 640;
const HEIGHT = 400;
const MARGIN = { left: 64, right: 24, top: 32, bottom: 56 };
/** Losses below this are drawn at it: the axis is logarithmic. */
const LEAST_LOSS = 0.001;

/** An SVG of constraints against accuracy lost, both logarithmic; the chosen point is filled. */
export function plotTradeoff(points: readonly TradeoffPoint[], chosenConstraints: number): string {
  const costs = points.map((point) => Math.log10(point.constraints));
  const losses = points.map((point) => Math.log10(Math.max(point.loss, LEAST_LOSS)));
  const scale = (values: readonly number[], from: number, to: number) => {
    const [low, high] = [Math.floor(Math.min(...values)), Math.ceil(Math.max(...values))];
    return { low, high, at: (value: number) => from + ((value - low) / Math.max(1e-9, high - low)) * (to - from) };
  };
  const x = scale(costs, MARGIN.left, WIDTH - MARGIN.right);
  const y = scale(losses, HEIGHT - MARGIN.bottom, MARGIN.top);
  const range = (low: number, high: number) => Array.from({ length: high - low + 1 }, (_, i) => low + i);
  const vertical = range(x.low, x.high).map(
    (power) =>
      `<line x1="${x.at(power)}" y1="${MARGIN.top}" x2="${x.at(power)}" y2="${HEIGHT - MARGIN.bottom}" stroke="#ddd"/>` +
      `<text x="${x.at(power)}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">10^${power}</text>`,
  );
  const horizontal = range(y.low, y.high).map(
    (power) =>
      `<line x1="${MARGIN.left}" y1="${y.at(power)}" x2="${WIDTH - MARGIN.right}" y2="${y.at(power)}" stroke="#ddd"/>` +
      `<text x="${MARGIN.left - 8}" y="${y.at(power) + 4}" text-anchor="end">10^${power}</text>`,
  );
  const dots = points.map((point, i) => {
    const fill = point.constraints === chosenConstraints ? '#c0392b' : '#fff';
    const title = `${point.constraints} constraints, ${point.loss.toPrecision(3)} points lost, ${point.bits} bits`;
    return `<circle cx="${x.at(costs[i]).toFixed(1)}" cy="${y.at(losses[i]).toFixed(1)}" r="4" fill="${fill}" stroke="#c0392b"><title>${title}</title></circle>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${WIDTH / 2}" y="18" text-anchor="middle" font-size="14">Constraints against accuracy lost</text>
${[...vertical, ...horizontal, ...dots].join('\n')}
<text x="${WIDTH / 2}" y="${HEIGHT - 12}" text-anchor="middle">constraints</text>
<text x="16" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 16 ${HEIGHT / 2})">points of accuracy lost</text>
</svg>
`;
}
