import type { GraphBuilder, Operand } from '../../builder.js';
import { call, X } from '../../scalar.js';
import { boundsOf } from './bounds.js';
import { broadcastShapes, broadcastTo } from './broadcast.js';
import { add, apply, mul, scaleBy, sub, weightedSum } from './elementwise.js';
import { greater, greaterOrEqual } from './logic.js';

/** Digits of the quotient where the file does not say the width of the operands, or says more. */
const MOST_DIGITS = 32;

/** Width in bits of a TensorProto.DataType of integers; null for others. */
const widths: Readonly<Record<number, number>> = { 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 12: 32, 13: 64 };

/** Binary digits that a quotient of integers of this element type is computed with, at most 32. */
export function quotientDigits(elemType: number | undefined): number {
  return Math.min(MOST_DIGITS, widths[elemType ?? 0] ?? MOST_DIGITS);
}

interface Magnitude {
  readonly size: Operand;
  /** 1 where the operand is below 0; null where it never is. */
  readonly negative: Operand | null;
}

function magnitudeOf(builder: GraphBuilder, x: Operand, isUnsigned: boolean): Magnitude {
  if (isUnsigned || boundsOf(builder, x).min >= 0) return { size: x, negative: null };
  const zero: Operand = { kind: 'const', shape: [], type: 'int', data: Float64Array.of(0) };
  return { size: apply(builder, x, call('abs', X), 'int'), negative: greater(builder, zero, x) };
}

/** `flag ? -x : x`, as `x - 2·flag·x`. */
function negateWhere(builder: GraphBuilder, flag: Operand | null, x: Operand): Operand {
  if (flag === null) return x;
  return weightedSum(builder, [
    { x, factor: 1 },
    { x: mul(builder, flag, x), factor: -2 },
  ]);
}

/**
 * Quotient, towards zero, and remainder, with the sign of the dividend, of two computed tensors of integers. Exact, by long
 * division: per binary digit one comparison and one product an element. Digits that the ranges of the operands rule out cost
 * nothing in the circuit. What a zero divisor gives is not defined.
 * @param digits binary digits of the quotient, from `quotientDigits`
 */
export function divideIntegers(
  builder: GraphBuilder,
  dividend: Operand,
  divisor: Operand,
  digits: number,
  isUnsigned: boolean,
): { readonly quotient: Operand; readonly remainder: Operand } {
  const shape = broadcastShapes(dividend.shape, divisor.shape);
  const a = magnitudeOf(builder, broadcastTo(builder, dividend, shape), isUnsigned);
  const b = magnitudeOf(builder, broadcastTo(builder, divisor, shape), isUnsigned);
  let rest = a.size;
  const taken: { x: Operand; factor: number }[] = [];
  for (let digit = digits - 1; digit >= 0; digit--) {
    const part = scaleBy(builder, b.size, 2 ** digit);
    const fits = greaterOrEqual(builder, rest, part);
    rest = sub(builder, rest, mul(builder, fits, part));
    taken.push({ x: fits, factor: 2 ** digit });
  }
  const magnitude = weightedSum(builder, taken, 0, 'int', shape);
  const quotient = negateWhere(builder, b.negative, negateWhere(builder, a.negative, magnitude));
  return { quotient, remainder: negateWhere(builder, a.negative, rest) };
}

/** The remainder with the sign of the divisor, as Mod has it for integers: a remainder of the other sign moves by one divisor. */
export function floorRemainder(builder: GraphBuilder, remainder: Operand, divisor: Operand): Operand {
  const shape = broadcastShapes(remainder.shape, divisor.shape);
  const b = broadcastTo(builder, divisor, shape);
  const zero: Operand = { kind: 'const', shape: [], type: 'int', data: Float64Array.of(0) };
  const [low, high] = [greater(builder, zero, remainder), greater(builder, remainder, zero)];
  const isNegative = greater(builder, zero, b);
  // Signs differ: (r < 0) + (b < 0)·((r > 0) - (r < 0)).
  const differ = add(builder, low, mul(builder, isNegative, sub(builder, high, low)));
  return add(builder, remainder, mul(builder, differ, b));
}
