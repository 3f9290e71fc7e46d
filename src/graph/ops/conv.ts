import { formatShape, sizeOf, stridesOf } from '../../core/tensor.js';
import type { GraphBuilder, Operand } from '../builder.js';
import { InternTable } from '../intern.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { add, joinTypes } from './support/elementwise.js';
import { limitSize } from './support/problem.js';
import { reshape } from './support/shape.js';
import { positionsOf, readSliding, type Sliding, slideWindows, splitChannels } from './support/windows.js';

/**
 * Convolution as a linear map: one window per position and group, one kernel per output channel.
 * Shapes: x `[N, C, …S]`, w `[M, C/groups, …K]`, result `[N, M, …out]`.
 */
export function buildConv(builder: GraphBuilder, x: Operand, w: Operand, groups: number, sliding: Sliding): Operand {
  const { batch, channels, area } = splitChannels(x.shape);
  const perGroup = channels / groups;
  const outputs = w.shape[0];
  const taps = slideWindows(sliding);
  limitSize(batch * channels * sizeOf(sliding.kernel) * taps.length);
  const windows: Int32Array[] = [];
  for (let n = 0; n < batch; n++)
    for (let group = 0; group < groups; group++)
      for (const tap of taps) {
        const window = new Int32Array(perGroup * tap.length);
        for (let c = 0; c < perGroup; c++) {
          const base = (n * channels + group * perGroup + c) * area;
          for (let k = 0; k < tap.length; k++) window[c * tap.length + k] = tap[k] < 0 ? -1 : base + tap[k];
        }
        windows.push(window);
      }
  const shape = [batch, outputs, ...sliding.output];
  limitSize(sizeOf(shape));
  const rowWindow = new Int32Array(sizeOf(shape));
  const rowKernel = new Int32Array(sizeOf(shape));
  let row = 0;
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < outputs; m++) {
      const group = Math.floor((m * groups) / outputs);
      for (let p = 0; p < taps.length; p++) {
        rowWindow[row] = (n * groups + group) * taps.length + p;
        rowKernel[row++] = m;
      }
    }
  const kernelSize = perGroup * sizeOf(sliding.kernel);
  const type = joinTypes(x, w);
  if (w.kind === 'value') {
    const terms = productTerms(windows, rowWindow, rowKernel, kernelSize);
    return builder.bilinear(x, w, terms, shape, type);
  }
  const kernels = Array.from({ length: outputs }, (_, m) => w.data.slice(m * kernelSize, (m + 1) * kernelSize));
  return builder.linear([x], { windows, kernels, rowWindow, rowKernel, bias: new Float64Array(row) }, shape, type);
}

/** The same map where the weights are computed by the model. */
function productTerms(
  windows: readonly Int32Array[],
  rowWindow: Int32Array,
  rowKernel: Int32Array,
  kernelSize: number,
) {
  const start = [0];
  const left: number[] = [];
  const right: number[] = [];
  rowWindow.forEach((window, row) => {
    windows[window].forEach((source, t) => {
      if (source < 0) return;
      left.push(source);
      right.push(rowKernel[row] * kernelSize + t);
    });
    start.push(left.length);
  });
  return { start: Int32Array.from(start), left: Int32Array.from(left), right: Int32Array.from(right) };
}

/** Adds a bias of one number per channel to `[N, M, …]`. */
function addChannelBias(context: RuleContext, y: Operand, index: number): Operand {
  const bias = context.optional(index);
  if (bias === undefined) return y;
  return add(context.builder, y, reshape(bias, [y.shape[1], ...y.shape.slice(2).map(() => 1)]));
}

function checkWeights(context: RuleContext, x: Operand, w: Operand, channels: number, groups: number): void {
  const fits = w.shape.length === x.shape.length && channels % groups === 0 && groups >= 1;
  if (!fits)
    context.unsupported(
      `weights ${formatShape(w.shape)} do not fit an input of ${formatShape(x.shape)} in ${groups} groups`,
    );
}

