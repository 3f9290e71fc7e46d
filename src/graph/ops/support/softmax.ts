import { sizeOf } from '../../../core/tensor.js';
import type { GraphBuilder, Operand } from '../../builder.js';
import { call, X } from '../../scalar.js';
import type { RuleContext } from '../rule.js';
import { apply, mul, reciprocal, sub } from './elementwise.js';
import { refuse } from './problem.js';
import { reduceMax, reduceSum, reduceWindows, sumWindows } from './reduce.js';
import { pick } from './shape.js';

/** A score at or below this is a mask: its exponential is 0 in float32 whatever the others are. */
const MASK_BELOW = -1e8;

/** `x - max(x)` over `axes`, its exponentials and their sum (extent 1 along `axes`). */
export function shiftedExponentials(
  context: RuleContext,
  x: Operand,
  axes: readonly number[],
): { shifted: Operand; exponentials: Operand; sum: Operand } {
  const builder = context.builder;
  const shifted = sub(builder, x, reduceMax(builder, x, axes, true));
  const exponentials = apply(builder, shifted, call('exp', X));
  return { shifted, exponentials, sum: reduceSum(builder, exponentials, axes, true) };
}

/** Softmax over one axis or several: exponentials of the distance to the maximum, times the reciprocal of their sum. */
export function buildSoftmax(context: RuleContext, x: Operand, axes: number | readonly number[]): Operand {
  const over = typeof axes === 'number' ? [axes] : axes;
  const masked = findMasked(context.builder, x);
  if (masked !== undefined) return buildMasked(context.builder, x, over, masked);
  const { exponentials, sum } = shiftedExponentials(context, x, over);
  return mul(context.builder, exponentials, reciprocal(context.builder, sum));
}

/** `x - max - log Σ exp(x - max)`. */
export function buildLogSoftmax(context: RuleContext, x: Operand, axes: readonly number[]): Operand {
  const { shifted, sum } = shiftedExponentials(context, x, axes);
  return sub(context.builder, shifted, apply(context.builder, sum, call('log', X)));
}

/** Which elements an attention mask has set to a huge negative number; undefined where there are none. */
function findMasked(builder: GraphBuilder, x: Operand): Uint8Array | undefined {
  if (x.kind === 'const') return undefined;
  const node = builder.nodes.find((candidate) => candidate.output === x.id);
  const masked = new Uint8Array(sizeOf(x.shape));
  if (node?.kind === 'gather')
    node.index.forEach((source, i) => {
      if (source < 0 && node.constants[-1 - source] <= MASK_BELOW) masked[i] = 1;
    });
  if (node?.kind === 'linear')
    node.map.bias.forEach((bias, i) => {
      if (bias <= MASK_BELOW) masked[i] = 1;
    });
  return masked.includes(1) ? masked : undefined;
}

/** Softmax of the elements that are not masked, 0 elsewhere: masked scores never enter the computation. */
function buildMasked(builder: GraphBuilder, x: Operand, axes: readonly number[], masked: Uint8Array): Operand {
  const { windows } = reduceWindows(x.shape, axes, true);
  const live: number[] = [];
  const groups: Int32Array[] = [];
  const groupOf: number[] = [];
  const place = new Int32Array(masked.length).fill(-1);
  windows.forEach((window, group) => {
    const kept = window.filter((i) => masked[i] === 0);
    if (kept.length === 0) refuse('a row of the softmax is masked completely');
    groups.push(kept.map((i) => (place[i] = live.push(i) - 1)));
    for (let n = 0; n < kept.length; n++) groupOf.push(group);
  });
  const scores = pick(builder, x, Int32Array.from(live), [live.length]);
  const spread = Int32Array.from(groupOf);
  const top = builder.max([scores], groups, [groups.length]);
  const shifted = sub(builder, scores, pick(builder, top, spread, [live.length]));
  const exponentials = apply(builder, shifted, call('exp', X));
  const sums = sumGroups(builder, exponentials, groups);
  const inverse = pick(builder, reciprocal(builder, sums), spread, [live.length]);
  return builder.gather([mul(builder, exponentials, inverse)], place, Float64Array.of(0), x.shape, 'float');
}

function sumGroups(builder: GraphBuilder, x: Operand, groups: readonly Int32Array[]): Operand {
  const widest = Math.max(...groups.map((group) => group.length));
  const windows = groups.map((group) => Int32Array.from({ length: widest }, (_, t) => group[t] ?? -1));
  return sumWindows(builder, x, { windows, shape: [groups.length], size: widest });
}
