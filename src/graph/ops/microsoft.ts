import type { Operand } from '../builder.js';
import { call, constant, type ScalarFunction, X } from '../scalar.js';
import { geluFunction, leakyFunction } from './activation.js';
import { convRules } from './conv.js';
import { clipFunction } from './elementwise.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { add, apply, scaleBy, weightedSum } from './support/elementwise.js';
import { matmul } from './support/matmul.js';
import { reduceSumSquare } from './support/reduce.js';
import { reshape, transpose } from './support/shape.js';

const gelu =
  (fn: ScalarFunction): ImportRule =>
  (context) => {
    const bias = context.optional(1);
    const x = context.input(0);
    return apply(context.builder, bias === undefined ? x : add(context.builder, x, bias), fn);
  };

const fusedMatMul: ImportRule = (context) => {
  const builder = context.builder;
  const side = (index: number, flag: string): Operand => {
    const x = context.input(index);
    const rank = x.shape.length;
    if (context.int(flag, 0) === 0) return x;
    return transpose(builder, x, [...x.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2));
  };
  const alpha = context.float('alpha', 1);
  const product = matmul(builder, side(0, 'transA'), side(1, 'transB'));
  return alpha === 1 ? product : scaleBy(builder, product, alpha);
};

/** The function that a fused convolution ends in. */
function fusedActivation(context: RuleContext): ScalarFunction {
  const parameters = context.floats('activation_params') ?? [];
  const name = context.text('activation', '');
  switch (name) {
    case '':
      return X;
    case 'Relu':
      return call('max', X, constant(0));
    case 'Sigmoid':
      return call('sigmoid', X);
    case 'Tanh':
      return call('tanh', X);
    case 'LeakyRelu':
      return leakyFunction(parameters[0] ?? 0.01);
    case 'Clip':
      return clipFunction(parameters[0], parameters[1]);
    default:
      return context.unsupported(`the fused activation ${name}`, 'export without fusion');
  }
}

const fusedConv: ImportRule = (context) => {
  const y = convRules.Conv(context) as Operand;
  const residual = context.optional(3);
  return apply(
    context.builder,
    residual === undefined ? y : add(context.builder, y, residual),
    fusedActivation(context),
  );
};

/** Distances between the rows of two matrices: `|a|² - 2ab + |b|²`, and its root. */
const distances: ImportRule = (context) => {
  const builder = context.builder;
  const [a, b] = [context.input(0), context.input(1)];
  const metric = context.text('metric', 'sqeuclidean');
  if (metric !== 'sqeuclidean' && metric !== 'euclidean') context.unsupported(`the metric ${metric}`);
  const squares = (x: Operand, shape: number[]) => reshape(reduceSumSquare(builder, x, [1], false), shape);
  const squared = weightedSum(builder, [
    { x: squares(a, [a.shape[0], 1]), factor: 1 },
    { x: matmul(builder, a, transpose(builder, b, [1, 0])), factor: -2 },
    { x: squares(b, [1, b.shape[0]]), factor: 1 },
  ]);
  return metric === 'sqeuclidean' ? squared : apply(builder, squared, call('sqrt', call('max', X, constant(0))));
};

/** Operators that onnxruntime's optimizer and converters write. */
export const microsoftFloatRules: RuleRecord = {
  'com.microsoft.Gelu': gelu(geluFunction('none')),
  'com.microsoft.BiasGelu': gelu(geluFunction('none')),
  'com.microsoft.FastGelu': gelu(geluFunction('tanh')),
  'com.microsoft.QuickGelu': (context) => {
    const inner = call('sigmoid', call('mul', constant(context.float('alpha', 1.702)), X));
    return apply(context.builder, context.input(0), call('mul', X, inner));
  },
  'com.microsoft.FusedMatMul': fusedMatMul,
  'com.microsoft.FusedConv': fusedConv,
  'com.microsoft.CDist': distances,
};
