import type { Operand } from '../builder.js';
import { call, X } from '../scalar.js';
import { constantOf } from './constant.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { boundsOf } from './support/bounds.js';
import { broadcastTo } from './support/broadcast.js';
import { aliasOf } from './support/deferred.js';
import { apply, scaleBy, weightedSum } from './support/elementwise.js';
import { reduceWindows } from './support/reduce.js';
import { normalizeAxis, pick } from './support/shape.js';

/** The operand that ArgMax along `axis` may read: logits stand in for their softmax, whose order is the same. */
function orderedLike(context: RuleContext, axis: number): Operand {
  const raw = context.raw(0);
  if (raw.kind === 'const' || raw.deferred === undefined) return context.input(0);
  const whole = axis === raw.shape.length - 1 && raw.shape[axis] === raw.deferred.size;
  return whole ? { ...raw, deferred: undefined, labels: undefined } : context.input(0);
}

const argExtreme =
  (sign: 1 | -1): ImportRule =>
  (context) => {
    const builder = context.builder;
    const axis = normalizeAxis(context.int('axis', 0), context.raw(0).shape.length);
    const x = sign === 1 ? orderedLike(context, axis) : scaleBy(builder, context.input(0), -1);
    const reduction = reduceWindows(x.shape, [axis], context.int('keepdims', 1) !== 0);
    return builder.argmax(x, reduction.windows, context.int('select_last_index', 0) !== 0, reduction.shape);
  };

const topK: ImportRule = (context) => {
  const builder = context.builder;
  const x = context.input(0);
  const axis = normalizeAxis(context.int('axis', -1), x.shape.length);
  const k = context.version < 10 ? context.int('k', 1) : context.constant(1, 'k').data[0];
  if (!(k >= 1 && k <= x.shape[axis])) return context.unsupported(`k = ${k} of ${x.shape[axis]} elements`);
  const largest = context.int('largest', 1) !== 0;
  const { windows } = reduceWindows(x.shape, [axis], false);
  const top = builder.topk(largest ? x : scaleBy(builder, x, -1), windows, k);
  const shape = x.shape.map((extent, a) => (a === axis ? k : extent));
  /** Output element → (window, rank): windows run over the other axes in row-major order. */
  const order = reduceWindows(shape, [axis], false).windows;
  const index = (half: number) => {
    const positions = new Int32Array(windows.length * k);
    order.forEach((elements, window) => {
      elements.forEach((element, rank) => {
        positions[element] = (window * 2 + half) * k + rank;
      });
    });
    return positions;
  };
  const values = { ...pick(builder, top, index(0), shape), type: x.type };
  return [
    largest ? values : scaleBy(builder, values, -1),
    context.wants(1) ? builder.gather([top], index(1), new Float64Array(), shape, 'int') : undefined,
  ];
};

/** `indices[…]` as one-hot rows along a new last axis of `depth`; negative indices count from the end. */
export function oneHotOf(context: RuleContext, indices: Operand, depth: number): Operand {
  const builder = context.builder;
  const shape = [...indices.shape, depth];
  const ramp = constantOf(shape, 'int', (i) => i % depth);
  const distance = weightedSum(
    builder,
    [
      { x: aliasOf(indices, [...indices.shape, 1]), factor: 1 },
      { x: ramp, factor: -1 },
    ],
    0,
    'int',
  );
  const neverNegative = boundsOf(builder, indices).min >= 0;
  const wrapped = call('isZero', call('add', X, { kind: 'const', value: depth }));
  const fn = neverNegative ? call('isZero', X) : call('max', call('isZero', X), wrapped);
  return apply(builder, distance, fn, 'int');
}

const hardmax: ImportRule = (context) => {
  const builder = context.builder;
  const x = context.input(0);
  const rank = x.shape.length;
  const first = normalizeAxis(context.int('axis', context.version >= 13 ? -1 : 1), rank);
  const axes = context.version >= 13 ? [first] : x.shape.map((_, axis) => axis).slice(first);
  const reduction = reduceWindows(x.shape, axes, true);
  const winner = builder.argmax(x, reduction.windows, false, reduction.shape);
  const position = new Float64Array(x.shape.reduce((n, extent) => n * extent, 1));
  for (const window of reduction.windows)
    window.forEach((element, t) => {
      position[element] = t;
    });
  const ramp: Operand = { kind: 'const', shape: x.shape, type: 'int', data: position };
  const distance = weightedSum(
    builder,
    [
      { x: broadcastTo(builder, winner, x.shape), factor: 1 },
      { x: ramp, factor: -1 },
    ],
    0,
    'int',
  );
  return apply(builder, distance, call('isZero', X));
};

export const selectRules: RuleRecord = {
  ArgMax: argExtreme(1),
  ArgMin: argExtreme(-1),
  TopK: topK,
  Hardmax: hardmax,
};
