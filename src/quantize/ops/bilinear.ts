import type { BilinearNode, ValueId } from '../../graph/ir.js';
import { alignScales, compact, removeZeroPoint, spread, widthOf } from '../affine.js';
import { plainScale } from '../builder.js';
import type { QuantizeContext } from '../context.js';
import type { QuantValueId } from '../ir.js';
import { narrowTo } from '../narrow.js';

/** Bits that the two operands of a product may have together before the wider one is narrowed. */
const PRODUCT_WIDTH = 26;
const CONDITION_BITS = 2;

/** Operands of a product: zero point removed, narrow enough for what follows. */
function operands(ctx: QuantizeContext, node: BilinearNode): [QuantValueId, QuantValueId] {
  const layer = node.origin.name;
  const width = (from: ValueId) => widthOf(ctx.value(ctx.standIn(from)));
  const [left, right] = node.inputs;
  const isCondition = Math.min(width(left), width(right)) <= CONDITION_BITS;
  const limit = (from: ValueId, other: ValueId) => {
    const isExact = ctx.graph.values[from].type !== 'float';
    if (isCondition || isExact || width(from) + Math.min(width(other), ctx.options.productBits) <= PRODUCT_WIDTH - 6)
      return ctx.standIn(from);
    return narrowTo(ctx, from, ctx.options.productBits, layer);
  };
  const a = removeZeroPoint(ctx, limit(left, right), layer);
  const b = left === right ? a : removeZeroPoint(ctx, limit(right, left), layer);
  return [a, b];
}

/** Scale of each row where all its terms agree; null where they don't. */
function rowScales(ctx: QuantizeContext, node: BilinearNode, a: QuantValueId, b: QuantValueId): Float64Array | null {
  const scaleA = spread(ctx.value(a).scale, ctx.size(a));
  const scaleB = spread(ctx.value(b).scale, ctx.size(b));
  const rows = new Float64Array(node.start.length - 1);
  for (let row = 0; row < rows.length; row++) {
    for (let t = node.start[row]; t < node.start[row + 1]; t++) {
      const scale = scaleA[node.left[t]] * scaleB[node.right[t]];
      if (t === node.start[row]) rows[row] = scale;
      else if (Math.abs(scale / rows[row] - 1) > 1e-12) return null;
    }
  }
  return rows;
}

/** Sums of integer products; the scale of a row is the product of its operands' scales. */
export function quantizeBilinear(ctx: QuantizeContext, node: BilinearNode): QuantValueId {
  const layer = node.origin.name;
  let [a, b] = operands(ctx, node);
  let scales = rowScales(ctx, node, a, b);
  if (!scales) {
    const isSquare = a === b;
    a = alignScales(ctx, a, layer);
    b = isSquare ? a : alignScales(ctx, b, layer);
    scales = rowScales(ctx, node, a, b);
  }
  const { shape, name } = ctx.graph.values[node.output];
  const { start, left, right } = node;
  return ctx.builder.add({ kind: 'bilinear', inputs: [a, b], start, left, right, layer }, name, shape, {
    ...plainScale(1),
    scale: compact(scales as Float64Array),
  });
}
