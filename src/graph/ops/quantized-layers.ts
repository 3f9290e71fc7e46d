import { sizeOf } from '../../core/tensor.js';
import type { ConstOperand, Operand } from '../builder.js';
import type { ScalarFunction } from '../scalar.js';
import { poolRules } from './pool.js';
import { centre, perColumn, perRow, scalarOr } from './quantized.js';
import { boundsOf, dequantizeFunction, quantizeFunction } from './quantized-parameters.js';
import { lstmWith } from './rnn.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { aliasOf } from './support/deferred.js';
import { add, apply, scaleByTensor } from './support/elementwise.js';
import { matmul } from './support/matmul.js';
import { normalizeAxis, transpose } from './support/shape.js';
import { buildSoftmax } from './support/softmax.js';

/** Inputs of these kernels: X, X_scale, X_zero_point, Y_scale, Y_zero_point. They compute on reals and round once. */
function onReals(context: RuleContext, build: (x: Operand) => Operand): Operand {
  const inner = dequantizeFunction(scalarOr(context, 1, 'X_scale', 1), scalarOr(context, 2, 'X_zero_point', 0));
  const real = build(apply(context.builder, context.input(0), inner));
  const outer: ScalarFunction = quantizeFunction(
    scalarOr(context, 3, 'Y_scale', 1),
    scalarOr(context, 4, 'Y_zero_point', 0),
    boundsOf(context, 4),
  );
  return apply(context.builder, real, outer, 'int');
}

const qLinearAveragePool: ImportRule = (context) => {
  if (context.int('channels_last', 0) !== 0) return context.unsupported('channels_last', 'export with channels first');
  return onReals(context, (x) => poolRules.AveragePool(context.withInput(0, x)) as Operand);
};

const qLinearSoftmax: ImportRule = (context) =>
  onReals(context, (x) => {
    const axis = normalizeAxis(context.int('axis', -1), x.shape.length);
    const old = context.int('opset', 13) < 13;
    return buildSoftmax(context, x, old ? x.shape.map((_, a) => a).slice(axis) : axis);
  });

/** `(q - zeroPoint) · scale` of constant weights, one pair for all or one per slice of the last axis of a direction. */
function dequantizeWeights(context: RuleContext, weights: ConstOperand, scaleAt: number, zeroAt: number): Operand {
  const scale = context.constant(scaleAt, 'the scale of the weights').data;
  const zero = context.has(zeroAt) ? context.constant(zeroAt, 'the zero point').data : new Float64Array(scale.length);
  const directions = weights.shape.length === 3 ? weights.shape[0] : 1;
  const columns = weights.shape[weights.shape.length - 1];
  const perDirection = sizeOf(weights.shape) / directions;
  const entry = (i: number, count: number) => {
    const direction = Math.floor(i / perDirection);
    if (count === 1) return 0;
    return count === directions ? direction : direction * columns + (i % columns);
  };
  if (![1, directions, directions * columns].includes(scale.length))
    return context.unsupported(`${scale.length} scales for ${directions} × ${columns} columns of weights`);
  const data = weights.data.map((q, i) =>
    Math.fround((q - zero[entry(i, zero.length)]) * scale[entry(i, scale.length)]),
  );
  return { ...weights, type: 'float', data };
}

function warnDynamic(context: RuleContext): void {
  context.scope.warn(
    'dynamic quantization becomes static: outputs differ from the original within its rounding error',
    'export the float model for the best accuracy',
  );
}

/** As LSTM with quantized W `[D, I, 4H]` and R `[D, H, 4H]`; inputs 8 to 11 are their scales and zero points. */
const dynamicQuantizeLstm: ImportRule = (context) => {
  warnDynamic(context);
  const weight = (index: number, scaleAt: number, zeroAt: number) => {
    const real = dequantizeWeights(context, context.constant(index, 'the weights'), scaleAt, zeroAt);
    return transpose(context.builder, real, [0, 2, 1]) as ConstOperand;
  };
  return lstmWith(context, { w: weight(1, 8, 9), r: weight(2, 10, 11) });
};

/** Inputs: A (real), B, b_scale, b_zero_point, bias. */
const dynamicQuantizeMatMul: ImportRule = (context) => {
  warnDynamic(context);
  const b = dequantizeWeights(context, context.constant(1, 'B'), 2, 3);
  const product = matmul(context.builder, context.input(0), b);
  return context.has(4) ? add(context.builder, product, context.input(4)) : product;
};

/** Inputs: A, B, a_scale, b_scale, a_zero_point, b_zero_point, bias; the result is real. */
const matMulIntegerToFloat: ImportRule = (context) => {
  const { builder } = context;
  const a = centre(context, context.input(0), 4, perRow);
  const b = centre(context, context.input(1), 5, perColumn);
  const product = matmul(builder, a, b);
  const scaleA = scalarOr(context, 2, 'a_scale', 1);
  const factors = context.constant(3, 'b_scale').data.map((scale) => Math.fround(scaleA * scale));
  const real = aliasOf(scaleByTensor(builder, product, factors, [factors.length], 'float'), product.shape);
  return context.has(6) ? add(builder, real, context.input(6)) : real;
};

/** Layers that onnxruntime's quantizer writes as one node. */
export const quantizedLayerRules: RuleRecord = {
  'com.microsoft.QLinearAveragePool': qLinearAveragePool,
  'com.microsoft.QLinearSoftmax': qLinearSoftmax,
  'com.microsoft.DynamicQuantizeLSTM': dynamicQuantizeLstm,
  'com.microsoft.DynamicQuantizeMatMul': dynamicQuantizeMatMul,
  'com.microsoft.MatMulIntegerToFloat': matMulIntegerToFloat,
};
