import { concatData } from '../../graph/evaluate.js';
import type { LinearNode, ValueId } from '../../graph/ir.js';
import { dropDeadPositions } from '../../graph/linear-map.js';
import { compact, concatAffine, widthOf } from '../affine.js';
import { clipOf, tensorStep } from '../clip.js';
import type { QuantizeContext } from '../context.js';
import { entryAt } from '../evaluate.js';
import type { QuantValueId } from '../ir.js';
import { narrowTo } from '../narrow.js';
import { spreadBounds } from '../ranges.js';
import { groupWindows, type RoundingBasis, roundingBasis } from '../rounding.js';
import { asClamp } from '../scalar-shape.js';
import { naturalStep, quantizeKernels, splitKernels, type WindowScales, windowScales } from '../weights.js';

/** Extra bits an input may have over the activation width before narrowing it is weighed at all. */
const SLACK_BITS = 2;
/** Variance assumed of an input at least, over the square of its range: it may move on other rows. */
const LEAST_VARIANCE = 1 / 500;
/** Weight noise allowed on a value that leaves the circuit raw: finer, as it costs nothing there. */
const OUTPUT_NOISE = 1 / 16;

interface Target {
  readonly id: ValueId;
  /** Width that the activation gets. */
  readonly bits: number;
  readonly clamp: { readonly low: number; readonly high: number };
}

/** The activation that this accumulator turns into, seen through max pooling, and the clamp on the way. */
function findTarget(ctx: QuantizeContext, id: ValueId): Target {
  for (const consumer of ctx.consumersOf(id)) {
    if (consumer.kind === 'unary' && consumer.functions.length === 1) {
      const clamp = asClamp(consumer.functions[0]);
      if (clamp) return { id: consumer.output, bits: ctx.bitsOf(consumer), clamp };
    }
    if (consumer.kind === 'max') return findTarget(ctx, consumer.output);
  }
  const clamp = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return { id, bits: ctx.options.activationBits, clamp };
}

/** Whether some consumer compares or adds elements of different channels as integers. */
function needsOneScale(ctx: QuantizeContext, id: ValueId): boolean {
  if (ctx.isOutput(id)) return true;
  const channel = ctx.channelsOf(id);
  return ctx.consumersOf(id).some((consumer) => {
    switch (consumer.kind) {
      case 'argmax':
      case 'topk':
        return true;
      case 'bilinear':
        return consumer.start.some((_, row) => row > 0 && consumer.start[row] - consumer.start[row - 1] > 1);
      case 'max':
        return (
          consumer.inputs.length > 1 ||
          consumer.windows.some((window) => window.some((i) => i >= 0 && channel[i] !== channel[window[0]]))
        );
      case 'gather':
        return needsOneScale(ctx, consumer.output);
      default:
        return false;
    }
  });
}

/** Narrows a wide input where that is cheaper than carrying its width through every row; integers among integers stay exact. */
function chooseInput(ctx: QuantizeContext, from: ValueId, node: LinearNode): QuantValueId {
  const id = ctx.standIn(from);
  const bits = ctx.options.activationBits;
  const width = widthOf(ctx.value(id));
  const isWhole = ctx.graph.values[from].type !== 'float' && ctx.graph.values[node.output].type !== 'float';
  // The k largest are looked for in a part of the range, which they are cut to themselves.
  const isRanked =
    ctx.consumersOf(node.output).every((consumer) => consumer.kind === 'topk') && node.inputs.length === 1;
  if (width <= bits + SLACK_BITS || isWhole || (isRanked && width < 46 && !ctx.isOutput(node.output))) return id;
  const rows = node.map.rowWindow.length;
  const isSum = ctx.isOutput(node.output) && node.map.kernels.length === 1;
  const keeping = rows * (width - bits);
  const narrowing = ctx.size(id) * (width + 4);
  const fits = width + 8 + Math.log2(Math.max(...node.map.windows.map((window) => window.length))) < 46;
  return fits && (isSum || keeping <= narrowing) ? id : narrowTo(ctx, from, bits, node.origin.name);
}

/** Variance of every element of the concatenated inputs over the calibration rows, in integer units. */
function inputVariance(ctx: QuantizeContext, inputs: readonly QuantValueId[]): Float64Array {
  const parts = inputs.map((id) => {
    const rows = ctx.integersOf(id);
    const size = rows[0].length;
    const sum = new Float64Array(size);
    const squares = new Float64Array(size);
    for (const row of rows)
      for (let i = 0; i < size; i++) {
        sum[i] += row[i];
        squares[i] += row[i] * row[i];
      }
    const { min, max } = spreadBounds(ctx.value(id));
    return sum.map((total, i) => {
      const seen = Math.max(0, squares[i] / rows.length - (total / rows.length) ** 2);
      return Math.max(seen, LEAST_VARIANCE * (max[i] - min[i]) ** 2);
    });
  });
  return parts.length === 1 ? parts[0] : Float64Array.from(parts.flatMap((part) => Array.from(part)));
}

