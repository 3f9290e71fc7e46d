import { sizeOf, stridesOf } from '../../core/tensor.js';
import type { Operand } from '../builder.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { limitSize } from './support/problem.js';
import { normalizeAxis } from './support/shape.js';

/** One Fourier transform: which samples it reads and how many of its frequencies are kept. */
interface Transform {
  /** Samples of the period; those that the signal lacks are 0. */
  readonly length: number;
  readonly bins: number;
  readonly inverse: boolean;
  /** Factor of each sample. */
  readonly window: readonly number[];
}

/** Sines of whole quarter turns are 0, not almost 0. */
const NOTHING = 1e-12;

/** Weights of real and imaginary parts of each sample, for the real (0) or imaginary (1) part of one frequency. */
function kernelOf({ length, inverse, window }: Transform, bin: number, part: number, isComplex: boolean): Float64Array {
  const weights: number[] = [];
  for (const [t, factor] of window.entries()) {
    const angle = (2 * Math.PI * ((bin * t) % length)) / length;
    const [along, across] = [Math.cos(angle), (inverse ? 1 : -1) * Math.sin(angle)];
    const pair = part === 0 ? [along, -across] : [across, along];
    for (const weight of isComplex ? pair : pair.slice(0, 1))
      weights.push(Math.abs(weight) < NOTHING ? 0 : (weight * factor) / (inverse ? length : 1));
  }
  return Float64Array.from(weights);
}

/**
 * Applies a transform at several places of a signal whose last axis holds real, or real and imaginary parts.
 * @param starts element that holds the first sample of each place
 * @param stride elements from one sample to the next
 * @param rowOf where the output keeps the real part of a frequency of a place; the imaginary part follows it
 */
function transformAt(
  context: RuleContext,
  x: Operand,
  transform: Transform,
  places: { readonly starts: readonly number[]; readonly stride: number },
  rowOf: (place: number, bin: number) => number,
  shape: readonly number[],
): Operand {
  limitSize(sizeOf(shape) * transform.window.length);
  const isComplex = x.shape[x.shape.length - 1] === 2;
  const kernels: Float64Array[] = [];
  for (let bin = 0; bin < transform.bins; bin++)
    kernels.push(kernelOf(transform, bin, 0, isComplex), kernelOf(transform, bin, 1, isComplex));
  const windows = places.starts.map((start) =>
    Int32Array.from(
      transform.window.flatMap((_, t) => (isComplex ? [0, 1] : [0]).map((c) => start + t * places.stride + c)),
    ),
  );
  const rowWindow = new Int32Array(sizeOf(shape));
  const rowKernel = new Int32Array(sizeOf(shape));
  for (const place of windows.keys())
    for (let bin = 0; bin < transform.bins; bin++)
      for (const part of [0, 1]) {
        rowWindow[rowOf(place, bin) + part] = place;
        rowKernel[rowOf(place, bin) + part] = 2 * bin + part;
      }
  return context.builder.linear(
    [x],
    { windows, kernels, rowWindow, rowKernel, bias: new Float64Array(rowWindow.length) },
    shape,
  );
}

/** The parts that the last axis holds, or a refusal. */
function requireParts(context: RuleContext, x: Operand): void {
  const parts = x.shape[x.shape.length - 1];
  if (x.shape.length < 2 || (parts !== 1 && parts !== 2))
    context.unsupported(`a signal of ${parts} parts`, 'the last axis holds real, or real and imaginary parts');
}

const dft: ImportRule = (context) => {
  const x = context.input(0);
  requireParts(context, x);
  const given = context.version >= 20 ? context.optionalScalar(2, 'the axis') : context.int('axis', 1);
  const axis = normalizeAxis(given ?? -2, x.shape.length);
  if (axis === x.shape.length - 1) context.unsupported('a transform along the axis of real and imaginary parts');
  const inverse = context.int('inverse', 0) !== 0;
  const oneSided = context.int('onesided', 0) !== 0;
  if (inverse && oneSided) context.unsupported('an inverse transform of half a spectrum', 'keep the whole spectrum');
  const samples = x.shape[axis];
  const length = context.optionalScalar(1, 'the length') ?? samples;
  if (length < 1) context.unsupported(`a transform of length ${length}`);
  const bins = oneSided ? Math.floor(length / 2) + 1 : length;
  const shape = x.shape.map((extent, at) => (at === axis ? bins : extent));
  shape[shape.length - 1] = 2;
  const stride = stridesOf(x.shape)[axis];
  const step = stridesOf(shape)[axis];
  const inner = stride / x.shape[x.shape.length - 1];
  const outer = sizeOf(x.shape.slice(0, axis));
  const starts = Array.from({ length: outer * inner }, (_, place) => {
    const [o, i] = [Math.floor(place / inner), place % inner];
    return o * stride * samples + i * x.shape[x.shape.length - 1];
  });
  const rowOf = (place: number, bin: number) =>
    Math.floor(place / inner) * step * bins + bin * step + (place % inner) * 2;
  const window = new Array<number>(Math.min(samples, length)).fill(1);
  return transformAt(context, x, { length, bins, inverse, window }, { starts, stride }, rowOf, shape);
};

const stft: ImportRule = (context) => {
  const given = context.input(0);
  // A signal without the axis of parts is real.
  const x: Operand = given.shape.length === 2 ? { ...given, shape: [...given.shape, 1] } : given;
  requireParts(context, x);
  const [batch, samples, parts] = x.shape;
  const step = context.constant(1, 'the frame step').data[0];
  const taper = context.has(2) ? Array.from(context.constant(2, 'the window').data) : undefined;
  const length = context.optionalScalar(3, 'the frame length') ?? taper?.length;
  if (length === undefined || length < 1 || length > samples || step < 1)
    return context.unsupported(`frames of ${length ?? 'no'} samples in a signal of ${samples}`);
  const window = taper ?? new Array<number>(length).fill(1);
  if (window.length !== length) context.unsupported(`a window of ${window.length} on frames of ${length} samples`);
  const frames = Math.floor((samples - length) / step) + 1;
  const bins = context.int('onesided', 1) !== 0 ? Math.floor(length / 2) + 1 : length;
  const starts = Array.from(
    { length: batch * frames },
    (_, place) => (Math.floor(place / frames) * samples + (place % frames) * step) * parts,
  );
  const transform = { length, bins, inverse: false, window };
  const rowOf = (place: number, bin: number) => (place * bins + bin) * 2;
  return transformAt(context, x, transform, { starts, stride: parts }, rowOf, [batch, frames, bins, 2]);
};

export const signalRules: RuleRecord = { DFT: dft, STFT: stft };
