import type { GraphBuilder, Operand } from '../builder.js';
import { call, X } from '../scalar.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { add, apply, mul, sub } from './support/elementwise.js';
import { reduceMax, reduceMean, reduceMin, reduceSum, reduceSumSquare, reduceWindows } from './support/reduce.js';
import { normalizeAxis, pick, reshape } from './support/shape.js';

type Reducer = (builder: GraphBuilder, x: Operand, axes: readonly number[], keepDims: boolean) => Operand;

/** From which opset version the axes are an input instead of an attribute. */
const AXES_INPUT: Readonly<Record<string, number>> = { ReduceSum: 13 };

/** Axes of a Reduce node; undefined where it is told to do nothing. */
function readAxes(context: RuleContext, rank: number): number[] | undefined {
  const fromInput = context.version >= (AXES_INPUT[context.node.opType] ?? 18);
  const axes = fromInput ? context.optionalInts(1, 'the axes') : context.ints('axes');
  if (axes !== undefined && axes.length > 0) return axes.map((axis) => normalizeAxis(axis, rank));
  return context.int('noop_with_empty_axes', 0) !== 0 ? undefined : Array.from({ length: rank }, (_, axis) => axis);
}

const reduce =
  (reducer: Reducer, whenNoop: (context: RuleContext, x: Operand) => Operand = (_, x) => x): ImportRule =>
  (context) => {
    const x = context.input(0);
    const axes = readAxes(context, x.shape.length);
    if (axes === undefined) return whenNoop(context, x);
    return reducer(context.builder, x, axes, context.int('keepdims', 1) !== 0);
  };

const abs = (builder: GraphBuilder, x: Operand) => apply(builder, x, call('abs', X), x.type);
const log = (builder: GraphBuilder, x: Operand) => apply(builder, x, call('log', X));

const sumOfAbs: Reducer = (builder, x, axes, keep) => reduceSum(builder, abs(builder, x), axes, keep);

const norm2: Reducer = (builder, x, axes, keep) =>
  apply(builder, reduceSumSquare(builder, x, axes, keep), call('sqrt', X));

/** `max + log Σ exp(x - max)`. */
const logSumExp: Reducer = (builder, x, axes, keep) => {
  const top = reduceMax(builder, x, axes, true);
  const exponentials = apply(builder, sub(builder, x, top), call('exp', X));
  const total = add(builder, log(builder, reduceSum(builder, exponentials, axes, true)), top);
  return reshape(total, reduceWindows(x.shape, axes, keep).shape);
};

/** Up to this many factors each gets a tensor, and so a scale, of its own: products of few and of many differ in size. */
const MOST_SEPARATE = 64;

/** Products by halves: log2(n) levels of bilinear nodes. */
const product: Reducer = (builder, x, axes, keep) => {
  const reduction = reduceWindows(x.shape, axes, keep);
  const rows = reduction.windows.length;
  if (reduction.size <= MOST_SEPARATE) {
    const factorAt = (t: number) =>
      pick(
        builder,
        x,
        Int32Array.from(reduction.windows, (window) => window[t]),
        reduction.shape,
      );
    return multiplyPairs(
      builder,
      Array.from({ length: reduction.size }, (_, t) => factorAt(t)),
    );
  }
  const gathered = new Int32Array(rows * reduction.size);
  reduction.windows.forEach((window, row) => {
    window.forEach((source, t) => {
      gathered[t * rows + row] = source;
    });
  });
  let level = pick(builder, x, gathered, [reduction.size, rows]);
  for (let count = reduction.size; count > 1; count = Math.ceil(count / 2))
    level = multiplyHalves(builder, level, count, rows);
  return reshape(level, reduction.shape);
};

/** Product of tensors of one shape, neighbours first. */
function multiplyPairs(builder: GraphBuilder, factors: readonly Operand[]): Operand {
  if (factors.length === 1) return factors[0];
  const half = Math.ceil(factors.length / 2);
  return mul(builder, multiplyPairs(builder, factors.slice(0, half)), multiplyPairs(builder, factors.slice(half)));
}

/** `[count, rows]` to `[⌈count/2⌉, rows]`: row t times row t + ⌈count/2⌉; a lone middle row is passed on. */
function multiplyHalves(builder: GraphBuilder, x: Operand, count: number, rows: number): Operand {
  const half = Math.ceil(count / 2);
  const paired = (count - half) * rows;
  const at = Int32Array.from({ length: paired }, (_, i) => i);
  const start = Int32Array.from({ length: paired + 1 }, (_, i) => i);
  const terms = { start, left: at, right: at.map((i) => i + half * rows) };
  const products = builder.bilinear(x, x, terms, [count - half, rows], x.type);
  if (count % 2 === 0) return products;
  const index = Int32Array.from({ length: half * rows }, (_, i) => (i < paired ? i : i));
  return builder.gather(
    [products, x],
    index.map((i) => (i < paired ? i : paired + i)),
    new Float64Array(),
    [half, rows],
    x.type,
  );
}

/** Running sums along an axis, as one linear map. */
const cumSum: ImportRule = (context) => {
  const x = context.input(0);
  const axis = normalizeAxis(context.constant(1, 'the axis').data[0], x.shape.length);
  const exclusive = context.int('exclusive', 0) !== 0;
  const reverse = context.int('reverse', 0) !== 0;
  const lines = reduceWindows(x.shape, [axis], false).windows;
  const size = lines.length * x.shape[axis];
  const windows: Int32Array[] = new Array(size);
  const rowKernel = new Int32Array(size);
  for (const line of lines)
    line.forEach((element, t) => {
      const before = reverse ? line.slice(exclusive ? t + 1 : t) : line.slice(0, exclusive ? t : t + 1);
      windows[element] = before;
      rowKernel[element] = before.length;
    });
  const kernels = Array.from({ length: x.shape[axis] + 1 }, (_, n) => new Float64Array(n).fill(1));
  const rowWindow = Int32Array.from({ length: size }, (_, row) => row);
  return context.builder.linear(
    [x],
    { windows, kernels, rowWindow, rowKernel, bias: new Float64Array(size) },
    x.shape,
    x.type,
  );
};

export const reduceRules: RuleRecord = {
  ReduceSum: reduce(reduceSum),
  ReduceMean: reduce(reduceMean),
  ReduceMax: reduce(reduceMax),
  ReduceMin: reduce(reduceMin),
  ReduceProd: reduce(product),
  ReduceSumSquare: reduce(reduceSumSquare, (context, x) => reduceSumSquare(context.builder, x, [], true)),
  ReduceL1: reduce(sumOfAbs, (context, x) => abs(context.builder, x)),
  ReduceL2: reduce(norm2, (context, x) => abs(context.builder, x)),
  ReduceLogSum: reduce(
    (builder, x, axes, keep) => log(builder, reduceSum(builder, x, axes, keep)),
    (context, x) => log(context.builder, x),
  ),
  ReduceLogSumExp: reduce(logSumExp),
  CumSum: cumSum,
};
