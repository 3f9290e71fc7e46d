import { sizeOf, stridesOf } from '../../core/tensor.js';
import type { GraphBuilder, Operand } from '../builder.js';
import { InternTable } from '../intern.js';
import { roundHalfEven } from '../scalar.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { limitSize } from './support/problem.js';
import { normalizeAxis, takeAxis } from './support/shape.js';

/** How one axis is resized. */
interface AxisPlan {
  readonly axis: number;
  /** Place of the axis among those that are resized. */
  readonly place: number;
  readonly input: number;
  readonly output: number;
  readonly scale: number;
}

/** Where output position `at` lies on the input axis. */
function sourceOf(mode: string, at: number, { input, output, scale }: AxisPlan): number | undefined {
  switch (mode) {
    case 'asymmetric':
      return at / scale;
    case 'half_pixel':
      return (at + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return output > 1 ? (at + 0.5) / scale - 0.5 : 0;
    case 'align_corners':
      return output > 1 ? (at * (input - 1)) / (output - 1) : 0;
    case 'half_pixel_symmetric': {
      const adjustment = output / (scale * input);
      const offset = (input / 2) * (1 - adjustment);
      return offset + (at + 0.5) / scale - 0.5;
    }
    default:
      return undefined;
  }
}

const nearest: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Input positions and weights of one output position. */
type Taps = readonly (readonly [position: number, weight: number])[];

function linearTaps(x: number, plan: AxisPlan, antialias: boolean): Taps {
  const reach = antialias && plan.scale < 1 ? 1 / plan.scale : 1;
  const taps: [number, number][] = [];
  for (let at = Math.floor(x - reach) + 1; at < x + reach; at++) taps.push([at, 1 - Math.abs(at - x) / reach]);
  return normalizeTaps(taps);
}

/** Keys' cubic with parameter a. */
function cubicTaps(x: number, a: number, plan: AxisPlan, antialias: boolean, exclude: boolean): Taps {
  const stretch = antialias && plan.scale < 1 ? 1 / plan.scale : 1;
  const weight = (distance: number) => {
    const d = Math.abs(distance) / stretch;
    if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
    return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
  };
  const taps: [number, number][] = [];
  for (let at = Math.floor(x - 2 * stretch) + 1; at < x + 2 * stretch; at++) {
    const outside = at < 0 || at >= plan.input;
    taps.push([at, exclude && outside ? 0 : weight(at - x)]);
  }
  return normalizeTaps(taps);
}

function normalizeTaps(taps: readonly (readonly [number, number])[]): Taps {
  const sum = taps.reduce((total, [, weight]) => total + weight, 0);
  return taps.map(([at, weight]) => [at, weight / sum] as const);
}

/** Applies weights along one axis as a linear map. */
function interpolateAxis(builder: GraphBuilder, x: Operand, plan: AxisPlan, taps: readonly Taps[]): Operand {
  const stride = stridesOf(x.shape)[plan.axis];
  const shape = x.shape.map((extent, axis) => (axis === plan.axis ? plan.output : extent));
  const kernels = new InternTable<Float64Array>();
  const size = sizeOf(shape);
  const windows: Int32Array[] = [];
  const rowKernel = new Int32Array(size);
  for (let row = 0; row < size; row++) {
    const at = Math.floor(row / stride) % plan.output;
    const base = Math.floor(row / (stride * plan.output)) * stride * plan.input + (row % stride);
    const clamp = (position: number) => Math.min(Math.max(position, 0), plan.input - 1);
    windows.push(Int32Array.from(taps[at], ([position]) => base + clamp(position) * stride));
    rowKernel[row] = kernels.add(Float64Array.from(taps[at], ([, weight]) => weight));
  }
  const rowWindow = Int32Array.from({ length: size }, (_, row) => row);
  return builder.linear(
    [x],
    { windows, kernels: kernels.items, rowWindow, rowKernel, bias: new Float64Array(size) },
    shape,
  );
}

/** Extents and scales of the resized axes, from scales or sizes. */
function readPlans(context: RuleContext, x: Operand): AxisPlan[] {
  const rank = x.shape.length;
  const axes = context.ints('axes')?.map((axis) => normalizeAxis(axis, rank)) ?? x.shape.map((_, axis) => axis);
  const modern = context.version >= 11;
  const attribute = context.node.opType === 'Upsample' && context.version < 9 ? context.floats('scales') : undefined;
  const list = attribute ?? context.optionalInts(modern ? 2 : 1, 'the scales');
  const scales = list !== undefined && list.length > 0 ? list : undefined;
  const sizes = scales === undefined && modern ? context.optionalInts(3, 'the sizes') : undefined;
  if (scales === undefined && sizes === undefined) return context.unsupported('neither scales nor sizes are given');
  const policy = context.text('keep_aspect_ratio_policy', 'stretch');
  const ratios = sizes?.map((size, n) => size / x.shape[axes[n]]);
  const common =
    ratios === undefined || policy === 'stretch'
      ? undefined
      : policy === 'not_larger'
        ? Math.min(...ratios)
        : Math.max(...ratios);
  return axes.map((axis, n) => {
    const input = x.shape[axis];
    if (scales !== undefined) return { axis, place: n, input, output: Math.floor(input * scales[n]), scale: scales[n] };
    if (common !== undefined) return { axis, place: n, input, output: Math.round(input * common), scale: common };
    const output = (sizes as readonly number[])[n];
    return { axis, place: n, input, output, scale: output / input };
  });
}

const resize: ImportRule = (context) => {
  const mode = context.text('mode', 'nearest');
  const legacy = context.version < 11;
  const place = legacy ? 'asymmetric' : context.text('coordinate_transformation_mode', 'half_pixel');
  const rounding = legacy ? 'floor' : context.text('nearest_mode', 'round_prefer_floor');
  let x = context.input(0);
  const outside: { plan: AxisPlan; at: readonly number[] }[] = [];
  for (const plan of readPlans(context, x)) {
    limitSize(plan.output * sizeOf(x.shape));
    if (plan.output < 1) context.unsupported('the output would be empty');
    const crops = place === 'tf_crop_and_resize';
    if (plan.output === plan.input && plan.scale === 1 && !crops) continue;
    const at = Array.from({ length: plan.output }, (_, i) => {
      const source = crops ? croppedSource(regionOf(context, plan), i, plan) : sourceOf(place, i, plan);
      return source ?? context.unsupported(`coordinate_transformation_mode ${place}`);
    });
    if (crops && at.some((source) => source < 0 || source > plan.input - 1)) outside.push({ plan, at });
    x = resizeAxis(context, x, plan, at, mode, rounding);
  }
  return outside.reduce((y, { plan, at }) => extrapolate(context, y, plan, at), x);
};

/** Start and end of the region of interest along an axis, as parts of its extent. */
function regionOf(context: RuleContext, { place }: AxisPlan): readonly [start: number, end: number] {
  const roi = context.optionalInts(1, 'the region of interest') ?? [];
  const [start, end] = [roi[place], roi[place + roi.length / 2]];
  if (start === undefined || end === undefined) return context.unsupported('a region of interest that does not fit');
  return [start, end];
}

function croppedSource([start, end]: readonly [number, number], at: number, { input, output }: AxisPlan): number {
  const span = input - 1;
  return output > 1 ? start * span + (at * (end - start) * span) / (output - 1) : 0.5 * (start + end) * span;
}

/** Elements whose source lies outside the input get the extrapolation value. */
function extrapolate(context: RuleContext, x: Operand, { axis, input }: AxisPlan, at: readonly number[]): Operand {
  const stride = stridesOf(x.shape)[axis];
  const index = Int32Array.from({ length: sizeOf(x.shape) }, (_, i) => {
    const source = at[Math.floor(i / stride) % x.shape[axis]];
    return source < 0 || source > input - 1 ? -1 : i;
  });
  const value = Float64Array.of(context.float('extrapolation_value', 0));
  return context.builder.gather([x], index, value, x.shape, x.type);
}

function resizeAxis(
  context: RuleContext,
  x: Operand,
  plan: AxisPlan,
  at: readonly number[],
  mode: string,
  rounding: string,
): Operand {
  const antialias = context.int('antialias', 0) !== 0;
  if (mode === 'nearest') {
    const round = nearest[rounding] ?? context.unsupported(`nearest_mode ${rounding}`);
    const clamp = (position: number) => Math.min(Math.max(position, 0), plan.input - 1);
    /** Positions are computed in single precision by ONNX runtimes; a hair beside a border must not change the pick. */
    const settle = (position: number) =>
      Math.abs(position - roundHalfEven(position)) < 1e-6 ? roundHalfEven(position) : position;
    const indices = at.map((position) => clamp(round(settle(position))));
    return takeAxis(context.builder, x, plan.axis, indices);
  }
  if (mode === 'linear' || mode === 'bilinear')
    return interpolateAxis(
      context.builder,
      x,
      plan,
      at.map((position) => linearTaps(position, plan, antialias)),
    );
  if (mode !== 'cubic') return context.unsupported(`mode ${mode}`);
  const [a, exclude] = [context.float('cubic_coeff_a', -0.75), context.int('exclude_outside', 0) !== 0];
  return interpolateAxis(
    context.builder,
    x,
    plan,
    at.map((position) => cubicTaps(position, a, plan, antialias, exclude)),
  );
}

export const resizeRules: RuleRecord = { Resize: resize, Upsample: resize };
