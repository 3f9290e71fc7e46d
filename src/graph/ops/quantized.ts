import { formatShape, sizeOf } from '../../core/tensor.js';
import { type ConstOperand, constOperand, type GraphBuilder, type Operand } from '../builder.js';
import { InternTable, KeyedTable } from '../intern.js';
import { roundHalfEven, type ScalarFunction } from '../scalar.js';
import { buildConv } from './conv.js';
import {
  boundsOf,
  type IntegerBounds,
  quantizeFunction,
  readParameters,
  requantizeFunction,
} from './quantized-parameters.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { aliasOf } from './support/deferred.js';
import { add, weightedSum } from './support/elementwise.js';
import { matmul } from './support/matmul.js';
import { readSliding, splitChannels } from './support/windows.js';

/** A function per element, shared where the parameters are equal. */
function applyEach(
  builder: GraphBuilder,
  x: Operand,
  key: (element: number) => string,
  make: (element: number) => ScalarFunction,
): Operand {
  const functions = new KeyedTable<ScalarFunction>();
  const which = Int32Array.from({ length: sizeOf(x.shape) }, (_, i) => functions.add(key(i), () => make(i)));
  return builder.unary(x, functions.items, functions.items.length === 1 ? null : which, 'int');
}

/** `saturate(roundHalfEven(x / scale) + zeroPoint)`. */
export const quantizeLinear: ImportRule = (context) => {
  const x = context.input(0);
  const { scale, zeroPoint, entry } = readParameters(context, 1, x.shape);
  const bounds = boundsOf(context, 2, context.int('output_dtype', 0) || 2);
  return applyEach(
    context.builder,
    x,
    (i) => `${scale[entry[i]]}/${zeroPoint[entry[i]]}`,
    (i) => quantizeFunction(scale[entry[i]], zeroPoint[entry[i]], bounds),
  );
};

/** `(x - zeroPoint) · scale`; constants are dequantized in float32. */
export const dequantizeLinear: ImportRule = (context) => {
  const x = context.input(0);
  const { scale, zeroPoint, entry } = readParameters(context, 1, x.shape);
  if (x.kind === 'const') {
    const data = x.data.map((q, i) => Math.fround(Math.fround(q - zeroPoint[entry[i]]) * scale[entry[i]]));
    return constOperand({ shape: x.shape, type: 'float', data });
  }
  const kernels = new InternTable<Float64Array>();
  const size = sizeOf(x.shape);
  const map = {
    windows: Array.from({ length: size }, (_, i) => Int32Array.of(i)),
    rowWindow: Int32Array.from({ length: size }, (_, i) => i),
    rowKernel: entry.map((e) => kernels.add(Float64Array.of(scale[e]))),
    kernels: kernels.items,
    bias: Float64Array.from(entry, (e) => -zeroPoint[e] * scale[e]),
  };
  return context.builder.linear([x], map, x.shape, 'float');
};

/** A single number of an input, or 0 where it is omitted. */
export function scalarOr(context: RuleContext, index: number, what: string, fallback: number): number {
  return context.optionalScalar(index, what) ?? fallback;
}

/** `x - zeroPoint` with the zero point (input `index`) broadcast from `shapeOf` its own shape; integers. */
export function centre(
  context: RuleContext,
  x: Operand,
  index: number,
  shapeOf: (count: number) => readonly number[],
): Operand {
  if (!context.has(index)) return x;
  const zero = context.constant(index, 'the zero point');
  if (zero.data.every((value) => value === 0)) return x;
  const shape = sizeOf(zero.shape) === 1 ? [] : zero.shape.length === 1 ? shapeOf(sizeOf(zero.shape)) : zero.shape;
  const offset = aliasOf(zero, shape);
  const terms = [
    { x, factor: 1 },
    { x: offset, factor: -1 },
  ];
  return weightedSum(context.builder, terms, 0, 'int', x.shape);
}

/** Zero points of A apply to rows, those of B to columns. */
export const perRow = (count: number) => [count, 1];
export const perColumn = (count: number) => [count];

const matMulInteger: ImportRule = (context) => {
  const a = centre(context, context.input(0), 2, perRow);
  const b = centre(context, context.input(1), 3, perColumn);
  return matmul(context.builder, a, b);
};

/** Requantizes an accumulator with multipliers `(x_scale · w_scale) / y_scale` in float32, one or one per `entry`. */
export function requantize(
  context: RuleContext,
  accumulator: Operand,
  scales: { x: number; w: Float64Array; y: number },
  zeroPoint: number,
  bounds: IntegerBounds,
  entry: (element: number) => number,
): Operand {
  const multipliers = scales.w.map((w) => Math.fround(Math.fround(scales.x * w) / scales.y));
  const at = (i: number) => (multipliers.length === 1 ? 0 : entry(i));
  return applyEach(
    context.builder,
    accumulator,
    (i) => String(multipliers[at(i)]),
    (i) => requantizeFunction(multipliers[at(i)], zeroPoint, bounds),
  );
}

