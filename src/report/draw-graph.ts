import { formatCount } from '../core/format.js';
import type { LayerFacts } from './facts.js';
import { type Html, html, px } from './html.js';
import { cut, drawSvg } from './svg.js';

const BOX = { width: 216, height: 52 };
const GAP = { x: 20, y: 26 };
/** Room at the right for edges that pass a level by. */
const SIDE = 44;
/** Boxes drawn; of a longer model the middle is one box. */
const HEAD = 30;
const TAIL = 16;

interface Box {
  readonly name: string;
  readonly detail: string;
  readonly share: number;
  readonly isInput: boolean;
  readonly from: readonly number[];
}

function describeBox(layer: LayerFacts, total: number): Box {
  const what = layer.op === '' ? layer.kinds.join(', ') : layer.op;
  const cost = layer.constraints > 0 ? ` · ${formatCount(layer.constraints)}` : '';
  return {
    name: layer.name,
    detail: `${what} · ${layer.shape.join('×') || 'one number'}${cost}`,
    share: total === 0 ? 0 : layer.constraints / total,
    isInput: layer.op === 'input',
    from: layer.from,
  };
}

/** Takes the middle of a long model together. */
function shorten(boxes: readonly Box[]): Box[] {
  if (boxes.length <= HEAD + TAIL + 1) return [...boxes];
  const hidden = boxes.slice(HEAD, -TAIL);
  const place = (at: number) => (at < HEAD ? at : at < boxes.length - TAIL ? HEAD : at - hidden.length + 1);
  const middle: Box = {
    name: `… ${formatCount(hidden.length)} more layers`,
    detail: 'not drawn',
    share: hidden.reduce((sum, { share }) => sum + share, 0),
    isInput: false,
    from: hidden.flatMap(({ from }) => from),
  };
  return [...boxes.slice(0, HEAD), middle, ...boxes.slice(-TAIL)].map((box, i) => ({
    ...box,
    from: [...new Set(box.from.map(place))].filter((source) => source !== i),
  }));
}

/** The integer model as boxes in the order of computation, with what feeds what. */
export function drawGraph(layers: readonly LayerFacts[], totalConstraints: number): Html {
  const boxes = shorten(layers.map((layer) => describeBox(layer, totalConstraints)));
  const level: number[] = [];
  for (const [i, { from }] of boxes.entries()) level[i] = from.reduce((most, at) => Math.max(most, level[at] + 1), 0);
  const filled: number[] = [];
  const column = boxes.map((_, i) => {
    const at = filled[level[i]] ?? 0;
    filled[level[i]] = at + 1;
    return at;
  });
  const columns = Math.max(1, ...filled);
  const x = (i: number) => column[i] * (BOX.width + GAP.x) + 1;
  const y = (i: number) => level[i] * (BOX.height + GAP.y) + 1;
  const passes = boxes.some(({ from }, i) => from.some((source) => level[i] - level[source] > 1));
  const edges = boxes.flatMap(({ from }, i) =>
    from.map((source) => {
      const jumps = level[i] - level[source] > 1;
      if (!jumps) {
        const [x1, y1, x2, y2] = [x(source) + BOX.width / 2, y(source) + BOX.height, x(i) + BOX.width / 2, y(i)];
        const middle = (y1 + y2) / 2;
        return html`<path class="edge" d="M${px(x1)} ${px(y1)}C${px(x1)} ${px(middle)} ${px(x2)} ${px(middle)} ${px(x2)} ${px(y2 - 5)}" marker-end="url(#arrow)"/>
`;
      }
      const [x1, x2] = [x(source) + BOX.width, x(i) + BOX.width];
      const [y1, y2] = [y(source) + BOX.height / 2, y(i) + BOX.height / 2];
      const far = Math.max(x1, x2) + SIDE - 8;
      return html`<path class="edge" d="M${px(x1)} ${px(y1)}C${px(far)} ${px(y1)} ${px(far)} ${px(y2)} ${px(x2 + 5)} ${px(y2)}" marker-end="url(#arrow)"/>
`;
    }),
  );
  const drawn = boxes.map(
    ({ name, detail, share, isInput }, i) => html`<g><title>${name}: ${detail}</title>
<rect class="${isInput ? 'box input' : 'box'}" x="${x(i)}" y="${y(i)}" width="${BOX.width}" height="${BOX.height}" rx="6"/>
<rect class="first" x="${x(i) + 10}" y="${y(i) + BOX.height - 9}" width="${px(share * (BOX.width - 20))}" height="4" rx="1"/>
<text class="strong" x="${x(i) + 10}" y="${y(i) + 19}">${cut(name, 26)}</text><text class="small" x="${x(i) + 10}" y="${y(i) + 36}">${cut(detail, 34)}</text></g>
`,
  );
  const width = columns * (BOX.width + GAP.x) - GAP.x + 2 + (passes ? SIDE : 0);
  const height = (Math.max(0, ...level) + 1) * (BOX.height + GAP.y) - GAP.y + 2;
  const description = `${layers.length} inputs and layers in the order of computation: ${boxes.map(({ name }) => name).join(', ')}.`;
  const arrow = html`<defs><marker id="arrow" viewBox="0 0 8 8" refX="3" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>
`;
  return drawSvg('graph', { title: 'The integer model', description, width, height }, [arrow, ...edges, ...drawn]);
}
