import type { TreesNode } from '../../graph/ir.js';
import { spread } from '../affine.js';
import { plainScale } from '../builder.js';
import type { QuantizeContext } from '../context.js';
import type { QuantValueId } from '../ir.js';
import { commonStep } from '../weights.js';

/** Bits that the sums of leaf weights are given; they cost nothing until something compares them. */
const LEAF_BITS = 18;
/** Distinct leaf weights beyond which no common step is looked for. */
const MOST_LEAF_VALUES = 1024;

/** Calibration values of the features that are compared, by feature and code. */
function sortCodes(ctx: QuantizeContext, node: TreesNode, input: QuantValueId): Map<string, number[]> {
  const seen = new Map<string, number[]>();
  const features = new Set(node.feature);
  const integers = ctx.integersOf(input);
  for (const [r, reals] of ctx.rowsOf(node.inputs[0]).entries())
    for (const feature of features) {
      const key = `${feature}:${integers[r][feature]}`;
      const known = seen.get(key);
      if (known) known.push(reals[feature]);
      else seen.set(key, [reals[feature]]);
    }
  return seen;
}

/** Digits that data has at most where it was written by hand or by an instrument. */
const DATA_DIGITS = 6;

/** Whether a number is the single that stands for one of few digits, as values of data are: 4.5951, and not 4.595099. */
function isRound(real: number): boolean {
  return Math.fround(real) === real && Math.fround(Number(real.toPrecision(DATA_DIGITS))) === real;
}

/** The least single above a single that is neither 0 nor the largest. */
function nextSingle(real: number): number {
  const single = Float32Array.of(real);
  new Int32Array(single.buffer)[0] += real > 0 ? 1 : -1;
  return single[0];
}

/**
 * Thresholds become codes. A value that rounds to the threshold's own code may lie on either side of it: where calibration
 * rows have such values (boosted trees split at values of the data), the code goes to the side that most of them are on. Where
 * they have none, a threshold that is itself a value of data, or lies just below one, takes it to its own side.
 */
export function quantizeTrees(ctx: QuantizeContext, node: TreesNode): QuantValueId {
  const input = ctx.standIn(node.inputs[0]);
  const value = ctx.value(input);
  const size = ctx.size(input);
  const scale = spread(value.scale, size);
  const zero = spread(value.zeroPoint, size);
  const seen = sortCodes(ctx, node, input);
  const threshold = node.threshold.map((real, n) => {
    const feature = node.feature[n];
    const code = real / scale[feature] + zero[feature];
    const nearest = Math.round(code);
    const same = seen.get(`${feature}:${nearest}`);
    if (same) return same.filter((x) => x <= real).length * 2 >= same.length ? nearest : nearest - 1;
    if (Math.abs(code - nearest) < 1e-7 * Math.max(1, Math.abs(code))) return nearest;
    if (isRound(real)) return nearest;
    const above = nextSingle(real);
    return isRound(above) ? Math.round(above / scale[feature] + zero[feature]) - 1 : Math.floor(code);
  });
  const reach = node.base.map((base, t) => Math.abs(base) + sumOfLargest(node, t));
  const finest =
    Math.max(
      reach.reduce((a, b) => Math.max(a, b), 0),
      Number.MIN_VALUE,
    ) /
    2 ** LEAF_BITS;
  // Counts, votes and leaf numbers share a step and stay exact: what floors or compares them counts on it.
  const unit = Math.max(finest, leafStep(node) ?? 0);
  const toCode = (real: number) => Math.round(real / unit);
  const { shape, name } = ctx.graph.values[node.output];
  return ctx.builder.add(
    {
      kind: 'trees',
      inputs: [input],
      roots: node.roots,
      feature: node.feature,
      threshold,
      yes: node.yes,
      no: node.no,
      leafWeights: node.leafWeights.map((weights) => weights.map(toCode)),
      base: node.base.map(toCode),
      layer: node.origin.name,
    },
    name,
    shape,
    plainScale(unit),
  );
}

/** The step of which every leaf weight and base is a multiple; null where there are many, or none. */
function leafStep(node: TreesNode): number | null {
  const distinct = new Set<number>(node.base);
  for (const weights of node.leafWeights) {
    for (const weight of weights) distinct.add(weight);
    if (distinct.size > MOST_LEAF_VALUES) return null;
  }
  return commonStep([...distinct]);
}

/** Sum over trees of the largest leaf weight of a target, in magnitude; an upper bound of what the sum can reach. */
function sumOfLargest(node: TreesNode, target: number): number {
  let sum = 0;
  for (const root of node.roots) {
    let largest = 0;
    const open = [root];
    while (open.length > 0) {
      const at = open.pop() as number;
      if (at < 0) largest = Math.max(largest, Math.abs(node.leafWeights[-1 - at][target]));
      else open.push(node.yes[at], node.no[at]);
    }
    sum += largest;
  }
  return sum;
}
