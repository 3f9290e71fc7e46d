import type { UnaryNode } from '../../graph/ir.js';
import { evaluateScalar } from '../../graph/scalar.js';
import { addOffset, compact, diagonalMap, spread, widthOf } from '../affine.js';
import { plainScale } from '../builder.js';
import { clipOf } from '../clip.js';
import type { QuantizeContext } from '../context.js';
import { entryAt } from '../evaluate.js';
import type { QuantValueId } from '../ir.js';
import { requantizeTo } from '../narrow.js';
import { spreadBounds } from '../ranges.js';
import { asAffine, asClamp, asStep, type ClampForm, type StepForm } from '../scalar-shape.js';
import { quantizeStaircase } from './staircase.js';
import { quantizeTable } from './table.js';

/** A function that gives one value everywhere. */
function constantValue(ctx: QuantizeContext, node: UnaryNode, real: number): QuantValueId {
  const input = ctx.standIn(node.inputs[0]);
  const { shape, name } = ctx.graph.values[node.output];
  const size = ctx.size(input);
  const map = diagonalMap([0], new Float64Array(size).fill(Math.sign(real)));
  const scale = real === 0 ? 1 : Math.abs(real);
  return ctx.builder.add(
    { kind: 'linear', inputs: [input], map, layer: node.origin.name },
    name,
    shape,
    plainScale(scale),
  );
}

/** Clamps are what a requantization does anyway: one decomposition for ReLU, rescale and saturation. */
function quantizeClamp(ctx: QuantizeContext, node: UnaryNode, clamp: ClampForm): QuantValueId {
  const input = ctx.standIn(node.inputs[0]);
  const layer = node.origin.name;
  if (clamp.low >= clamp.high) return constantValue(ctx, node, clamp.high);
  if (ctx.graph.values[node.output].type !== 'float') return clampExactly(ctx, node, clamp);
  const { min } = spreadBounds(ctx.value(input));
  const zero = ctx.value(input).zeroPoint;
  const isPlainRelu = clamp.low === 0 && clamp.high === Number.POSITIVE_INFINITY;
  if (isPlainRelu && min.every((low, i) => low >= entryAt(zero, i))) return input;
  const bits = ctx.bitsOf(node);
  const codes = requantizeTo(ctx, input, clipOf(ctx, node.output, bits, clamp), bits, layer);
  return Number.isFinite(clamp.high) ? capAt(ctx, codes, clamp.high, layer) : codes;
}

/** Caps codes that reach beyond an upper clamp, where the step did not let saturation fall on it. */
function capAt(ctx: QuantizeContext, id: QuantValueId, high: number, layer: string): QuantValueId {
  const value = ctx.value(id);
  const size = ctx.size(id);
  const { max } = spreadBounds(value);
  const top = Float64Array.from({ length: size }, (_, i) =>
    Math.round(high / entryAt(value.scale, i) + entryAt(value.zeroPoint, i)),
  );
  if (max.every((most, i) => most <= top[i])) return id;
  const { name, shape, scale, zeroPoint } = value;
  const room = ctx.builder.add({ kind: 'linear', inputs: [id], map: diagonalMap([-1], top), layer }, name, shape, {
    scale,
    zeroPoint,
  });
  const left = ctx.builder.add({ kind: 'relu', inputs: [room], layer }, name, shape, { scale, zeroPoint });
  return ctx.builder.add({ kind: 'linear', inputs: [left], map: diagonalMap([-1], top), layer }, name, shape, {
    scale,
    zeroPoint,
  });
}

