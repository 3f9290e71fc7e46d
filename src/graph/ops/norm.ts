import { type Shape, sizeOf } from '../../core/tensor.js';
import type { Operand } from '../builder.js';
import { call, constant, type ScalarFunction, X } from '../scalar.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { add, apply, mul, reciprocal, scaleBy, sub, weightedSum } from './support/elementwise.js';
import { reduceMean, reduceSum, reduceSumSquare } from './support/reduce.js';
import { normalizeAxis, reshape } from './support/shape.js';
import { splitChannels } from './support/windows.js';

const axesFrom = (x: Operand, first: number) => x.shape.map((_, axis) => axis).slice(first);

/** `1 / sqrt(v + ε)`. */
function inverseRoot(epsilon: number): ScalarFunction {
  return call('div', constant(1), call('sqrt', call('add', X, constant(epsilon))));
}

/** A vector of one number per channel, shaped to broadcast over `[N, C, …]`. */
function perChannel(vector: Operand, rank: number): Operand {
  return reshape(vector, [sizeOf(vector.shape), ...new Array<number>(Math.max(0, rank - 2)).fill(1)]);
}

const batchNormalization: ImportRule = (context) => {
  const builder = context.builder;
  const x = context.input(0);
  if (context.int('training_mode', 0) !== 0) return trainingNormalization(context, x);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => perChannel(context.input(i), x.shape.length));
  const inverse = apply(builder, variance, inverseRoot(context.float('epsilon', 1e-5)));
  const factor = mul(builder, scale, inverse);
  const offset = sub(builder, bias, mul(builder, mean, factor));
  return add(builder, mul(builder, x, factor), offset);
};

/** `(x - mean) / sqrt(variance + ε)` over `axes`, and its parts. */
function standardize(context: RuleContext, x: Operand, axes: readonly number[], epsilon: number) {
  const builder = context.builder;
  const mean = reduceMean(builder, x, axes, true);
  const centered = sub(builder, x, mean);
  const count = sizeOf(axes.map((axis) => x.shape[axis]));
  const variance = scaleBy(builder, reduceSumSquare(builder, centered, axes, true), 1 / count, 0, 'float');
  const inverse = apply(builder, variance, inverseRoot(epsilon));
  return { mean, variance, inverse, normal: mul(builder, centered, inverse) };
}

/** `y · scale + bias`, either left out where the model does. */
function affine(context: RuleContext, y: Operand, scale: Operand | undefined, bias: Operand | undefined): Operand {
  const scaled = scale === undefined ? y : mul(context.builder, y, scale);
  return bias === undefined ? scaled : add(context.builder, scaled, bias);
}

/** Normalizes by the statistics of the row that is proved, as a model exported in training mode does. */
function trainingNormalization(context: RuleContext, x: Operand): (Operand | undefined)[] {
  context.scope.warn(
    'BatchNormalization in training mode normalizes by the statistics of the input itself',
    'export the model in inference mode (model.eval()) unless that is meant',
  );
  const { builder } = context;
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const { mean, variance, normal } = standardize(context, x, axes, context.float('epsilon', 1e-5));
  const [scale, bias] = [1, 2].map((i) => perChannel(context.input(i), x.shape.length));
  const momentum = context.float('momentum', 0.9);
  const running = (output: number, index: number, seen: Operand) => {
    if (!context.wants(output)) return undefined;
    const before = context.input(index);
    return weightedSum(builder, [
      { x: before, factor: momentum },
      { x: reshape(seen, before.shape), factor: 1 - momentum },
    ]);
  };
  return [affine(context, normal, scale, bias), running(1, 3, mean), running(2, 4, variance)];
}

const layerNormalization: ImportRule = (context) => {
  const x = context.input(0);
  const axes = axesFrom(x, normalizeAxis(context.int('axis', -1), x.shape.length));
  const { mean, inverse, normal } = standardize(context, x, axes, context.float('epsilon', 1e-5));
  const y = affine(context, normal, context.optional(1), context.optional(2));
  return [y, context.wants(1) ? mean : undefined, context.wants(2) ? inverse : undefined];
};