const conv: ImportRule = (context) => {
  const x = context.input(0);
  const w = context.input(1);
  const groups = context.int('group', 1);
  const { channels, spatial } = splitChannels(x.shape);
  checkWeights(context, x, w, channels, groups);
  if (w.shape[1] * groups !== channels || w.shape[0] % groups !== 0)
    context.unsupported(`weights ${formatShape(w.shape)} for ${channels} channels in ${groups} groups`);
  const sliding = readSliding(context, spatial, w.shape.slice(2));
  return addChannelBias(context, buildConv(context.builder, x, w, groups, sliding), 2);
};

/** Where a transposed convolution reads from: input extents, output extents and the offsets between them. */
function readTransposed(context: RuleContext, input: readonly number[], kernel: readonly number[]) {
  const ones = input.map(() => 1);
  const strides = context.ints('strides') ?? ones;
  const dilations = context.ints('dilations') ?? ones;
  const extra = context.ints('output_padding') ?? input.map(() => 0);
  const full = input.map((n, axis) => strides[axis] * (n - 1) + extra[axis] + (kernel[axis] - 1) * dilations[axis] + 1);
  const mode = context.text('auto_pad', 'NOTSET');
  const same = mode === 'SAME_UPPER' || mode === 'SAME_LOWER';
  const wanted =
    context.ints('output_shape')?.slice(-input.length) ?? (same ? input.map((n, a) => n * strides[a]) : null);
  if (wanted === null) {
    const pads = context.ints('pads') ?? [...input, ...input].map(() => 0);
    const output = full.map((n, axis) => n - pads[axis] - pads[axis + input.length]);
    return { strides, dilations, output, begin: pads.slice(0, input.length) };
  }
  const total = full.map((n, axis) => Math.max(0, n - wanted[axis]));
  const begin = total.map((pad) => (mode === 'SAME_UPPER' ? Math.floor(pad / 2) : pad - Math.floor(pad / 2)));
  return { strides, dilations, output: [...wanted], begin };
}

const convTranspose: ImportRule = (context) => {
  const x = context.input(0);
  const w = context.constant(1, 'the weights');
  const groups = context.int('group', 1);
  const { batch, channels, spatial, area } = splitChannels(x.shape);
  checkWeights(context, x, w, channels, groups);
  const kernel = w.shape.slice(2);
  const { strides, dilations, output, begin } = readTransposed(context, spatial, kernel);
  if (output.some((extent) => extent < 1)) context.unsupported('the output would be empty');
  const perGroup = channels / groups;
  const outputsPerGroup = w.shape[1];
  const kernelArea = sizeOf(kernel);
  const spatialStrides = stridesOf(spatial);
  const taps = positionsOf(kernel);
  /** For each output position: pairs of kernel element and input position that meet there. */
  const meetings = positionsOf(output).map((position) =>
    taps.flatMap((tap, k) => {
      let flat = 0;
      for (let axis = 0; axis < tap.length; axis++) {
        const at = (position[axis] + begin[axis] - tap[axis] * dilations[axis]) / strides[axis];
        if (!Number.isInteger(at) || at < 0 || at >= spatial[axis]) return [];
        flat += at * spatialStrides[axis];
      }
      return [{ k, flat }];
    }),
  );
  const windows = new InternTable<Int32Array>();
  const kernels = new InternTable<Float64Array>();
  const shape = [batch, groups * outputsPerGroup, ...output];
  const rowWindow = new Int32Array(sizeOf(shape));
  const rowKernel = new Int32Array(sizeOf(shape));
  let row = 0;
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < groups * outputsPerGroup; m++) {
      const group = Math.floor(m / outputsPerGroup);
      for (const pairs of meetings) {
        const window: number[] = [];
        const weights: number[] = [];
        for (let c = group * perGroup; c < (group + 1) * perGroup; c++)
          for (const { k, flat } of pairs) {
            window.push((n * channels + c) * area + flat);
            weights.push(w.data[(c * outputsPerGroup + (m % outputsPerGroup)) * kernelArea + k]);
          }
        rowWindow[row] = windows.add(Int32Array.from(window));
        rowKernel[row++] = kernels.add(Float64Array.from(weights));
      }
    }
  const map = { windows: windows.items, kernels: kernels.items, rowWindow, rowKernel, bias: new Float64Array(row) };
  return addChannelBias(context, context.builder.linear([x], map, shape), 2);
};

export const convRules: RuleRecord = { Conv: conv, ConvTranspose: convTranspose };
