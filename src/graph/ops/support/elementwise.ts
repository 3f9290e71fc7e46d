import { type ElementType, type Shape, shapesEqual, sizeOf } from '../../../core/tensor.js';
import type { GraphBuilder, Operand } from '../../builder.js';
import { InternTable, KeyedTable } from '../../intern.js';
import { call, constant, formatScalar, type ScalarFunction, X } from '../../scalar.js';
import { broadcastIndex, broadcastShapes } from './broadcast.js';
import { refuse } from './problem.js';

/** One summand of `weightedSum`: `factor · x`, the factor a number or one per element of the broadcast result. */
export interface Term {
  readonly x: Operand;
  readonly factor: number | Float64Array;
}

/** The type of a sum or product: int only where all are. */
export function joinTypes(...operands: readonly Operand[]): ElementType {
  return operands.every((operand) => operand.type !== 'float') ? 'int' : 'float';
}

function typeOfSum(terms: readonly Term[], bias: number): ElementType {
  const whole = Number.isInteger(bias) && terms.every(({ factor }) => Number.isInteger(factor));
  return whole ? joinTypes(...terms.map((term) => term.x)) : 'float';
}

/** `Σ factor · x + bias`, element-wise with broadcasting, as one linear node. */
export function weightedSum(
  builder: GraphBuilder,
  terms: readonly Term[],
  bias = 0,
  type: ElementType = typeOfSum(terms, bias),
  shape: Shape = broadcastShapes(...terms.map((term) => term.x.shape)),
): Operand {
  const size = sizeOf(shape);
  const sources = terms.map((term) => broadcastIndex(term.x.shape, shape));
  const offsets: number[] = [];
  terms.reduce((offset, term) => {
    offsets.push(offset);
    return offset + sizeOf(term.x.shape);
  }, 0);
  const windows = new InternTable<Int32Array>();
  const kernels = new InternTable<Float64Array>();
  const rowWindow = new Int32Array(size);
  const rowKernel = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    rowWindow[i] = windows.add(Int32Array.from(sources, (source, n) => source[i] + offsets[n]));
    rowKernel[i] = kernels.add(
      Float64Array.from(terms, ({ factor }) => (typeof factor === 'number' ? factor : factor[i])),
    );
  }
  const map = {
    windows: windows.items,
    kernels: kernels.items,
    rowWindow,
    rowKernel,
    bias: new Float64Array(size).fill(bias),
  };
  return builder.linear(
    terms.map((term) => term.x),
    map,
    shape,
    type,
  );
}

export function add(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  return weightedSum(builder, [
    { x: a, factor: 1 },
    { x: b, factor: 1 },
  ]);
}

export function sub(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  return weightedSum(builder, [
    { x: a, factor: 1 },
    { x: b, factor: -1 },
  ]);
}

/** `factor · x + offset` with numbers. */
export function scaleBy(builder: GraphBuilder, x: Operand, factor: number, offset = 0, type?: ElementType): Operand {
  return weightedSum(builder, [{ x, factor }], offset, type);
}

/** `x[i] · factors[i]`, the factors broadcast to the common shape. */
export function scaleByTensor(
  builder: GraphBuilder,
  x: Operand,
  factors: Float64Array,
  factorShape: Shape,
  type: ElementType,
): Operand {
  const shape = broadcastShapes(x.shape, factorShape);
  const factor = Float64Array.from(broadcastIndex(factorShape, shape), (i) => factors[i]);
  return weightedSum(builder, [{ x, factor }], 0, type, shape);
}

/** `a · b` element-wise: linear when one is constant, bilinear when both are dynamic. */
export function mul(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  const type = joinTypes(a, b);
  if (a.kind === 'const') return scaleByTensor(builder, b, a.data, a.shape, type);
  if (b.kind === 'const') return scaleByTensor(builder, a, b.data, b.shape, type);
  const shape = broadcastShapes(a.shape, b.shape);
  const start = Int32Array.from({ length: sizeOf(shape) + 1 }, (_, i) => i);
  const terms = { start, left: broadcastIndex(a.shape, shape), right: broadcastIndex(b.shape, shape) };
  return builder.bilinear(a, b, terms, shape, type);
}

/** One function for every element. */
export function apply(builder: GraphBuilder, x: Operand, fn: ScalarFunction, type: ElementType = 'float'): Operand {
  return fn.kind === 'x' ? x : builder.unary(x, [fn], null, type);
}

/** A function of `x` and a constant tensor, element-wise with broadcasting; equal constants share one function. */
export function applyWithConstant(
  builder: GraphBuilder,
  x: Operand,
  constants: Float64Array,
  constantShape: Shape,
  make: (value: number) => ScalarFunction,
  type: ElementType,
): Operand {
  const shape = broadcastShapes(x.shape, constantShape);
  const source = broadcastIndex(constantShape, shape);
  const functions = new KeyedTable<ScalarFunction>();
  const which = source.map((i) =>
    functions.add(Object.is(constants[i], -0) ? 0 : constants[i], () => make(constants[i])),
  );
  const wide =
    sizeOf(x.shape) === sizeOf(shape)
      ? { ...x, shape }
      : builder.gather([x], broadcastIndex(x.shape, shape), new Float64Array(), shape, x.type);
  return builder.unary(wide, functions.items, functions.items.length === 1 ? null : which, type);
}

/**
 * `a / b` element-wise; integers divide towards zero, as ONNX does.
 * @param divideWhole the quotient of computed integers, where `b` is not constant
 */
export function div(
  builder: GraphBuilder,
  a: Operand,
  b: Operand,
  divideWhole: () => Operand = () => refuse('a quotient of computed integers'),
): Operand {
  const integer = joinTypes(a, b) === 'int';
  if (b.kind === 'const') {
    if (!integer)
      return scaleByTensor(
        builder,
        a,
        b.data.map((value) => 1 / value),
        b.shape,
        'float',
      );
    return applyWithConstant(
      builder,
      a,
      b.data,
      b.shape,
      (value) => call('trunc', call('div', X, constant(value))),
      'int',
    );
  }
  if (integer) return divideWhole();
  if (a.kind === 'const')
    return applyWithConstant(builder, b, a.data, a.shape, (value) => call('div', constant(value), X), 'float');
  if (a.kind === 'value' && a.id === b.id && shapesEqual(a.shape, b.shape)) return apply(builder, a, call('div', X, X));
  return mul(builder, a, reciprocal(builder, b));
}

export function reciprocal(builder: GraphBuilder, x: Operand): Operand {
  return apply(builder, x, call('div', constant(1), X));
}

/** Two unary nodes with equal functions on one value, etc. need a key: the printed form. */
export function sameFunction(a: ScalarFunction, b: ScalarFunction): boolean {
  return formatScalar(a) === formatScalar(b);
}