/** Rounding bases and the noise they leave, per kernel; plain rounding where there is no basis. */
interface RoundingPlan {
  readonly noise: Float64Array;
  basisOf(kernel: number): RoundingBasis | null;
}

/** Prepares the rounding of every kernel from how the inputs of its windows vary on the calibration rows. */
function planRounding(ctx: QuantizeContext, node: LinearNode, inputs: readonly QuantValueId[]): RoundingPlan {
  const variance = inputVariance(ctx, inputs);
  const { keyOf, windows } = groupWindows(node.map);
  const bases = new Map<string, RoundingBasis | null>();
  const codes = centredCodes(ctx, inputs);
  const basisOf = (kernel: number) => {
    const key = keyOf[kernel];
    let basis = bases.get(key);
    if (basis === undefined) {
      basis = roundingBasis(windows.get(key) as Int32Array[], codes, variance);
      bases.set(key, basis);
    }
    return basis;
  };
  const noise = Float64Array.from(node.map.kernels, (_, kernel) => {
    const list = windows.get(keyOf[kernel]) as Int32Array[];
    const basis = list.length > 0 ? basisOf(kernel) : null;
    if (basis) return basis.noise;
    const total = list.reduce((sum, w) => sum + w.reduce((s, i) => s + (i >= 0 ? variance[i] : 0), 0), 0);
    return Math.sqrt(total / Math.max(1, list.length) / 12);
  });
  return { noise, basisOf };
}

/** Integers of the concatenated inputs on every calibration row, zero points removed. */
function centredCodes(ctx: QuantizeContext, inputs: readonly QuantValueId[]): Float64Array[] {
  const zero = concatAffine(inputs.map((id) => ctx.value(id))).zeroPoint;
  const parts = inputs.map((id) => ctx.integersOf(id));
  return parts[0].map((_, row) => {
    const joined = concatData(parts.map((part) => part[row]));
    return joined.map((code, i) => code - entryAt(zero, i));
  });
}

/** Real value of one unit of each row's accumulator. */
function chooseScales(
  ctx: QuantizeContext,
  node: LinearNode,
  inputs: readonly QuantValueId[],
  noise: Float64Array,
  scales: WindowScales,
): Float64Array {
  const { map } = node;
  const target = findTarget(ctx, node.output);
  const { bits } = target;
  const clip = clipOf(ctx, target.id, bits, target.clamp);
  const oneScale = needsOneScale(ctx, node.output);
  const channel = ctx.channelsOf(node.output);
  const stepOfChannel = new Float64Array(channel.reduce((n, c) => Math.max(n, c + 1), 1)).fill(tensorStep(clip, bits));
  if (!oneScale && clip.channel.length === channel.length)
    for (let i = 0; i < channel.length; i++) stepOfChannel[channel[i]] = clip.step[clip.channel[i]];

  const natural = dropWide(ctx, node, inputs, naturalStep(map, scales, oneScale));
  const allowed = ctx.isOutput(node.output) ? OUTPUT_NOISE : ctx.options.weightNoise;
  const shiftOf = (kernel: number) => Math.max(0, Math.ceil(Math.log2(Math.max(noise[kernel], 1e-9) / allowed)));
  const widestShift = map.kernels.reduce((most, _, kernel) => Math.max(most, shiftOf(kernel)), 0);
  return Float64Array.from(map.rowKernel, (kernel, row) => {
    const step = oneScale ? tensorStep(clip, bits) : stepOfChannel[channel[row]];
    const exact = natural?.[kernel];
    if (exact !== undefined && exact !== null) return refineForBias(exact, map.bias[row], step);
    return step / 2 ** (oneScale ? widestShift : shiftOf(kernel));
  });
}

/** Bits beyond which an exact accumulator is given up for a rounded one, where the value is not an integer by nature. */
const WIDEST_EXACT = 36;