/** Inputs: a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point. */
const qLinearMatMul: ImportRule = (context) => {
  const a = centre(context, context.input(0), 2, perRow);
  const b = centre(context, context.input(3), 5, perColumn);
  const accumulator = matmul(context.builder, a, b);
  const columns = b.shape[b.shape.length - 1];
  const scales = {
    x: scalarOr(context, 1, 'a_scale', 1),
    w: context.constant(4, 'b_scale').data,
    y: scalarOr(context, 6, 'y_scale', 1),
  };
  if (scales.w.length !== 1 && scales.w.length !== columns)
    return context.unsupported(`${scales.w.length} scales of B for ${columns} columns`);
  const zero = scalarOr(context, 7, 'y_zero_point', 0);
  return requantize(context, accumulator, scales, zero, boundsOf(context, 7), (i) => i % columns);
};

/** The accumulator of an integer convolution, without a bias. */
function convolve(context: RuleContext, x: Operand, w: Operand): Operand {
  const groups = context.int('group', 1);
  const { channels, spatial } = splitChannels(x.shape);
  if (w.shape.length !== x.shape.length || w.shape[1] * groups !== channels || w.shape[0] % groups !== 0)
    return context.unsupported(`weights ${formatShape(w.shape)} for an input of ${formatShape(x.shape)}`);
  return buildConv(context.builder, x, w, groups, readSliding(context, spatial, w.shape.slice(2)));
}

/** Filters `[M, C, …]` less their zero points, one for all or one per output channel. */
function centreFilters(context: RuleContext, w: ConstOperand, index: number): Operand {
  return centre(context, w, index, (count) => [count, ...w.shape.slice(1).map(() => 1)]);
}

/** Inputs: x, w, x_zero_point, w_zero_point. Padding is the zero point, so the accumulator pads with 0. */
const convInteger: ImportRule = (context) => {
  const x = centre(context, context.input(0), 2, perColumn);
  const w = context.constant(1, 'the weights');
  return convolve(context, x, centreFilters(context, w, 3));
};

/** Inputs: x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B. */
const qLinearConv: ImportRule = (context) => {
  const x = centre(context, context.input(0), 2, perColumn);
  const w = context.constant(3, 'the weights');
  const products = convolve(context, x, centreFilters(context, w, 5));
  const [, channels, ...area] = products.shape;
  const bias = context.has(8) ? aliasOf(context.constant(8, 'the bias'), [channels, ...area.map(() => 1)]) : undefined;
  const accumulator = bias === undefined ? products : add(context.builder, products, bias);
  const inner = sizeOf(area);
  const scales = {
    x: scalarOr(context, 1, 'x_scale', 1),
    w: context.constant(4, 'w_scale').data,
    y: scalarOr(context, 6, 'y_scale', 1),
  };
  const zero = scalarOr(context, 7, 'y_zero_point', 0);
  const channelOf = (i: number) => Math.floor(i / inner) % channels;
  return requantize(context, accumulator, scales, zero, boundsOf(context, 7), channelOf);
};

/**
 * Scale and zero point come from the tensor itself. A constant is quantized as written; a computed tensor passes as it is,
 * with scale 1 and zero point 0, and is quantized from calibration later, like every activation of a float model.
 */
const dynamicQuantizeLinear: ImportRule = (context) => {
  const x = context.input(0);
  const scalar = (value: number, type: 'int' | 'float') =>
    constOperand({ shape: [], type, data: Float64Array.of(value) });
  if (x.kind !== 'const') {
    if (context.node.outputs.some((name) => context.scope.isModelOutput(name)))
      return context.unsupported(
        'the scale is chosen from the values of each input (dynamic quantization)',
        'quantize statically, or export the float model: zkinfer quantizes it itself',
      );
    context.scope.warn(
      'dynamic quantization becomes static: outputs differ from the original within its rounding error',
      'export the float model for the best accuracy',
    );
    return [x, scalar(1, 'float'), scalar(0, 'int')];
  }
  const low = Math.min(0, ...x.data);
  const high = Math.max(0, ...x.data);
  const scale = Math.fround(Math.fround(high - low) / 255);
  const bounds = { min: 0, max: 255 };
  const zero = scale === 0 ? 0 : evaluateZeroPoint(low, scale);
  const y = context.builder.unary(x, [quantizeFunction(scale === 0 ? 1 : scale, zero, bounds)], null, 'int');
  return [y, scalar(scale, 'float'), scalar(zero, 'int')];
};

function evaluateZeroPoint(low: number, scale: number): number {
  return Math.min(255, Math.max(0, roundHalfEven(Math.fround((0 - low) / scale))));
}

/** Operators of models that were quantized before they came here. */
export const quantizedRules: RuleRecord = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  MatMulInteger: matMulInteger,
  QLinearMatMul: qLinearMatMul,
  ConvInteger: convInteger,
  QLinearConv: qLinearConv,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
};
