import { sizeOf } from '../../../core/tensor.js';
import type { GraphBuilder, Operand } from '../../builder.js';
import { call, constant, X } from '../../scalar.js';
import { broadcastIndex, broadcastShapes, broadcastTo } from './broadcast.js';
import { add, apply, applyWithConstant, mul, scaleBy, sub, weightedSum } from './elementwise.js';
import { refuse } from './problem.js';

/** Constants beyond this are stand-ins for infinity. */
const HUGE = 1e30;

/** 1 where a > b. Type bool. */
export function greater(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  return apply(builder, difference(builder, a, b), call('stepPositive', X), 'bool');
}

/** 1 where a >= b. Type bool. */
export function greaterOrEqual(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  return apply(builder, difference(builder, a, b), call('stepNonNegative', X), 'bool');
}

/** 1 where a = b. Type bool. */
export function equal(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  return apply(builder, difference(builder, a, b), call('isZero', X), 'bool');
}

/** `a - b`, or what has its sign; the operand itself where b is the constant 0. */
function difference(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  const zero = b.kind === 'const' && a.kind === 'value' && b.data.every((value) => value === 0);
  if (zero) return broadcastTo(builder, a, broadcastShapes(a.shape, b.shape));
  // What is settled everywhere is a constant, so that nothing is left of a search for infinities.
  if (a.kind === 'value' && isHuge(b, true))
    return broadcastTo(builder, negate(limitHuge(b)), broadcastShapes(a.shape, b.shape));
  if (b.kind === 'value' && isHuge(a, true))
    return broadcastTo(builder, limitHuge(a), broadcastShapes(a.shape, b.shape));
  if (a.kind === 'value' && isHuge(b)) return sub(builder, mul(builder, a, maskHuge(b)), limitHuge(b));
  if (b.kind === 'value' && isHuge(a)) return sub(builder, limitHuge(a), mul(builder, b, maskHuge(a)));
  return sub(builder, a, b);
}

type Constant = Operand & { kind: 'const' };

function isHuge(x: Operand, throughout = false): x is Constant {
  if (x.kind !== 'const') return false;
  const huge = (value: number) => Math.abs(value) > HUGE;
  return throughout ? x.data.length > 0 && x.data.every(huge) : x.data.some(huge);
}

function negate(x: Constant): Constant {
  return { ...x, data: x.data.map((value) => -value) };
}

/** 0 where a comparison with the constant is settled whatever the other side is, else 1. */
function maskHuge(x: Constant): Constant {
  return { ...x, data: x.data.map((value) => (Math.abs(value) > HUGE ? 0 : 1)) };
}

/** Stand-ins for infinity as ±1. */
function limitHuge(x: Constant): Constant {
  return { ...x, data: x.data.map((value) => (Math.abs(value) > HUGE ? Math.sign(value) : value)) };
}

/** `1 - a` of a boolean. */
export function not(builder: GraphBuilder, a: Operand): Operand {
  return scaleBy(builder, a, -1, 1, 'bool');
}

export function and(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  // Nothing is true together with what never is.
  for (const one of [a, b])
    if (one.kind === 'const' && one.data.every((value) => value === 0))
      return { ...broadcastTo(builder, one, broadcastShapes(a.shape, b.shape)), type: 'bool' };
  return { ...mul(builder, a, b), type: 'bool' };
}

/** `a + b - ab`. */
export function or(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  return combine(builder, a, b, -1);
}

/** `a + b - 2ab`. */
export function xor(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  return combine(builder, a, b, -2);
}

function combine(builder: GraphBuilder, a: Operand, b: Operand, factor: number): Operand {
  const terms = [
    { x: a, factor: 1 },
    { x: b, factor: 1 },
    { x: mul(builder, a, b), factor },
  ];
  return weightedSum(builder, terms, 0, 'bool');
}