/** Drops exact steps that would make accumulators very wide, as long chains of exact sums do. */
function dropWide(
  ctx: QuantizeContext,
  node: LinearNode,
  inputs: readonly QuantValueId[],
  natural: readonly (number | null)[] | null,
): readonly (number | null)[] | null {
  if (natural === null || ctx.graph.values[node.output].type !== 'float') return natural;
  const values = inputs.map((id) => ctx.value(id));
  const { scale } = concatAffine(values);
  const bounds = values.map(spreadBounds);
  const width = concatData(bounds.map(({ min, max }) => max.map((most, i) => Math.max(most - min[i], Math.abs(most)))));
  const reach = new Float64Array(node.map.kernels.length);
  for (let row = 0; row < node.map.rowKernel.length; row++) {
    const kernel = node.map.rowKernel[row];
    const window = node.map.windows[node.map.rowWindow[row]];
    if (reach[kernel] > 0 && row > 4096) continue;
    let sum = 0;
    for (let t = 0; t < window.length; t++)
      if (window[t] >= 0) sum += Math.abs(node.map.kernels[kernel][t]) * scale[window[t]] * width[window[t]];
    reach[kernel] = Math.max(reach[kernel], sum);
  }
  return natural.map((step, kernel) => (step !== null && reach[kernel] / step > 2 ** WIDEST_EXACT ? null : step));
}

/** Makes an exact step finer by a power of two where the bias would be rounded by more than half a code. */
function refineForBias(exact: number, bias: number, step: number): number {
  const ratio = bias / exact;
  if (Math.abs(ratio - Math.round(ratio)) < 1e-6 * Math.max(1, Math.abs(ratio))) return exact;
  return exact <= step / 4 ? exact : exact / 2 ** Math.ceil(Math.log2(exact / step) + 2);
}

/** Mean of `real - scale · integer` per channel over the calibration rows, as an integer correction of the bias. */
function biasCorrection(ctx: QuantizeContext, node: LinearNode, id: QuantValueId, scale: Float64Array): Float64Array {
  const channel = ctx.channelsOf(node.output);
  const channels = channel.reduce((n, c) => Math.max(n, c + 1), 1);
  const sum = new Float64Array(channels);
  const count = new Float64Array(channels);
  const integers = ctx.integersOf(id);
  for (const [r, reals] of ctx.rowsOf(node.output).entries())
    for (let i = 0; i < reals.length; i++) {
      if (!Number.isFinite(reals[i])) continue;
      sum[channel[i]] += reals[i] - scale[i] * integers[r][i];
      count[channel[i]]++;
    }
  return scale.map((s, i) => Math.round(sum[channel[i]] / Math.max(1, count[channel[i]]) / s));
}

/** Integer linear map with the scale ratio folded into the weights; accumulators keep `real = scale · q`. */
export function quantizeLinear(ctx: QuantizeContext, original: LinearNode): QuantValueId {
  const trimmed = { ...original, map: dropDeadPositions(original.map) };
  const inputs = trimmed.inputs.map((from) => chooseInput(ctx, from, trimmed));
  const affine = concatAffine(inputs.map((id) => ctx.value(id)));
  const scales = windowScales(trimmed.map, affine.scale);
  const node = { ...trimmed, map: splitKernels(trimmed.map, scales) };
  const plan = planRounding(ctx, node, inputs);
  const scale = uniformWhereNeeded(ctx, node, chooseScales(ctx, node, inputs, plan.noise, scales));
  const { kernels, rowKernel, isExact } = quantizeKernels(node.map, scales, scale, plan.basisOf);
  const bias = Float64Array.from(node.map.bias, (real, row) => {
    const window = node.map.windows[node.map.rowWindow[row]];
    const kernel = kernels[rowKernel[row]];
    let integer = Math.round(real / scale[row]);
    for (let t = 0; t < window.length; t++)
      if (window[t] >= 0) integer -= kernel[t] * entryAt(affine.zeroPoint, window[t]);
    return Math.round(integer);
  });
  const map = { ...node.map, kernels, rowKernel, bias };
  const { shape, name } = ctx.graph.values[node.output];
  const result = { scale: compact(scale), zeroPoint: Float64Array.of(0) };
  const draft = { kind: 'linear', inputs, map, layer: node.origin.name } as const;
  const plain = ctx.builder.add(draft, name, shape, result);
  if (isExact) return plain;
  const correction = biasCorrection(ctx, node, plain, scale);
  if (correction.every((entry) => entry === 0)) return plain;
  return ctx.builder.add(
    { ...draft, map: { ...map, bias: bias.map((b, i) => b + correction[i]) } },
    name,
    shape,
    result,
  );
}

/** One scale for all rows, the finest, where a consumer compares rows as integers. */
function uniformWhereNeeded(ctx: QuantizeContext, node: LinearNode, scale: Float64Array): Float64Array {
  return needsOneScale(ctx, node.output)
    ? new Float64Array(scale.length).fill(scale.reduce((a, b) => Math.min(a, b)))
    : scale;
}
