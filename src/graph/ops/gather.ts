import { sizeOf, stridesOf } from '../../core/tensor.js';
import type { Operand } from '../builder.js';
import { pickSlices } from './move.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { oneHotOf } from './select.js';
import { stridedIndex } from './support/broadcast.js';
import { add, mul, scaleByTensor, sub } from './support/elementwise.js';
import { matmul } from './support/matmul.js';
import { reduceDot } from './support/reduce.js';
import { normalizeAxis, pick, reshape, takeAxis, transpose } from './support/shape.js';

/** Above this many one-hot entries a lookup by a computed index is refused. */
const MAX_ONE_HOT = 65_536;

/** Constant indices made non-negative. Refuses one outside `[-extent, extent)`. */
export function readIndices(context: RuleContext, indices: Operand & { kind: 'const' }, extent: number): number[] {
  return Array.from(indices.data, (index) => {
    if (!(index >= -extent && index < extent)) context.unsupported(`index ${index} of ${extent} entries`);
    return index < 0 ? index + extent : index;
  });
}

/** Refuses a lookup by computed indices that would need more comparisons than a circuit should have. */
export function checkDepth(context: RuleContext, indices: Operand, depth: number): void {
  const entries = sizeOf(indices.shape) * depth;
  if (entries > MAX_ONE_HOT)
    context.unsupported(
      `a lookup by computed indices needs ${entries} comparisons`,
      'make the indices constant, or feed the looked-up values as inputs',
    );
}

const gather: ImportRule = (context) => {
  const builder = context.builder;
  const data = context.input(0);
  const indices = context.input(1);
  const axis = normalizeAxis(context.int('axis', 0), data.shape.length);
  const depth = data.shape[axis];
  const shape = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
  if (indices.kind === 'const')
    return reshape(takeAxis(builder, data, axis, readIndices(context, indices, depth)), shape);
  checkDepth(context, indices, depth);
  const count = sizeOf(indices.shape);
  const outer = sizeOf(data.shape.slice(0, axis));
  const inner = sizeOf(data.shape.slice(axis + 1));
  const hot = oneHotOf(context, reshape(indices, [count]), depth);
  const rows = transpose(builder, reshape(data, [outer, depth, inner]), [1, 0, 2]);
  const picked = matmul(builder, hot, reshape(rows, [depth, outer * inner]));
  const moved = transpose(builder, reshape(picked, [count, outer, inner]), [1, 0, 2]);
  return { ...reshape(moved, shape), type: data.type };
};

const gatherElements: ImportRule = (context) => {
  const builder = context.builder;
  const data = context.input(0);
  const indices = context.input(1);
  const axis = normalizeAxis(context.int('axis', 0), data.shape.length);
  const depth = data.shape[axis];
  const strides = stridesOf(data.shape);
  const shape = indices.shape;
  const base = stridedIndex(
    shape,
    strides.map((stride, a) => (a === axis ? 0 : stride)),
    0,
  );
  if (indices.kind === 'const') {
    const along = readIndices(context, indices, depth);
    return pick(
      builder,
      data,
      base.map((source, i) => source + along[i] * strides[axis]),
      shape,
    );
  }
  checkDepth(context, indices, depth);
  const hot = oneHotOf(context, indices, depth);
  const spread = new Int32Array(base.length * depth);
  base.forEach((source, i) => {
    for (let d = 0; d < depth; d++) spread[i * depth + d] = source + d * strides[axis];
  });
  const candidates = pick(builder, data, spread, [...shape, depth]);
  return { ...reduceDot(builder, candidates, hot, [shape.length], false), type: data.type };
};

const gatherNd: ImportRule = (context) => {
  const data = context.input(0);
  const indices = context.constant(1, 'the indices');
  const batchDims = context.int('batch_dims', 0);
  const depth = indices.shape.at(-1) ?? 0;
  const strides = stridesOf(data.shape);
  const tuples = sizeOf(indices.shape.slice(0, -1));
  const perBatch = tuples / sizeOf(data.shape.slice(0, batchDims));
  const bases = Array.from({ length: tuples }, (_, n) => {
    let flat = Math.floor(n / perBatch) * (batchDims > 0 ? strides[batchDims - 1] : 0);
    for (let d = 0; d < depth; d++) {
      const extent = data.shape[batchDims + d];
      const index = indices.data[n * depth + d];
      if (!(index >= -extent && index < extent)) context.unsupported(`index ${index} of ${extent} entries`);
      flat += (index < 0 ? index + extent : index) * strides[batchDims + d];
    }
    return flat;
  });
  const tail = data.shape.slice(batchDims + depth);
  return pickSlices(context.builder, data, bases, sizeOf(tail), [...indices.shape.slice(0, -1), ...tail]);
};

const oneHot: ImportRule = (context) => {
  const builder = context.builder;
  const indices = context.input(0);
  const depth = context.constant(1, 'the depth').data[0];
  const values = context.input(2);
  const rank = indices.shape.length + 1;
  const axis = normalizeAxis(context.int('axis', -1), rank);
  checkDepth(context, indices, depth);
  const hot = oneHotOf(context, indices, depth);
  const off = pick(builder, values, Int32Array.of(0), []);
  const on = pick(builder, values, Int32Array.of(1), []);
  const span = sub(builder, on, off);
  const scaled =
    span.kind === 'const' ? scaleByTensor(builder, hot, span.data, span.shape, values.type) : mul(builder, hot, span);
  const order = Array.from({ length: rank }, (_, a) => (a === axis ? rank - 1 : a < axis ? a : a - 1));
  return transpose(builder, add(builder, scaled, off), order);
};

/** Entries of an axis where a constant condition holds. */
const compress: ImportRule = (context) => {
  const condition = Array.from(context.constant(1, 'the condition').data.keys()).filter(
    (i) => context.constant(1, 'the condition').data[i] !== 0,
  );
  const x = context.input(0);
  const axis = context.node.attributes.has('axis') ? normalizeAxis(context.int('axis', 0), x.shape.length) : undefined;
  if (axis === undefined) return pick(context.builder, x, Int32Array.from(condition), [condition.length]);
  return takeAxis(context.builder, x, axis, condition);
};

/** Positions of the entries of a constant that are not 0, one row per axis. */
const nonZero: ImportRule = (context) => {
  const x = context.constant(0, 'the tensor');
  const strides = stridesOf(x.shape);
  const found = Array.from(x.data.keys()).filter((i) => x.data[i] !== 0);
  const rows = x.shape.map((extent, axis) => found.map((i) => Math.floor(i / strides[axis]) % extent));
  return { kind: 'const', shape: [x.shape.length, found.length], type: 'int', data: Float64Array.from(rows.flat()) };
};

/** Reverses the first entries of each sequence of a batch, by constant lengths. */
const reverseSequence: ImportRule = (context) => {
  const x = context.input(0);
  const lengths = context.constant(1, 'the sequence lengths').data;
  const [batchAxis, timeAxis] = [context.int('batch_axis', 1), context.int('time_axis', 0)];
  const strides = stridesOf(x.shape);
  const index = Int32Array.from({ length: sizeOf(x.shape) }, (_, i) => {
    const time = Math.floor(i / strides[timeAxis]) % x.shape[timeAxis];
    const length = lengths[Math.floor(i / strides[batchAxis]) % x.shape[batchAxis]];
    return time < length ? i + (length - 1 - 2 * time) * strides[timeAxis] : i;
  });
  return pick(context.builder, x, index, x.shape);
};

export const gatherRules: RuleRecord = {
  Compress: compress,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  NonZero: nonZero,
  OneHot: oneHot,
  ReverseSequence: reverseSequence,
};
