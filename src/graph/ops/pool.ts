import { sizeOf, stridesOf } from '../../core/tensor.js';
import type { Operand } from '../builder.js';
import { KeyedTable } from '../intern.js';
import { call, constant, type ScalarFunction, X } from '../scalar.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { apply } from './support/elementwise.js';
import { type Reduction, reduceMax, reduceMean, reduceWindows, sumWindows } from './support/reduce.js';
import { countWithPadding, readSliding, type Sliding, slideWindows, splitChannels } from './support/windows.js';

/** The windows of one channel repeated for each channel of each batch. */
function spreadWindows(x: Operand, taps: readonly Int32Array[], keepPadding: boolean): Int32Array[] {
  const { batch, channels, area } = splitChannels(x.shape);
  const kept = keepPadding ? taps : taps.map((tap) => tap.filter((i) => i >= 0));
  return Array.from({ length: batch * channels }, (_, plane) =>
    kept.map((tap) => tap.map((i) => (i < 0 ? -1 : plane * area + i))),
  ).flat();
}

function readPool(context: RuleContext, x: Operand): { sliding: Sliding; shape: number[] } {
  const { batch, channels, spatial } = splitChannels(x.shape);
  const kernel = context.ints('kernel_shape');
  if (kernel === undefined) return context.unsupported('kernel_shape is missing');
  const sliding = readSliding(context, spatial, kernel);
  return { sliding, shape: [batch, channels, ...sliding.output] };
}

const maxPool: ImportRule = (context) => {
  const x = context.input(0);
  const { sliding, shape } = readPool(context, x);
  const windows = spreadWindows(x, slideWindows(sliding), false);
  if (windows.some((window) => window.length === 0)) context.unsupported('a window lies wholly in the padding');
  const top = context.builder.max([x], windows, shape);
  return context.wants(1) ? [top, indicesOf(context, x, windows, shape)] : top;
};

/** The flat position of each window's maximum in the whole tensor. */
function indicesOf(
  context: RuleContext,
  x: Operand,
  windows: readonly Int32Array[],
  shape: readonly number[],
): Operand {
  const columnMajor = context.int('storage_order', 0) !== 0;
  const position = context.builder.argmax(x, windows, false, shape);
  const functions = new KeyedTable<ScalarFunction>();
  const which = Int32Array.from(windows, (window) =>
    functions.add(window.join(), () =>
      chooseFrom(columnMajor ? window.map((i) => transposedPlace(i, x.shape)) : window),
    ),
  );
  return context.builder.unary(position, functions.items, which, 'int');
}

/** A flat position with the spatial axes counted in column-major order. */
function transposedPlace(flat: number, shape: readonly number[]): number {
  const spatial = shape.slice(2);
  const strides = stridesOf(spatial);
  const area = sizeOf(spatial);
  let step = 1;
  let place = flat - (flat % area);
  spatial.forEach((extent, axis) => {
    place += (Math.floor((flat % area) / strides[axis]) % extent) * step;
    step *= extent;
  });
  return place;
}

/** `window[x]`. */
function chooseFrom(window: Int32Array): ScalarFunction {
  return Array.from(window).reduceRight<ScalarFunction>(
    (rest, value, t) => call('select', call('isZero', call('sub', X, constant(t))), constant(value), rest),
    constant(0),
  );
}

const averagePool: ImportRule = (context) => {
  const x = context.input(0);
  const { sliding, shape } = readPool(context, x);
  const taps = slideWindows(sliding);
  const counts =
    context.int('count_include_pad', 0) !== 0
      ? countWithPadding(sliding)
      : Int32Array.from(taps, (tap) => tap.reduce((n, i) => n + (i >= 0 ? 1 : 0), 0));
  const kernels = new KeyedTable<Float64Array>();
  const kernelSize = sizeOf(sliding.kernel);
  const kernelOf = counts.map((count) => kernels.add(count, () => new Float64Array(kernelSize).fill(1 / count)));
  const windows = spreadWindows(x, taps, true);
  const map = {
    windows,
    kernels: kernels.items,
    rowWindow: Int32Array.from(windows, (_, row) => row),
    rowKernel: Int32Array.from(windows, (_, row) => kernelOf[row % taps.length]),
    bias: new Float64Array(windows.length),
  };
  return context.builder.linear([x], map, shape);
};

/** `(Σ |x|^p)^(1/p)` over each window; the padding counts as 0. */
const lpPool: ImportRule = (context) => {
  const x = context.input(0);
  const { sliding, shape } = readPool(context, x);
  const windows = spreadWindows(x, slideWindows(sliding), true);
  return powerMean(context, x, { windows, shape, size: sizeOf(sliding.kernel) });
};

function powerMean(context: RuleContext, x: Operand, reduction: Reduction): Operand {
  const builder = context.builder;
  const p = context.int('p', 2);
  const powers = apply(builder, x, p === 2 ? call('mul', X, X) : call('pow', call('abs', X), constant(p)));
  const root = p === 2 ? call('sqrt', X) : call('pow', X, constant(1 / p));
  return apply(builder, sumWindows(builder, powers, reduction), root);
}

const spatialAxes = (x: Operand) => x.shape.map((_, axis) => axis).slice(2);

export const poolRules: RuleRecord = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalLpPool: (context) => {
    const x = context.input(0);
    return powerMean(context, x, reduceWindows(x.shape, spatialAxes(x), true));
  },
  GlobalAveragePool: (context) => {
    const x = context.input(0);
    return reduceMean(context.builder, x, spatialAxes(x), true);
  },
  GlobalMaxPool: (context) => {
    const x = context.input(0);
    return reduceMax(context.builder, x, spatialAxes(x), true);
  },
};
