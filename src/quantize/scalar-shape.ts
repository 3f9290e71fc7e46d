import { evaluateScalar, type ScalarFunction } from '../graph/scalar.js';

/** `f(x) = slope · x + intercept`. */
export interface AffineForm {
  readonly slope: number;
  readonly intercept: number;
}

/** `f(x) = min(max(x, low), high)`; an end that is not clamped is infinite. */
export interface ClampForm {
  readonly low: number;
  readonly high: number;
}

/** A constant sub-expression's value. */
function asConstant(fn: ScalarFunction): number | null {
  if (fn.kind === 'const') return fn.value;
  if (fn.kind === 'x') return null;
  return fn.args.every((arg) => asConstant(arg) !== null) ? evaluateScalar(fn, 0) : null;
}

/** Recognises affine functions of x; null for all others. */
export function asAffine(fn: ScalarFunction): AffineForm | null {
  const constant = asConstant(fn);
  if (constant !== null) return { slope: 0, intercept: constant };
  if (fn.kind !== 'call') return { slope: 1, intercept: 0 };
  const forms = fn.args.map(asAffine);
  const [a, b] = forms;
  if (!a || (fn.args.length > 1 && !b)) return null;
  switch (fn.fn) {
    case 'neg':
      return { slope: -a.slope, intercept: -a.intercept };
    case 'add':
      return b && { slope: a.slope + b.slope, intercept: a.intercept + b.intercept };
    case 'sub':
      return b && { slope: a.slope - b.slope, intercept: a.intercept - b.intercept };
    case 'mul': {
      if (!b) return null;
      const [factor, other] = a.slope === 0 ? [a.intercept, b] : [b.intercept, a];
      if (a.slope !== 0 && b.slope !== 0) return null;
      return { slope: factor * other.slope, intercept: factor * other.intercept };
    }
    case 'div':
      return b && b.slope === 0 ? { slope: a.slope / b.intercept, intercept: a.intercept / b.intercept } : null;
    default:
      return null;
  }
}

/** Recognises chains of min and max of x with constants (Relu, Relu6, Clip); the identity clamps nothing. */
export function asClamp(fn: ScalarFunction): ClampForm | null {
  if (fn.kind === 'x') return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  if (fn.kind !== 'call' || (fn.fn !== 'max' && fn.fn !== 'min')) return null;
  const bound = asConstant(fn.args[1]) ?? asConstant(fn.args[0]);
  const inner = asClamp(asConstant(fn.args[1]) === null ? fn.args[1] : fn.args[0]);
  if (bound === null || !inner) return null;
  const clip = (value: number) => (fn.fn === 'max' ? Math.max(value, bound) : Math.min(value, bound));
  return { low: clip(inner.low), high: clip(inner.high) };
}

/** `clamp(roundHalfEven(x / scale), low, high) + offset`, as QuantizeLinear computes it. */
export interface QuantizationForm {
  readonly scale: number;
  readonly low: number;
  readonly high: number;
}

/** The arguments of a call of `fn`; null where it is another expression. */
function argumentsOf(fn: ScalarFunction, name: string): readonly ScalarFunction[] | null {
  return fn.kind === 'call' && fn.fn === name ? fn.args : null;
}

/** Recognises QuantizeLinear with one scale. */
export function asQuantization(fn: ScalarFunction): QuantizationForm | null {
  const sum = argumentsOf(fn, 'add');
  const [capped, high] = argumentsOf(sum && sum[1].kind === 'const' ? sum[0] : fn, 'min') ?? [];
  const [rounded, low] = (capped && argumentsOf(capped, 'max')) ?? [];
  const [single] = (rounded && argumentsOf(rounded, 'roundHalfEven')) ?? [];
  const [quotient] = (single && argumentsOf(single, 'fround')) ?? [];
  const [x, scale] = (quotient && argumentsOf(quotient, 'div')) ?? [];
  const [inner] = (x && argumentsOf(x, 'fround')) ?? [];
  if (inner?.kind !== 'x' || scale?.kind !== 'const' || low?.kind !== 'const' || high?.kind !== 'const') return null;
  return { scale: scale.value, low: low.value, high: high.value };
}

/** A function of x that is 1 on one side of a threshold and 0 on the other, or 1 at one point. */
export type StepForm = { readonly kind: 'positive' | 'nonNegative' | 'zero'; readonly inner: AffineForm };

/** Recognises step functions of an affine function of x. */
export function asStep(fn: ScalarFunction): StepForm | null {
  if (fn.kind !== 'call') return null;
  const kinds = { stepPositive: 'positive', stepNonNegative: 'nonNegative', isZero: 'zero' } as const;
  if (!(fn.fn in kinds)) return null;
  const inner = asAffine(fn.args[0]);
  return inner && inner.slope !== 0 ? { kind: kinds[fn.fn as keyof typeof kinds], inner } : null;
}
