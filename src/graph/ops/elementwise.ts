import type { Operand } from '../builder.js';
import { call, constant, type PrimitiveName, RELU, type ScalarFunction, X } from '../scalar.js';
import { constantOf } from './constant.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { broadcastShapes } from './support/broadcast.js';
import { divideIntegers, floorRemainder, quotientDigits } from './support/divide.js';
import {
  add,
  apply,
  applyWithConstant,
  div,
  joinTypes,
  mul,
  reciprocal,
  scaleBy,
  sub,
  weightedSum,
} from './support/elementwise.js';
import { limitMask, maximum, minimum } from './support/logic.js';

/** A rule for `fn(x)` that is real-valued. */
const unary =
  (fn: PrimitiveName): ImportRule =>
  (context) =>
    apply(context.builder, context.input(0), call(fn, X));

/** A rule for `fn(x)` that keeps integers integers. */
const typedUnary =
  (fn: PrimitiveName): ImportRule =>
  (context) => {
    const x = context.input(0);
    return apply(context.builder, x, call(fn, X), x.type);
  };

const binary =
  (build: (builder: RuleContext['builder'], a: Operand, b: Operand) => Operand): ImportRule =>
  (context) => {
    if (context.version < 7 && context.int('broadcast', 0) !== 0)
      context.unsupported('broadcasting by attribute, as before opset 7', 'convert the model to opset 7 or later');
    return build(context.builder, context.input(0), context.input(1));
  };

const pow: ImportRule = (context) => {
  const builder = context.builder;
  const x = context.input(0);
  const exponent = context.input(1);
  if (exponent.kind === 'const') {
    const power = exponent.data[0];
    const uniform = exponent.data.every((value) => value === power);
    if (uniform && x.kind === 'value' && [1, 2, 3, 4].includes(power)) {
      const wide = broadcastShapes(x.shape, exponent.shape);
      const base = wide.length === x.shape.length ? x : applyShape(x, wide);
      return integerPower(context, base, power);
    }
    const make = (value: number) => (value === 0.5 ? call('sqrt', X) : call('pow', X, constant(value)));
    return applyWithConstant(builder, x, exponent.data, exponent.shape, make, x.type);
  }
  if (x.kind === 'const')
    return applyWithConstant(builder, exponent, x.data, x.shape, (value) => call('pow', constant(value), X), x.type);
  context.scope.warn('a power of two computed values is taken as exp(b · log a), which needs a > 0');
  return apply(builder, mul(builder, exponent, apply(builder, x, call('log', X))), call('exp', X), x.type);
};

function applyShape(x: Operand, shape: readonly number[]): Operand {
  return { ...x, shape } as Operand;
}

/** x^power by products, power 1 to 4. */
function integerPower(context: RuleContext, x: Operand, power: number): Operand {
  if (power === 1) return x;
  const square = mul(context.builder, x, x);
  if (power === 2) return square;
  return mul(context.builder, square, power === 3 ? x : square);
}

const mod: ImportRule = (context) => {
  const builder = context.builder;
  const x = context.input(0);
  const divisor = context.input(1);
  const type = joinTypes(x, divisor);
  const truncated = context.int('fmod', 0) !== 0;
  const remainder = (value: number) =>
    truncated
      ? call('sub', X, call('mul', constant(value), call('trunc', call('div', X, constant(value)))))
      : call('mod', X, constant(value));
  if (divisor.kind === 'const') return applyWithConstant(builder, x, divisor.data, divisor.shape, remainder, type);
  if (type === 'float') return context.unsupported('Mod by a computed real number', 'use a constant divisor');
  const { remainder: rest } = divideComputed(context, x, divisor);
  return truncated || isUnsigned(context) ? rest : floorRemainder(builder, rest, divisor);
};

/** TensorProto.DataType of unsigned integers. */
const UNSIGNED = new Set([2, 4, 12, 13]);

function isUnsigned(context: RuleContext): boolean {
  return [0, 1].every((index) => UNSIGNED.has(context.elemType(index) ?? 0));
}

function divideComputed(context: RuleContext, a: Operand, b: Operand) {
  const digits = quotientDigits(context.elemType(0) ?? context.elemType(1));
  return divideIntegers(context.builder, a, b, digits, isUnsigned(context));
}

const divide: ImportRule = (context) => {
  const [a, b] = [context.input(0), context.input(1)];
  return div(context.builder, a, b, () => divideComputed(context, a, b).quotient);
};

