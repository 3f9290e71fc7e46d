import { type Shape, sizeOf } from '../../core/tensor.js';
import { call, constant, type ScalarFunction, X } from '../scalar.js';
import type { RuleContext } from './rule.js';
import { stridedIndex } from './support/broadcast.js';
import { normalizeAxis } from './support/shape.js';

/** Smallest and largest integer of a quantized type. */
export interface IntegerBounds {
  readonly min: number;
  readonly max: number;
}

/** By TensorProto.DataType: uint8, int8, uint16, int16, int32, uint4, int4. */
const BOUNDS: Readonly<Record<number, IntegerBounds>> = {
  2: { min: 0, max: 255 },
  3: { min: -128, max: 127 },
  4: { min: 0, max: 65535 },
  5: { min: -32768, max: 32767 },
  6: { min: -(2 ** 31), max: 2 ** 31 - 1 },
  21: { min: 0, max: 15 },
  22: { min: -8, max: 7 },
};

/** Bounds of the type that the zero point (input `index`) has, or `fallback` where it is omitted. */
export function boundsOf(context: RuleContext, index: number, fallback?: number): IntegerBounds {
  const elemType = context.has(index) ? context.elemType(index) : fallback;
  if (elemType === undefined)
    return context.unsupported('the type of the zero point is not known', 'make the zero point an initializer');
  return BOUNDS[elemType] ?? context.unsupported(`quantized type ${elemType}`, 'quantize to 8 or 16 bits');
}

/** Scale and zero point of a tensor, with the place of each element's entry. */
export interface QuantParameters {
  readonly scale: Float64Array;
  readonly zeroPoint: Float64Array;
  /** For each element of the tensor, its entry in `scale` and `zeroPoint`. */
  readonly entry: Int32Array;
}

/**
 * Reads scale (input `index`) and zero point (input `index + 1`) for a tensor of a shape: one for all, one per slice of
 * the attribute `axis`, or one per block along it.
 */
export function readParameters(context: RuleContext, index: number, shape: Shape): QuantParameters {
  const scale = context.constant(index, 'the scale');
  const zero = context.has(index + 1) ? context.constant(index + 1, 'the zero point').data : undefined;
  const zeroPoint = zero ?? new Float64Array(scale.data.length);
  if (zeroPoint.length !== scale.data.length)
    return context.unsupported(`${scale.data.length} scales and ${zeroPoint.length} zero points`);
  return { scale: scale.data, zeroPoint, entry: entriesOf(context, scale.shape, shape) };
}

function entriesOf(context: RuleContext, scaleShape: Shape, shape: Shape): Int32Array {
  const count = sizeOf(scaleShape);
  if (count === 1) return new Int32Array(sizeOf(shape));
  const axis = normalizeAxis(context.int('axis', 1), shape.length);
  const along = (step: number[]) => stridedIndex(shape, step, 0);
  const onAxis = along(shape.map((_, a) => (a === axis ? 1 : 0)));
  if (scaleShape.length === 1) {
    if (count !== shape[axis]) return context.unsupported(`${count} scales for ${shape[axis]} slices`);
    return onAxis;
  }
  const blocks = scaleShape[axis];
  const size = context.int('block_size', 0) || Math.ceil(shape[axis] / blocks);
  if (scaleShape.some((extent, a) => extent !== (a === axis ? Math.ceil(shape[a] / size) : shape[a])))
    return context.unsupported('the shape of the scale fits neither slices nor blocks');
  const strides = new Array<number>(shape.length).fill(1);
  for (let a = shape.length - 2; a >= 0; a--) strides[a] = strides[a + 1] * scaleShape[a + 1];
  const offAxis = along(strides.map((stride, a) => (a === axis ? 0 : stride)));
  return offAxis.map((base, i) => base + Math.floor(onAxis[i] / size) * strides[axis]);
}

/** `saturate(roundHalfEven(real) + zeroPoint)`, where `real` is computed in float32 as onnxruntime does. */
export function saturate(real: ScalarFunction, zeroPoint: number, { min, max }: IntegerBounds): ScalarFunction {
  const rounded = call('roundHalfEven', real);
  const clamped = call('min', call('max', rounded, constant(min - zeroPoint)), constant(max - zeroPoint));
  return zeroPoint === 0 ? clamped : call('add', clamped, constant(zeroPoint));
}

/** QuantizeLinear of one element: `saturate(x / scale)` with a float32 division. */
export function quantizeFunction(scale: number, zeroPoint: number, bounds: IntegerBounds): ScalarFunction {
  return saturate(call('fround', call('div', call('fround', X), constant(scale))), zeroPoint, bounds);
}

/** DequantizeLinear of one element, in float32. */
export function dequantizeFunction(scale: number, zero: number): ScalarFunction {
  return call('fround', call('mul', call('sub', X, constant(zero)), constant(scale)));
}

/** Requantization of an int32 accumulator: `saturate(float32(acc) · multiplier)`. */
export function requantizeFunction(multiplier: number, zeroPoint: number, bounds: IntegerBounds): ScalarFunction {
  return saturate(call('fround', call('mul', call('fround', X), constant(multiplier))), zeroPoint, bounds);
}
