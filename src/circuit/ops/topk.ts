import { allocateElements } from '../elements.js';
import { INLINE_OPERAND_TERMS } from '../limits.js';
import type { Lowering } from '../lowering.js';
import { materialize } from '../materialize.js';
import { sumGroup } from '../row-groups.js';
import { addSum, plusWire, type Sum, subtract } from '../sums.js';
import { placeProduct } from './argmax.js';
import { placeNonNegative, signedBits } from './compare.js';
import type { Rule } from './rule.js';

interface Slot {
  readonly sum: Sum;
  readonly position: Sum;
  readonly min: number;
  readonly max: number;
}

/** One comparison of neighbours: the right one moves up where it is larger. */
interface Exchange {
  readonly slots: Slot[];
  readonly at: number;
  readonly bits: number;
}

/** k passes of neighbour exchanges from the end: each brings the next largest to the front, ties in order of position. */
export const lowerTopK: Rule<'topk'> = (lowering, node, [all]) => {
  const windows = node.windows.map((window) => Array.from(window));
  const x = materialize(lowering, all, node.layer, INLINE_OPERAND_TERMS, new Set(windows.flat()));
  const rows = windows.map((window) =>
    window.map((i, position): Slot => {
      const place: Sum = position === 0 ? new Map() : new Map([[0, position]]);
      return { sum: lowering.sumOf(x, i), position: place, min: x.min[i], max: x.max[i] };
    }),
  );
  const longest = Math.max(...windows.map((window) => window.length));
  for (let pass = 0; pass < node.k; pass++) {
    for (let back = 0; back < longest - 1 - pass; back++) {
      const exchanges: Exchange[] = [];
      for (const slots of rows) {
        const at = slots.length - 2 - back;
        if (at < pass) continue;
        const [left, right] = [slots[at], slots[at + 1]];
        const [low, high] = lowering.boundsOf(subtract(right.sum, left.sum));
        const min = Math.max(low, right.min - left.max) - 1;
        const max = Math.min(high, right.max - left.min) - 1;
        if (max < 0) continue;
        if (min >= 0) [slots[at], slots[at + 1]] = [right, left];
        else exchanges.push({ slots, at, bits: signedBits(min, max) });
      }
      exchangeAll(lowering, node.layer, exchanges);
    }
  }
  const result = allocateElements(windows.length * 2 * node.k);
  const source = lowering.listSource();
  rows.forEach((slots, w) => {
    for (let i = 0; i < node.k; i++) {
      const { sum, position, min, max } = slots[i];
      lowering.setSum(result, 2 * w * node.k + i, sum, source, min, max);
      lowering.setSum(result, (2 * w + 1) * node.k + i, position, source, 0, slots.length - 1);
    }
  });
  return result;
};

function exchangeAll(lowering: Lowering, label: string, exchanges: readonly Exchange[]): void {
  const flags: number[] = [];
  lowering.layer('compare', label, () => {
    for (const { slots, at, bits } of exchanges) {
      const lead = plusWire(subtract(slots[at + 1].sum, slots[at].sum), 0, -1);
      flags.push(placeNonNegative(lowering, sumGroup(lead, 0), [bits]));
    }
  });
  lowering.layer('exchange', label, () => {
    exchanges.forEach(({ slots, at }, e) => {
      const [left, right] = [slots[at], slots[at + 1]];
      const value = moved(lowering, flags[e], subtract(right.sum, left.sum));
      const place = moved(lowering, flags[e], subtract(right.position, left.position));
      slots[at] = {
        sum: plus(left.sum, value),
        position: plus(left.position, place),
        min: Math.max(left.min, right.min),
        max: Math.max(left.max, right.max),
      };
      slots[at + 1] = {
        sum: subtract(right.sum, value),
        position: subtract(right.position, place),
        min: Math.min(left.min, right.min),
        max: Math.min(left.max, right.max),
      };
    });
  });
}

/** `flag · difference`: a scaled flag where the difference is constant. */
function moved(lowering: Lowering, flag: number, difference: Sum): Sum {
  if (difference.size === 0) return difference;
  if (difference.size === 1 && difference.has(0)) return new Map([[flag, difference.get(0)!]]);
  const [min, max] = lowering.boundsOf(difference);
  return new Map([[placeProduct(lowering, new Map([[flag, 1]]), difference, Math.min(min, 0), Math.max(max, 0)), 1]]);
}

function plus(a: Sum, b: Sum): Sum {
  const result = new Map(a);
  addSum(result, b);
  return result;
}