/** Clamp of exact integers: no rescale, no calibration. */
function clampExactly(ctx: QuantizeContext, node: UnaryNode, clamp: ClampForm): QuantValueId {
  const layer = node.origin.name;
  const { shape, name } = ctx.graph.values[node.output];
  let id = ctx.standIn(node.inputs[0]);
  const size = ctx.size(id);
  const one = ctx.value(id).scale;
  const relu = (x: QuantValueId) =>
    ctx.builder.add({ kind: 'relu', inputs: [x], layer }, name, shape, {
      scale: one,
      zeroPoint: ctx.value(x).zeroPoint,
    });
  const shiftBy = (x: QuantValueId, amount: number) => addOffset(ctx, x, new Float64Array(size).fill(amount), layer);
  const negate = (x: QuantValueId) => {
    const value = ctx.value(x);
    const map = diagonalMap([-1], new Float64Array(size));
    const zeroPoint = value.zeroPoint.map((zero) => -zero);
    return ctx.builder.add({ kind: 'linear', inputs: [x], map, layer }, name, shape, { scale: value.scale, zeroPoint });
  };
  const codeOf = (real: number) => Math.round(real / ctx.value(id).scale[0] + ctx.value(id).zeroPoint[0]);
  if (Number.isFinite(clamp.low)) {
    const low = codeOf(clamp.low);
    id = shiftBy(relu(shiftBy(id, -low)), low);
  }
  if (Number.isFinite(clamp.high)) {
    const high = codeOf(clamp.high);
    id = negate(shiftBy(relu(shiftBy(negate(id), high)), -high));
  }
  return id;
}

/** A comparison with a threshold, exact on the codes. */
function quantizeStep(ctx: QuantizeContext, node: UnaryNode, step: StepForm): QuantValueId {
  const layer = node.origin.name;
  const input = ctx.standIn(node.inputs[0]);
  const value = ctx.value(input);
  const size = ctx.size(input);
  const { shape, name } = ctx.graph.values[node.output];
  const { slope, intercept } = step.inner;
  const root = -intercept / slope;
  const code = spread(value.scale, size).map((scale, i) => {
    const exact = root / scale + entryAt(value.zeroPoint, i);
    const nearest = Math.round(exact);
    return Math.abs(exact - nearest) < 1e-7 * Math.max(1, Math.abs(exact)) ? nearest : exact;
  });
  if (step.kind === 'zero') {
    const shifted = addOffset(
      ctx,
      input,
      code.map((c) => -Math.round(c)),
      layer,
    );
    return ctx.builder.add({ kind: 'isZero', inputs: [shifted], layer }, name, shape, plainScale(1));
  }
  const rising = slope > 0;
  const strict = step.kind === 'positive';
  if (rising) {
    const first = code.map((c) => (strict ? Math.floor(c) + 1 : Math.ceil(c)));
    const shifted = addOffset(
      ctx,
      input,
      first.map((c) => -c),
      layer,
    );
    return ctx.builder.add({ kind: 'nonNegative', inputs: [shifted], layer }, name, shape, plainScale(1));
  }
  const last = code.map((c) => (strict ? Math.ceil(c) - 1 : Math.floor(c)));
  const map = diagonalMap([-1], Float64Array.from(last));
  const flipped = ctx.builder.add({ kind: 'linear', inputs: [input], map, layer }, name, shape, plainScale(1));
  return ctx.builder.add({ kind: 'nonNegative', inputs: [flipped], layer }, name, shape, plainScale(1));
}

/** `|x| = 2·max(x, 0) - x`, exact on the accumulator. */
function quantizeAbs(ctx: QuantizeContext, node: UnaryNode): QuantValueId {
  const layer = node.origin.name;
  const input = ctx.standIn(node.inputs[0]);
  const value = ctx.value(input);
  const size = ctx.size(input);
  const { shape, name } = ctx.graph.values[node.output];
  const centred = addOffset(
    ctx,
    input,
    spread(value.zeroPoint, size).map((zero) => -zero),
    layer,
  );
  const affine = { scale: value.scale, zeroPoint: Float64Array.of(0) };
  const positive = ctx.builder.add({ kind: 'relu', inputs: [centred], layer }, name, shape, affine);
  const map = {
    windows: Array.from({ length: size }, (_, i) => Int32Array.of(i, size + i)),
    kernels: [Float64Array.of(2, -1)],
    rowWindow: Int32Array.from({ length: size }, (_, i) => i),
    rowKernel: new Int32Array(size),
    bias: new Float64Array(size),
  };
  return ctx.builder.add({ kind: 'linear', inputs: [positive, centred], map, layer }, name, shape, affine);
}