const clip: ImportRule = (context) => {
  const builder = context.builder;
  const x = context.input(0);
  const bound = (name: 'min' | 'max', index: number): Operand | undefined => {
    if (context.version >= 11) return context.optional(index);
    const value = context.float(name, name === 'min' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
    return { kind: 'const', shape: [], type: 'float', data: Float64Array.of(value) };
  };
  const low = bound('min', 1);
  const high = bound('max', 2);
  if ((low === undefined || low.kind === 'const') && (high === undefined || high.kind === 'const'))
    return apply(builder, x, clipFunction(low?.data[0], high?.data[0]), x.type);
  const raised = low === undefined ? x : maximum(builder, [x, low]);
  return high === undefined ? raised : minimum(builder, [raised, high]);
};

/** `min(max(x, low), high)`; bounds that no float32 reaches are left out. */
export function clipFunction(low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY): ScalarFunction {
  const LIMIT = 3.4e38;
  const raised = low <= -LIMIT ? X : low === 0 ? RELU : call('max', X, constant(low));
  return high >= LIMIT ? raised : call('min', raised, constant(high));
}

const sum: ImportRule = (context) =>
  weightedSum(
    context.builder,
    context.inputsFrom(0).map((x) => ({ x, factor: 1 })),
  );

const mean: ImportRule = (context) => {
  const terms = context.inputsFrom(0);
  return weightedSum(
    context.builder,
    terms.map((x) => ({ x, factor: 1 / terms.length })),
    0,
    'float',
  );
};

const bitShift: ImportRule = (context) => {
  const x = context.input(0);
  const bits = context.input(1);
  const left = context.text('direction', 'LEFT') === 'LEFT';
  if (bits.kind === 'value') {
    const power = apply(context.builder, bits, call('pow', constant(left ? 2 : 0.5), X));
    const shifted = mul(context.builder, x, power);
    return left ? { ...shifted, type: 'int' } : apply(context.builder, shifted, call('floor', X), 'int');
  }
  if (left) return mul(context.builder, x, { ...bits, data: bits.data.map((n) => 2 ** n) });
  const shift = (n: number) => call('floor', call('div', X, constant(2 ** n)));
  return applyWithConstant(context.builder, x, bits.data, bits.shape, shift, 'int');
};

const half = (a: ScalarFunction) => call('mul', constant(0.5), a);
const squarePlus = (offset: number) => call('add', call('mul', X, X), constant(offset));
const asin = call('atan', call('div', X, call('sqrt', call('sub', constant(1), call('mul', X, X)))));

/** Written with the primitives there are: `tan = sin / cos`, `atanh = ½ log((1 + x) / (1 - x))` and so on. */
const trigonometry: RuleRecord = Object.fromEntries(
  Object.entries({
    Tan: call('div', call('sin', X), call('cos', X)),
    Atan: call('atan', X),
    Asin: asin,
    Acos: call('sub', constant(Math.PI / 2), asin),
    Sinh: half(call('sub', call('exp', X), call('exp', call('neg', X)))),
    Cosh: half(call('add', call('exp', X), call('exp', call('neg', X)))),
    Asinh: call('log', call('add', X, call('sqrt', squarePlus(1)))),
    Acosh: call('log', call('add', X, call('sqrt', squarePlus(-1)))),
    Atanh: half(call('log', call('div', call('add', constant(1), X), call('sub', constant(1), X)))),
  }).map(([op, fn]): [string, ImportRule] => [op, (context) => apply(context.builder, context.input(0), fn)]),
);

export const elementwiseRules: RuleRecord = {
  Add: binary((builder, a, b) => add(builder, limitMask(a), limitMask(b))),
  Sub: binary(sub),
  Mul: binary(mul),
  Div: divide,
  Pow: pow,
  Mod: mod,
  Neg: (context) => scaleBy(context.builder, context.input(0), -1),
  Sum: sum,
  Mean: mean,
  Max: (context) => maximum(context.builder, context.inputsFrom(0)),
  Min: (context) => minimum(context.builder, context.inputsFrom(0)),
  Clip: clip,
  Abs: typedUnary('abs'),
  Sign: typedUnary('sign'),
  Floor: typedUnary('floor'),
  Ceil: typedUnary('ceil'),
  Round: typedUnary('roundHalfEven'),
  Sqrt: unary('sqrt'),
  Exp: unary('exp'),
  Log: unary('log'),
  Sin: unary('sin'),
  Cos: unary('cos'),
  Erf: unary('erf'),
  ...trigonometry,
  IsNaN: (context) => constantOf(context.input(0).shape, 'bool', () => 0),
  IsInf: (context) => constantOf(context.input(0).shape, 'bool', () => 0),
  Reciprocal: (context) => reciprocal(context.builder, context.input(0)),
  BitShift: bitShift,
};