const instanceNormalization: ImportRule = (context) => {
  const x = context.input(0);
  const { normal } = standardize(context, x, axesFrom(x, 2), context.float('epsilon', 1e-5));
  const rank = x.shape.length;
  return affine(context, normal, perChannel(context.input(1), rank), perChannel(context.input(2), rank));
};

const groupNormalization: ImportRule = (context) => {
  const x = context.input(0);
  const { batch, channels, spatial } = splitChannels(x.shape);
  const groups = context.int('num_groups', 1);
  if (channels % groups !== 0) context.unsupported(`${channels} channels in ${groups} groups`);
  const grouped = reshape(x, [batch, groups, channels / groups, ...spatial]);
  const { normal } = standardize(context, grouped, axesFrom(grouped, 2), context.float('epsilon', 1e-5));
  const parameter = (index: number) => {
    const vector = context.input(index);
    const wide: Shape =
      sizeOf(vector.shape) === groups && groups !== channels ? [groups, 1] : [groups, channels / groups];
    return reshape(vector, [...wide, ...spatial.map(() => 1)]);
  };
  return reshape(affine(context, normal, parameter(1), parameter(2)), x.shape);
};

const lpNormalization: ImportRule = (context) => {
  const builder = context.builder;
  const x = context.input(0);
  const axes = [normalizeAxis(context.int('axis', -1), x.shape.length)];
  const p = context.int('p', 2);
  if (p !== 1 && p !== 2) context.unsupported(`p = ${p}`, 'p = 1 and p = 2 are supported');
  const sum =
    p === 1
      ? reduceSum(builder, apply(builder, x, call('abs', X)), axes, true)
      : reduceSumSquare(builder, x, axes, true);
  const inverse = p === 1 ? reciprocal(builder, sum) : apply(builder, sum, inverseRoot(0));
  return mul(builder, x, inverse);
};

/** `x / sqrt(mean(x²) + ε) · scale`. */
const rmsNormalization: ImportRule = (context) => {
  const builder = context.builder;
  const x = context.input(0);
  const axes = axesFrom(x, normalizeAxis(context.int('axis', -1), x.shape.length));
  const count = sizeOf(axes.map((axis) => x.shape[axis]));
  const square = scaleBy(builder, reduceSumSquare(builder, x, axes, true), 1 / count, 0, 'float');
  const inverse = apply(builder, square, inverseRoot(context.float('epsilon', 1e-5)));
  return affine(context, mul(builder, x, inverse), context.optional(1), undefined);
};

const meanVarianceNormalization: ImportRule = (context) => {
  const x = context.input(0);
  const axes = (context.ints('axes') ?? [0, 2, 3]).map((axis) => normalizeAxis(axis, x.shape.length));
  return standardize(context, x, axes, 1e-9).normal;
};

/** `x / (k + α/size · Σ x²)^β`, the sum over neighbouring channels. */
const lrn: ImportRule = (context) => {
  const builder = context.builder;
  const x = context.input(0);
  const { batch, channels, area } = splitChannels(x.shape);
  const size = context.int('size', 1);
  const squares = mul(builder, x, x);
  const kernel = new Float64Array(size).fill(context.float('alpha', 1e-4) / size);
  const windows = Array.from({ length: batch * channels * area }, (_, i) => {
    const channel = Math.floor(i / area) % channels;
    const first = channel - Math.floor((size - 1) / 2);
    return Int32Array.from({ length: size }, (_, t) =>
      first + t >= 0 && first + t < channels ? i + (first + t - channel) * area : -1,
    );
  });
  const rowWindow = Int32Array.from(windows, (_, row) => row);
  const bias = new Float64Array(windows.length).fill(context.float('bias', 1));
  const map = { windows, kernels: [kernel], rowWindow, rowKernel: new Int32Array(windows.length), bias };
  const power = call('pow', X, constant(-context.float('beta', 0.75)));
  return mul(builder, x, apply(builder, builder.linear([squares], map, x.shape), power));
};

export const normRules: RuleRecord = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LpNormalization: lpNormalization,
  RMSNormalization: rmsNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  LRN: lrn,
};