/** An affine function of codes changes scale and zero point, and nothing else. */
function quantizeAffine(ctx: QuantizeContext, node: UnaryNode, slope: number, intercept: number): QuantValueId | null {
  if (slope === 0) return null;
  const input = ctx.standIn(node.inputs[0]);
  const value = ctx.value(input);
  const size = ctx.size(input);
  const { shape, name } = ctx.graph.values[node.output];
  const scale = spread(value.scale, size).map((s) => s * Math.abs(slope));
  const sign = Math.sign(slope);
  const zeroPoint = scale.map((s, i) => sign * entryAt(value.zeroPoint, i) - intercept / s);
  if (zeroPoint.some((zero) => Math.abs(zero - Math.round(zero)) > 1e-6 * Math.max(1, Math.abs(zero)))) return null;
  const map = diagonalMap([sign], new Float64Array(size));
  return ctx.builder.add({ kind: 'linear', inputs: [input], map, layer: node.origin.name }, name, shape, {
    scale: compact(scale),
    zeroPoint: compact(zeroPoint.map(Math.round)),
  });
}

/** Widest argument, in bits, whose function is tried on every code for being a move. */
const LARGEST_MOVE = 12;

/** A function that gives each code as an integer plus a constant: QuantizeLinear of what is on its grid already, a Cast. */
function quantizeMove(ctx: QuantizeContext, node: UnaryNode): QuantValueId | null {
  const input = ctx.standIn(node.inputs[0]);
  const value = ctx.value(input);
  if (value.scale.length > 1 || value.zeroPoint.length > 1 || node.functions.length > 1) return null;
  const least = value.min.reduce((a, b) => Math.min(a, b));
  const most = value.max.reduce((a, b) => Math.max(a, b));
  const real = (code: number) => evaluateScalar(node.functions[0], value.scale[0] * (code - value.zeroPoint[0]));
  const offset = real(least) - least;
  if (!Number.isInteger(offset)) return null;
  for (let code = least; code <= most; code++) if (real(code) !== code + offset) return null;
  const { shape, name } = ctx.graph.values[node.output];
  return ctx.builder.add(
    {
      kind: 'linear',
      inputs: [input],
      map: diagonalMap([1], new Float64Array(ctx.size(input))),
      layer: node.origin.name,
    },
    name,
    shape,
    { scale: Float64Array.of(1), zeroPoint: Float64Array.of(-offset) },
  );
}

/** Widest range over which an integer-valued function is searched for its steps. */
const STAIRCASE_WIDTH = 50;

/** Chooses the form of an element-wise function: clamp, comparison, absolute value, staircase or table. */
export function quantizeUnary(ctx: QuantizeContext, node: UnaryNode): QuantValueId {
  const [fn] = node.functions;
  if (node.functions.length === 1) {
    const clamp = asClamp(fn);
    if (clamp) return quantizeClamp(ctx, node, clamp);
    const step = asStep(fn);
    if (step) return quantizeStep(ctx, node, step);
    if (fn.kind === 'call' && fn.fn === 'abs' && fn.args[0].kind === 'x') return quantizeAbs(ctx, node);
    const affine = asAffine(fn);
    const rescaled = affine && quantizeAffine(ctx, node, affine.slope, affine.intercept);
    if (rescaled !== null && rescaled !== undefined) return rescaled;
  }
  const width = widthOf(ctx.value(ctx.standIn(node.inputs[0])));
  const moved = width <= LARGEST_MOVE ? quantizeMove(ctx, node) : null;
  if (moved !== null) return moved;
  const isExact = ctx.graph.values[node.output].type !== 'float';
  if (isExact && width > ctx.options.maxTableBits && width <= STAIRCASE_WIDTH) {
    const steps = quantizeStaircase(ctx, node, (x, f) => evaluateScalar(node.functions[f], x));
    if (steps !== null) return steps;
  }
  return quantizeTable(ctx, node);
}
