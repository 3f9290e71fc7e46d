import { sizeOf } from '../../core/tensor.js';
import type { Operand } from '../builder.js';
import { call, composeScalar, constant, type ScalarFunction, X } from '../scalar.js';
import { centre, dequantizeLinear, perColumn, perRow, quantizeLinear, requantize, scalarOr } from './quantized.js';
import {
  boundsOf,
  dequantizeFunction,
  type IntegerBounds,
  quantizeFunction,
  saturate,
} from './quantized-parameters.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { aliasOf } from './support/deferred.js';
import { add, mul, scaleByTensor, weightedSum } from './support/elementwise.js';
import { matmul } from './support/matmul.js';
import { reduceSum } from './support/reduce.js';
import { concat, normalizeAxis, transpose } from './support/shape.js';

/** `clamp(roundHalfEven(x))`: these kernels add the zero point before they round. */
function roundWithin({ min, max }: IntegerBounds): ScalarFunction {
  return call('min', call('max', call('roundHalfEven', call('fround', X)), constant(min)), constant(max));
}

/** Inputs: A, A_scale, A_zero_point, B, B_scale, B_zero_point, C_scale, C_zero_point. */
const qLinearAdd: ImportRule = (context) => {
  const scaleC = scalarOr(context, 6, 'C_scale', 1);
  const ratio = (index: number) => Math.fround(scalarOr(context, index, 'the scale', 1) / scaleC);
  const [a, b] = [ratio(1), ratio(4)];
  const shift = a * scalarOr(context, 2, 'A_zero_point', 0) + b * scalarOr(context, 5, 'B_zero_point', 0);
  const terms = [
    { x: context.input(0), factor: a },
    { x: context.input(3), factor: b },
  ];
  const sum = weightedSum(context.builder, terms, scalarOr(context, 7, 'C_zero_point', 0) - shift, 'float');
  return context.builder.unary(sum, [roundWithin(boundsOf(context, 7))], null, 'int');
};

const qLinearMul: ImportRule = (context) => {
  const product = mul(
    context.builder,
    centre(context, context.input(0), 2, perColumn),
    centre(context, context.input(3), 5, perColumn),
  );
  const scale = Math.fround(scalarOr(context, 1, 'A_scale', 1) * scalarOr(context, 4, 'B_scale', 1));
  const multiplier = Math.fround(scale / scalarOr(context, 6, 'C_scale', 1));
  const real = call('fround', call('mul', X, constant(multiplier)));
  const shifted = call('add', real, constant(scalarOr(context, 7, 'C_zero_point', 0)));
  return context.builder.unary(product, [composeScalar(roundWithin(boundsOf(context, 7)), shifted)], null, 'int');
};

/** A function of the dequantized input, quantized again. Inputs: X, X_scale, X_zero_point, Y_scale, Y_zero_point. */
function quantizedUnary(make: (context: RuleContext) => ScalarFunction): ImportRule {
  return (context) => {
    const inner = dequantizeFunction(scalarOr(context, 1, 'X_scale', 1), scalarOr(context, 2, 'X_zero_point', 0));
    const outer = quantizeFunction(
      scalarOr(context, 3, 'Y_scale', 1),
      scalarOr(context, 4, 'Y_zero_point', 0),
      boundsOf(context, 4),
    );
    const fn = composeScalar(outer, composeScalar(make(context), inner));
    return context.builder.unary(context.input(0), [fn], null, 'int');
  };
}

const leakyRelu = (context: RuleContext): ScalarFunction =>
  call('select', call('stepNonNegative', X), X, call('mul', constant(context.float('alpha', 0.01)), X));

