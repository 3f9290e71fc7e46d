import { sizeOf } from '../../core/tensor.js';
import type { Operand } from '../builder.js';
import { call, constant, RELU, type ScalarFunction, X } from '../scalar.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { deferSoftmax } from './support/deferred.js';
import { add, apply, applyWithConstant, mul } from './support/elementwise.js';
import { normalizeAxis } from './support/shape.js';
import { buildLogSoftmax, buildSoftmax } from './support/softmax.js';

const c = constant;
const plus = (a: ScalarFunction, b: ScalarFunction) => call('add', a, b);
const minus = (a: ScalarFunction, b: ScalarFunction) => call('sub', a, b);
const times = (a: ScalarFunction, b: ScalarFunction) => call('mul', a, b);
const over = (a: ScalarFunction, b: ScalarFunction) => call('div', a, b);
const clamp01 = (a: ScalarFunction) => call('min', call('max', a, c(0)), c(1));
/** `x > 0 ? positive : negative`. */
const bySign = (positive: ScalarFunction, negative: ScalarFunction) =>
  call('select', call('stepPositive', X), positive, negative);
const expMinus1 = (a: ScalarFunction) => minus(call('exp', a), c(1));

const SELU_ALPHA = 1.6732631921768188;
const SELU_GAMMA = 1.0507010221481323;

/** `max(x, 0) + slope · min(x, 0)`. */
export function leakyFunction(slope: number): ScalarFunction {
  return slope === 0 ? RELU : plus(RELU, times(c(slope), call('min', X, c(0))));
}

export function geluFunction(approximate: string): ScalarFunction {
  const inner =
    approximate === 'tanh'
      ? call('tanh', times(c(Math.sqrt(2 / Math.PI)), plus(X, times(c(0.044715), times(X, times(X, X))))))
      : call('erf', over(X, c(Math.SQRT2)));
  return times(times(X, c(0.5)), plus(c(1), inner));
}

const fixed =
  (make: (context: RuleContext) => ScalarFunction): ImportRule =>
  (context) =>
    apply(context.builder, context.input(0), make(context));

const prelu: ImportRule = (context) => {
  const builder = context.builder;
  const x = context.input(0);
  const slope = context.input(1);
  if (slope.kind === 'const') return applyWithConstant(builder, x, slope.data, slope.shape, leakyFunction, x.type);
  const negative = apply(builder, x, call('min', X, c(0)));
  return add(builder, apply(builder, x, RELU), mul(builder, negative, slope));
};

/** Axes of a softmax: one from opset 13 on, before it all from `axis` to the last. */
function softmaxAxes(context: RuleContext, x: Operand): number[] {
  const rank = x.shape.length;
  if (context.version >= 13) return [normalizeAxis(context.int('axis', -1), rank)];
  const first = normalizeAxis(context.int('axis', 1), rank);
  return x.shape.map((_, axis) => axis).slice(first);
}

const softmaxLike =
  (kind: 'softmax' | 'log-softmax'): ImportRule =>
  (context) => {
    const x = context.input(0);
    const axes = softmaxAxes(context, x);
    const origin = context.builder.origin;
    const build = () => {
      const current = context.builder.origin;
      context.builder.origin = origin;
      const built = kind === 'softmax' ? buildSoftmax(context, x, axes) : buildLogSoftmax(context, x, axes);
      context.builder.origin = current;
      return built;
    };
    const consecutive = sizeOf(x.shape.slice((axes.at(-1) ?? 0) + 1)) === 1;
    if (!consecutive) return build();
    return deferSoftmax(x, kind, build, sizeOf(axes.map((axis) => x.shape[axis])));
  };

export const activationRules: RuleRecord = {
  Relu: (context) => {
    const x = context.input(0);
    return apply(context.builder, x, RELU, x.type);
  },
  LeakyRelu: fixed((context) => leakyFunction(context.float('alpha', 0.01))),
  PRelu: prelu,
  Sigmoid: fixed(() => call('sigmoid', X)),
  Tanh: fixed(() => call('tanh', X)),
  Softplus: fixed(() => call('softplus', X)),
  Softsign: fixed(() => over(X, plus(c(1), call('abs', X)))),
  Elu: fixed((context) => bySign(X, times(c(context.float('alpha', 1)), expMinus1(X)))),
  Selu: fixed((context) => {
    const negative = times(c(context.float('alpha', SELU_ALPHA)), expMinus1(X));
    return times(c(context.float('gamma', SELU_GAMMA)), bySign(X, negative));
  }),
  Celu: fixed((context) => {
    const alpha = c(context.float('alpha', 1));
    return bySign(X, times(alpha, expMinus1(over(X, alpha))));
  }),
  ThresholdedRelu: fixed((context) =>
    call('select', call('stepPositive', minus(X, c(context.float('alpha', 1)))), X, c(0)),
  ),
  HardSigmoid: fixed((context) =>
    clamp01(plus(times(c(context.float('alpha', 0.2)), X), c(context.float('beta', 0.5)))),
  ),
  HardSwish: fixed(() => times(X, clamp01(plus(over(X, c(6)), c(0.5))))),
  Swish: fixed((context) => times(X, call('sigmoid', times(c(context.float('alpha', 1)), X)))),
  Mish: fixed(() => times(X, call('tanh', call('softplus', X)))),
  Gelu: fixed((context) => geluFunction(context.text('approximate', 'none'))),
  Shrink: fixed((context) => {
    const [bias, lambda] = [c(context.float('bias', 0)), c(context.float('lambd', 0.5))];
    const upper = call('select', call('stepPositive', minus(X, lambda)), minus(X, bias), c(0));
    return call('select', call('stepPositive', minus(call('neg', X), lambda)), plus(X, bias), upper);
  }),
  Softmax: softmaxLike('softmax'),
  LogSoftmax: softmaxLike('log-softmax'),
};
