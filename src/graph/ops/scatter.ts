import { formatShape, sizeOf, stridesOf } from '../../core/tensor.js';
import type { Operand } from '../builder.js';
import { checkDepth, readIndices } from './gather.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { oneHotOf } from './select.js';
import { stridedIndex } from './support/broadcast.js';
import { add, mul, sub } from './support/elementwise.js';
import { reduceSum } from './support/reduce.js';
import { normalizeAxis, reshape, transpose } from './support/shape.js';

/** Writes updates over data at flat positions, later writes last; `add` sums instead. */
function scatter(context: RuleContext, data: Operand, updates: Operand, targets: Int32Array): Operand {
  const builder = context.builder;
  const reduction = context.text('reduction', 'none');
  const size = sizeOf(data.shape);
  const writers: number[][] = Array.from({ length: size }, () => []);
  targets.forEach((target, i) => {
    writers[target].push(size + i);
  });
  if (reduction === 'none') {
    const index = Int32Array.from(writers, (list, i) => list.at(-1) ?? i);
    return builder.gather([data, updates], index, new Float64Array(), data.shape, data.type);
  }
  if (reduction === 'max' || reduction === 'min')
    return scatterExtreme(context, data, updates, writers, reduction === 'max' ? 1 : -1);
  if (reduction === 'mul') return scatterProducts(context, data, updates, writers);
  if (reduction !== 'add') return context.unsupported(`reduction ${reduction}`);
  const windows = writers.map((list, i) => Int32Array.of(i, ...list));
  const longest = Math.max(...windows.map((window) => window.length));
  const kernels = Array.from({ length: longest + 1 }, (_, n) => new Float64Array(n).fill(1));
  const rowWindow = Int32Array.from(windows, (_, row) => row);
  const rowKernel = Int32Array.from(windows, (window) => window.length);
  const map = { windows, kernels, rowWindow, rowKernel, bias: new Float64Array(size) };
  return builder.linear([data, updates], map, data.shape, data.type);
}

/** `data` times the updates of each element, one round for the first of every element, one for the second and so on. */
function scatterProducts(context: RuleContext, data: Operand, updates: Operand, writers: readonly number[][]): Operand {
  const { builder } = context;
  const [size, ones] = [sizeOf(data.shape), sizeOf(updates.shape)];
  const one: Operand = { kind: 'const', shape: [1], type: data.type, data: Float64Array.of(1) };
  const rounds = writers.reduce((most, list) => Math.max(most, list.length), 0);
  let product = data;
  for (let round = 0; round < rounds; round++) {
    const factor = Int32Array.from(writers, (list) => (list[round] === undefined ? ones : list[round] - size));
    const factors = builder.gather([updates, one], factor, new Float64Array(), data.shape, data.type);
    product = mul(builder, product, factors);
  }
  return product;
}

function scatterExtreme(
  context: RuleContext,
  data: Operand,
  updates: Operand,
  writers: readonly number[][],
  sign: 1 | -1,
): Operand {
  const builder = context.builder;
  const joined = { ...pickBoth(context, data, updates), type: data.type };
  const signed = sign === 1 ? joined : sub(builder, zeroOf(joined), joined);
  const windows = writers.map((list, i) => Int32Array.of(i, ...list));
  const top = builder.max([signed], windows, data.shape);
  return sign === 1 ? top : sub(builder, zeroOf(top), top);
}

function pickBoth(context: RuleContext, data: Operand, updates: Operand): Operand {
  const size = sizeOf(data.shape) + sizeOf(updates.shape);
  const index = Int32Array.from({ length: size }, (_, i) => i);
  return context.builder.gather([data, updates], index, new Float64Array(), [size], data.type);
}

const zeroOf = (x: Operand): Operand => ({ kind: 'const', shape: [], type: x.type, data: Float64Array.of(0) });

const scatterElements: ImportRule = (context) => {
  const data = context.input(0);
  const indices = context.input(1);
  const updates = context.input(2);
  const axis = normalizeAxis(context.int('axis', 0), data.shape.length);
  if (indices.kind === 'value') return scatterComputed(context, data, indices, updates, axis);
  const strides = stridesOf(data.shape);
  const along = readIndices(context, indices, data.shape[axis]);
  const base = stridedIndex(
    indices.shape,
    strides.map((stride, a) => (a === axis ? 0 : stride)),
    0,
  );
  return scatter(
    context,
    data,
    updates,
    base.map((target, i) => target + along[i] * strides[axis]),
  );
};

/**
 * As ScatterElements where the indices are computed: every update is weighed by whether its index is the element's own.
 * Without a reduction two updates of one element are not defined by ONNX.
 */
function scatterComputed(
  context: RuleContext,
  data: Operand,
  indices: Operand,
  updates: Operand,
  axis: number,
): Operand {
  const { builder } = context;
  const reduction = context.text('reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add')
    return context.unsupported(`reduction ${reduction} at computed indices`, 'make the indices constant');
  if (indices.shape.some((extent, a) => a !== axis && extent !== data.shape[a]))
    return context.unsupported('computed indices that cover a part of the other axes', 'make the indices constant');
  const depth = data.shape[axis];
  checkDepth(context, indices, depth);
  // Rows along the axis last: data [outer, depth], updates and indices [outer, count].
  const order = data.shape.map((_, a) => a).filter((a) => a !== axis);
  const rowsFirst = (x: Operand) => transpose(builder, x, [...order, axis]);
  const outer = sizeOf(data.shape) / depth;
  const count = indices.shape[axis];
  const hot = oneHotOf(context, reshape(rowsFirst(indices), [outer, count]), depth);
  const before = reshape(rowsFirst(data), [outer, 1, depth]);
  const values = reshape(rowsFirst(updates), [outer, count, 1]);
  const isZero = data.kind === 'const' && data.data.every((value) => value === 0);
  const change = reduction === 'add' || isZero ? values : sub(builder, values, before);
  const moved = reduceSum(builder, mul(builder, hot, change), [1], false);
  const after = add(builder, reshape(before, [outer, depth]), moved);
  const back = data.shape.map((_, a) => (a === axis ? data.shape.length - 1 : a < axis ? a : a - 1));
  const rows = reshape(after, [...order.map((a) => data.shape[a]), depth]);
  return { ...transpose(builder, rows, back), type: data.type };
}

const scatterNd: ImportRule = (context) => {
  const data = context.input(0);
  const indices = context.constant(1, 'the indices');
  const updates = context.input(2);
  const depth = indices.shape.at(-1) ?? 0;
  const strides = stridesOf(data.shape);
  const tuples = sizeOf(indices.shape.slice(0, -1));
  const inner = sizeOf(data.shape.slice(depth));
  if (sizeOf(updates.shape) !== tuples * inner)
    context.unsupported(`updates ${formatShape(updates.shape)} for ${tuples} slices of ${inner}`);
  const targets = new Int32Array(tuples * inner);
  for (let n = 0; n < tuples; n++) {
    let flat = 0;
    for (let d = 0; d < depth; d++) {
      const extent = data.shape[d];
      const index = indices.data[n * depth + d];
      if (!(index >= -extent && index < extent)) context.unsupported(`index ${index} of ${extent} entries`);
      flat += (index < 0 ? index + extent : index) * strides[d];
    }
    for (let i = 0; i < inner; i++) targets[n * inner + i] = flat + i;
  }
  return scatter(context, data, updates, targets);
};

export const scatterRules: RuleRecord = {
  ScatterElements: scatterElements,
  Scatter: scatterElements,
  ScatterND: scatterNd,
};