/** `condition ? a : b` element-wise: `b + condition · (a - b)`, simplified where parts are constant. */
export function where(builder: GraphBuilder, condition: Operand, a: Operand, b: Operand): Operand {
  const shape = broadcastShapes(condition.shape, a.shape, b.shape);
  const type = a.type === b.type ? a.type : 'float';
  if (condition.kind === 'const') {
    const fromA = broadcastIndex(a.shape, shape);
    const fromB = broadcastIndex(b.shape, shape);
    const offset = sizeOf(a.shape);
    const index = broadcastIndex(condition.shape, shape).map((c, i) =>
      condition.data[c] !== 0 ? fromA[i] : offset + fromB[i],
    );
    return builder.gather([a, b], index, new Float64Array(), shape, type);
  }
  for (const branch of [a, b])
    if (branch.kind === 'const' && branch.data.some((value) => Math.abs(value) > HUGE))
      return refuse(
        'a computed condition chooses a huge constant',
        'use a constant mask, or a small constant such as -100',
      );
  const isZero = (x: Operand) => x.kind === 'const' && x.data.every((value) => value === 0);
  const chosen = isZero(b)
    ? mul(builder, condition, a)
    : isZero(a)
      ? mul(builder, not(builder, condition), b)
      : add(builder, mul(builder, condition, sub(builder, a, b)), b);
  return { ...broadcastTo(builder, chosen, shape), type };
}

/** Element-wise maximum of any number of operands with broadcasting. */
export function maximum(builder: GraphBuilder, operands: readonly Operand[]): Operand {
  const shape = broadcastShapes(...operands.map((operand) => operand.shape));
  const type = operands.every((operand) => operand.type !== 'float') ? 'int' : 'float';
  const size = sizeOf(shape);
  const dynamic = operands.filter((operand) => operand.kind === 'value');
  const floor = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
  for (const operand of operands) {
    if (operand.kind !== 'const') continue;
    const source = broadcastIndex(operand.shape, shape);
    for (let i = 0; i < size; i++) floor[i] = Math.max(floor[i], operand.data[source[i]]);
  }
  if (dynamic.length === 0) return { kind: 'const', shape, type, data: floor };
  const top = dynamic.length === 1 ? broadcastTo(builder, dynamic[0], shape) : maxOf(builder, dynamic, shape);
  if (floor.every((value) => value === Number.NEGATIVE_INFINITY)) return top;
  const make = (value: number) => (value === Number.NEGATIVE_INFINITY ? X : call('max', X, constant(value)));
  return applyWithConstant(builder, top, floor, shape, make, type);
}

function maxOf(builder: GraphBuilder, dynamic: readonly Operand[], shape: readonly number[]): Operand {
  let offset = 0;
  const sources = dynamic.map((operand) => {
    const start = offset;
    offset += sizeOf(operand.shape);
    return broadcastIndex(operand.shape, shape).map((i) => i + start);
  });
  const windows = Array.from({ length: sizeOf(shape) }, (_, i) => Int32Array.from(sources, (source) => source[i]));
  return builder.max(dynamic, windows, shape);
}

/** Element-wise minimum: `-max(-x, -y, …)`, or a clip where only one operand is dynamic. */
export function minimum(builder: GraphBuilder, operands: readonly Operand[]): Operand {
  const dynamic = operands.filter((operand) => operand.kind === 'value');
  if (dynamic.length === 1 && operands.length === 2) {
    const bound = operands[operands[0].kind === 'const' ? 0 : 1];
    if (bound.kind === 'const') {
      const type = operands.every((operand) => operand.type !== 'float') ? 'int' : 'float';
      const make = (value: number) => call('min', X, constant(value));
      return applyWithConstant(builder, dynamic[0], bound.data, bound.shape, make, type);
    }
  }
  const negated = operands.map((operand) => scaleBy(builder, operand, -1));
  return scaleBy(builder, maximum(builder, negated), -1);
}

/** A constant mask with -Infinity written as a huge negative number, which a softmax recognizes and takes out. */
export function limitMask(x: Operand): Operand {
  if (x.kind !== 'const' || !x.data.includes(Number.NEGATIVE_INFINITY)) return x;
  return { ...x, data: x.data.map((value) => (value === Number.NEGATIVE_INFINITY ? -3e38 : value)) };
}