/** Inputs: Y_scale, Y_zero_point, then a tensor, its scale and its zero point, repeated. */
const qLinearConcat: ImportRule = (context) => {
  const scale = scalarOr(context, 0, 'Y_scale', 1);
  const zero = scalarOr(context, 1, 'Y_zero_point', 0);
  const bounds = boundsOf(context, 1);
  const parts: Operand[] = [];
  for (let i = 2; i + 2 < context.inputCount; i += 3) {
    const x = context.input(i);
    const [scaleX, zeroX] = [scalarOr(context, i + 1, 'the scale', 1), scalarOr(context, i + 2, 'the zero point', 0)];
    const fn = composeScalar(quantizeFunction(scale, zero, bounds), dequantizeFunction(scaleX, zeroX));
    parts.push(scaleX === scale && zeroX === zero ? x : context.builder.unary(x, [fn], null, 'int'));
  }
  return concat(context.builder, parts, normalizeAxis(context.int('axis', 0), parts[0].shape.length));
};

/** Inputs: X, X_scale, X_zero_point, Y_scale, Y_zero_point. */
const qLinearGlobalAveragePool: ImportRule = (context) => {
  if (context.int('channels_last', 0) !== 0) return context.unsupported('channels_last', 'export with channels first');
  const x = centre(context, context.input(0), 2, perColumn);
  const axes = x.shape.map((_, axis) => axis).slice(2);
  const sum = reduceSum(context.builder, x, axes, true);
  const count = sizeOf(x.shape.slice(2));
  const multiplier = scalarOr(context, 1, 'X_scale', 1) / (scalarOr(context, 3, 'Y_scale', 1) * count);
  const real = call('fround', call('mul', X, constant(multiplier)));
  const fn = saturate(real, scalarOr(context, 4, 'Y_zero_point', 0), boundsOf(context, 4));
  return context.builder.unary(sum, [fn], null, 'int');
};

/** Inputs: A, a_scale, a_zero_point, B, b_scale, b_zero_point, C, y_scale, y_zero_point; without y_scale a float result. */
const qGemm: ImportRule = (context) => {
  if (context.float('alpha', 1) !== 1) return context.unsupported('alpha other than 1');
  const { builder } = context;
  const flip = (x: Operand, name: string) => (context.int(name, 0) !== 0 ? transpose(builder, x, [1, 0]) : x);
  const a = centre(context, flip(context.input(0), 'transA'), 2, perRow);
  const b = centre(context, flip(context.input(3), 'transB'), 5, perColumn);
  const products = matmul(builder, a, b);
  const accumulator = context.has(6) ? add(builder, products, context.input(6)) : products;
  const columns = b.shape[1];
  const scaleA = scalarOr(context, 1, 'a_scale', 1);
  const scalesB = context.constant(4, 'b_scale').data;
  if (context.has(7)) {
    const scales = { x: scaleA, w: scalesB, y: scalarOr(context, 7, 'y_scale', 1) };
    const zero = scalarOr(context, 8, 'y_zero_point', 0);
    return requantize(context, accumulator, scales, zero, boundsOf(context, 8), (i) => i % columns);
  }
  const factors = scalesB.map((scale) => Math.fround(scaleA * scale));
  return aliasOf(scaleByTensor(builder, accumulator, factors, [factors.length], 'float'), accumulator.shape);
};

/** Operators that onnxruntime's own quantizer writes besides those of ONNX. */
export const microsoftRules: RuleRecord = {
  'com.microsoft.QuantizeLinear': quantizeLinear,
  'com.microsoft.DequantizeLinear': dequantizeLinear,
  'com.microsoft.QLinearAdd': qLinearAdd,
  'com.microsoft.QLinearMul': qLinearMul,
  'com.microsoft.QLinearSigmoid': quantizedUnary(() => call('sigmoid', X)),
  'com.microsoft.QLinearLeakyRelu': quantizedUnary(leakyRelu),
  'com.microsoft.QLinearConcat': qLinearConcat,
  'com.microsoft.QLinearGlobalAveragePool': qLinearGlobalAveragePool,
  'com.microsoft.QGemm': qGemm,
};
