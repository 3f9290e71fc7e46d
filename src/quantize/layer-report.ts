import { widthOf } from './affine.js';
import type { QuantizeContext } from './context.js';
import { entryAt } from './evaluate.js';
import { dequantize } from './inputs.js';

/** One node of the float graph beside the integers that stand for it, over the calibration rows. */
export interface LayerReport {
  readonly layer: string;
  readonly op: string;
  readonly elements: number;
  /** Bits of the widest element. */
  readonly bits: number;
  /** Largest difference in real units. */
  readonly maxAbsError: number;
  /** Root mean square difference over the standard deviation of the float values; 0 for constants. */
  readonly relativeError: number;
  /** Share of codes that saturation cut at the top; null where nothing saturates. */
  readonly saturated: number | null;
}

/** Reports every node of the float graph. */
export function reportLayers(ctx: QuantizeContext): LayerReport[] {
  return ctx.graph.nodes.map((node) => {
    const id = ctx.standIn(node.output);
    const value = ctx.value(id);
    const integers = ctx.integersOf(id);
    let [error, sum, squares, count, maxAbsError] = [0, 0, 0, 0, 0];
    for (const [r, reals] of ctx.rowsOf(node.output).entries()) {
      const given = dequantize(integers[r], value);
      for (let i = 0; i < reals.length; i++) {
        const difference = Math.abs(reals[i] - given[i]);
        if (!Number.isFinite(difference)) continue;
        maxAbsError = Math.max(maxAbsError, difference);
        error += difference ** 2;
        sum += reals[i];
        squares += reals[i] ** 2;
        count++;
      }
    }
    const variance = squares / count - (sum / count) ** 2;
    return {
      layer: node.origin.name,
      op: node.origin.op,
      elements: ctx.size(id),
      bits: widthOf(value),
      maxAbsError,
      relativeError: variance > 0 ? Math.sqrt(error / count / variance) : 0,
      saturated: saturatedShare(ctx, id),
    };
  });
}

function saturatedShare(ctx: QuantizeContext, id: number): number | null {
  const node = ctx.builder.producerOf(id);
  if (node?.kind !== 'requantize') return null;
  let [cut, count] = [0, 0];
  for (const row of ctx.integersOf(id))
    for (let i = 0; i < row.length; i++) {
      if (row[i] === 2 ** entryAt(node.bits, i) - 1) cut++;
      count++;
    }
  return cut / count;
}
