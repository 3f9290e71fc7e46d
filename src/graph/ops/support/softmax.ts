import type { Operand } from '../../builder.js';
import { call, X } from '../../scalar.js';
import type { RuleContext } from '../rule.js';
import { apply, mul, reciprocal, sub } from './elementwise.js';
import { reduceMax, reduceSum } from './reduce.js';

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
  const { exponentials, sum } = shiftedExponentials(context, x, typeof axes === 'number' ? [axes] : axes);
  return mul(context.builder, exponentials, reciprocal(context.builder, sum));
}

/** `x - max - log Σ exp(x - max)`. */
export function buildLogSoftmax(context: RuleContext, x: Operand, axes: readonly number[]): Operand {
  const { shifted, sum } = shiftedExponentials(context, x, axes);
  return sub(context.builder, shifted, apply(context.builder, sum, call('log', X)));
}
