import { type Shape, sizeOf, stridesOf } from '../../../core/tensor.js';
import type { RuleContext } from '../rule.js';
import { limitSize, refuse } from './problem.js';

/** A sliding window over spatial axes. */
export interface Sliding {
  /** Extents of the input's spatial axes. */
  readonly input: Shape;
  readonly kernel: Shape;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before each axis, then after each. */
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
  readonly output: Shape;
}

/** Reads strides, dilations, pads, auto_pad and ceil_mode of a convolution or pooling node. */
export function readSliding(context: RuleContext, input: Shape, kernel: Shape): Sliding {
  const rank = input.length;
  const ones = new Array<number>(rank).fill(1);
  const strides = context.ints('strides') ?? ones;
  const dilations = context.ints('dilations') ?? ones;
  const ceil = context.int('ceil_mode', 0) !== 0;
  for (const list of [kernel, strides, dilations])
    if (list.length !== rank || list.some((n) => !(n >= 1))) return refuse('kernel, strides or dilations do not fit');
  const span = kernel.map((k, axis) => (k - 1) * dilations[axis] + 1);
  const { padsBegin, padsEnd } = readPads(context, input, span, strides);
  const output = input.map((extent, axis) => {
    const room = (extent + padsBegin[axis] + padsEnd[axis] - span[axis]) / strides[axis];
    let count = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
    if (ceil && (count - 1) * strides[axis] >= extent + padsBegin[axis]) count--;
    return count;
  });
  if (output.some((extent) => extent < 1)) return refuse('the window is larger than the padded input');
  return { input, kernel, strides, dilations, padsBegin, padsEnd, output };
}

function readPads(context: RuleContext, input: Shape, span: readonly number[], strides: readonly number[]) {
  const rank = input.length;
  const mode = context.text('auto_pad', 'NOTSET');
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    const total = input.map((extent, axis) => {
      const output = Math.ceil(extent / strides[axis]);
      return Math.max(0, (output - 1) * strides[axis] + span[axis] - extent);
    });
    const small = total.map((pad) => Math.floor(pad / 2));
    const large = total.map((pad) => Math.ceil(pad / 2));
    return mode === 'SAME_UPPER' ? { padsBegin: small, padsEnd: large } : { padsBegin: large, padsEnd: small };
  }
  if (mode !== 'NOTSET' && mode !== 'VALID') return refuse(`auto_pad ${mode}`);
  const pads = mode === 'VALID' ? undefined : context.ints('pads');
  if (pads !== undefined && (pads.length !== 2 * rank || pads.some((pad) => pad < 0)))
    return refuse(`pads [${pads.join(', ')}] for ${rank} spatial axes`);
  const zeros = new Array<number>(rank).fill(0);
  return { padsBegin: pads?.slice(0, rank) ?? zeros, padsEnd: pads?.slice(rank) ?? zeros };
}

/** Multi-indices of a shape, row-major. */
export function positionsOf(shape: Shape): number[][] {
  const strides = stridesOf(shape);
  return Array.from({ length: limitSize(sizeOf(shape)) }, (_, i) =>
    shape.map((extent, axis) => Math.floor(i / strides[axis]) % extent),
  );
}

/** For each output position, the flat spatial position under each kernel element, or -1 in the padding. */
export function slideWindows(sliding: Sliding): Int32Array[] {
  const strides = stridesOf(sliding.input);
  limitSize(sizeOf(sliding.output) * sizeOf(sliding.kernel));
  const taps = positionsOf(sliding.kernel);
  return positionsOf(sliding.output).map((position) =>
    Int32Array.from(taps, (tap) => {
      let flat = 0;
      for (let axis = 0; axis < tap.length; axis++) {
        const at =
          position[axis] * sliding.strides[axis] + tap[axis] * sliding.dilations[axis] - sliding.padsBegin[axis];
        if (at < 0 || at >= sliding.input[axis]) return -1;
        flat += at * strides[axis];
      }
      return flat;
    }),
  );
}

/** For each output position, how many kernel elements lie in the input or its declared padding. */
export function countWithPadding(sliding: Sliding): Int32Array {
  const taps = positionsOf(sliding.kernel);
  return Int32Array.from(
    positionsOf(sliding.output),
    (position) =>
      taps.filter((tap) =>
        tap.every((k, axis) => {
          const at = position[axis] * sliding.strides[axis] + k * sliding.dilations[axis];
          return at < sliding.input[axis] + sliding.padsBegin[axis] + sliding.padsEnd[axis];
        }),
      ).length,
  );
}

/** Splits `[N, C, …spatial]`. Refuses fewer than three axes. */
export function splitChannels(shape: Shape): { batch: number; channels: number; spatial: Shape; area: number } {
  if (shape.length < 3) return refuse(`rank ${shape.length}, at least 3 expected (batch, channels, positions)`);
  const spatial = shape.slice(2);
  return { batch: shape[0], channels: shape[1], spatial, area: sizeOf(spatial) };
}
