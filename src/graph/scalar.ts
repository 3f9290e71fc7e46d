/**
 * A scalar function as an expression of one variable `x`. Whole chains of element-wise operators with one dynamic input
 * (GELU as exporters decompose it, x·sigmoid(x), QuantizeLinear after a scale) fuse into one of these, so that the
 * quantizer sees one function to tabulate instead of a chain to approximate.
 */
export type ScalarFunction =
  | { readonly kind: 'x' }
  | { readonly kind: 'const'; readonly value: number }
  | { readonly kind: 'call'; readonly fn: PrimitiveName; readonly args: readonly ScalarFunction[] };

/** Rounds half to even, as ONNX Round and QuantizeLinear do. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** erf by the series below 2.5 and the continued fraction above (Abramowitz and Stegun 7.1.5, 7.1.14); error below 1e-14. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 200; n++) {
      term *= -(x * x) / n;
      const next = term / (2 * n + 1);
      sum += next;
      if (Math.abs(next) < 1e-17) break;
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / ((a + fraction) * Math.sqrt(Math.PI)));
}

/** Every primitive with its arity-checked evaluator. `step*` and `eq` give 0 or 1. */
export const primitives = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  pow: (a: number, b: number) => a ** b,
  mod: (a: number, b: number) => a - b * Math.floor(a / b),
  min: (a: number, b: number) => Math.min(a, b),
  max: (a: number, b: number) => Math.max(a, b),
  /** 1 where a > 0. */
  stepPositive: (a: number) => (a > 0 ? 1 : 0),
  /** 1 where a >= 0. */
  stepNonNegative: (a: number) => (a >= 0 ? 1 : 0),
  /** 1 where a = 0. */
  isZero: (a: number) => (a === 0 ? 1 : 0),
  /** condition ? a : b */
  select: (condition: number, a: number, b: number) => (condition !== 0 ? a : b),
  abs: (a: number) => Math.abs(a),
  neg: (a: number) => -a,
  sign: (a: number) => Math.sign(a),
  floor: (a: number) => Math.floor(a),
  ceil: (a: number) => Math.ceil(a),
  trunc: (a: number) => Math.trunc(a),
  roundHalfEven,
  /** Rounds to float32, where a model's own arithmetic did. */
  fround: (a: number) => Math.fround(a),
  exp: (a: number) => Math.exp(a),
  log: (a: number) => Math.log(a),
  sqrt: (a: number) => Math.sqrt(a),
  sigmoid: (a: number) => 1 / (1 + Math.exp(-a)),
  tanh: (a: number) => Math.tanh(a),
  erf,
  softplus: (a: number) => (a > 30 ? a : Math.log1p(Math.exp(a))),
  sin: (a: number) => Math.sin(a),
  cos: (a: number) => Math.cos(a),
  atan: (a: number) => Math.atan(a),
} satisfies Record<string, (...args: number[]) => number>;

export type PrimitiveName = keyof typeof primitives;

export const X: ScalarFunction = { kind: 'x' };

export function constant(value: number): ScalarFunction {
  return { kind: 'const', value };
}

export function call(fn: PrimitiveName, ...args: ScalarFunction[]): ScalarFunction {
  return { kind: 'call', fn, args };
}

/** Value of the function at x. */
export function evaluateScalar(fn: ScalarFunction, x: number): number {
  switch (fn.kind) {
    case 'x':
      return x;
    case 'const':
      return fn.value;
    case 'call':
      return (primitives[fn.fn] as (...args: number[]) => number)(...fn.args.map((arg) => evaluateScalar(arg, x)));
  }
}

/** The function as a closure, for many evaluations. */
export function compileScalar(fn: ScalarFunction): (x: number) => number {
  if (fn.kind === 'x') return (x) => x;
  if (fn.kind === 'const') {
    const value = fn.value;
    return () => value;
  }
  const primitive = primitives[fn.fn] as (...args: number[]) => number;
  const [a, b, c] = fn.args.map(compileScalar);
  if (c !== undefined) return (x) => primitive(a(x), b(x), c(x));
  return b === undefined ? (x) => primitive(a(x)) : (x) => primitive(a(x), b(x));
}

/** `outer(inner(x))`. */
export function composeScalar(outer: ScalarFunction, inner: ScalarFunction): ScalarFunction {
  switch (outer.kind) {
    case 'x':
      return inner;
    case 'const':
      return outer;
    case 'call':
      return { kind: 'call', fn: outer.fn, args: outer.args.map((arg) => composeScalar(arg, inner)) };
  }
}

/** Readable form, also a key for equality: `mul(x,sigmoid(x))`. */
export function formatScalar(fn: ScalarFunction): string {
  switch (fn.kind) {
    case 'x':
      return 'x';
    case 'const':
      return String(fn.value);
    case 'call':
      return `${fn.fn}(${fn.args.map(formatScalar).join(',')})`;
  }
}

export const RELU: ScalarFunction = call('max', X, constant(0));
