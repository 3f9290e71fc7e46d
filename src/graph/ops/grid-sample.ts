import { sizeOf, stridesOf } from '../../core/tensor.js';
import { InternTable } from '../intern.js';
import { roundHalfEven } from '../scalar.js';
import type { ImportRule, RuleRecord } from './rule.js';
import { limitSize } from './support/problem.js';

/** Positions along an axis and their weights. */
type Taps = readonly (readonly [position: number, weight: number])[];

const tapsOf: Readonly<Record<string, (x: number) => Taps>> = {
  nearest: (x) => [[roundHalfEven(x), 1]],
  linear: (x) => {
    const low = Math.floor(x);
    return [
      [low, 1 - (x - low)],
      [low + 1, x - low],
    ];
  },
  cubic: (x) => {
    const low = Math.floor(x);
    const a = -0.75;
    return [-1, 0, 1, 2].map((step) => {
      const d = Math.abs(x - low - step);
      const weight = d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
      return [low + step, weight] as const;
    });
  },
};

/** Mirrors a position between two ends until it lies there. */
function reflect(x: number, low: number, high: number): number {
  const span = high - low;
  if (span <= 0) return low;
  const turns = Math.floor(Math.abs(x < low ? low - x : x - low) / span);
  const rest = Math.abs(x < low ? low - x : x - low) - turns * span;
  return turns % 2 === 0 ? low + rest : high - rest;
}

/** Samples of a tensor at constant positions: a sum of few elements each. */
const gridSample: ImportRule = (context) => {
  const x = context.input(0);
  const grid = context.constant(1, 'the grid');
  const mode = context.text('mode', 'linear').replace(/^bi/, '');
  const padding = context.text('padding_mode', 'zeros');
  const aligned = context.int('align_corners', 0) !== 0;
  const taps = tapsOf[mode] ?? context.unsupported(`mode ${mode}`);
  const [batch, channels, ...extents] = x.shape;
  const places = grid.shape.slice(1, -1);
  const rank = extents.length;
  if (grid.shape.length !== rank + 2 || grid.shape[rank + 1] !== rank || grid.shape[0] !== batch)
    context.unsupported('a grid that does not fit the input');
  const shape = [batch, channels, ...places];
  limitSize(sizeOf(shape) * 4 ** rank);
  const strides = stridesOf(x.shape).slice(2);
  /** Where a position along an axis is read; undefined where it counts as 0. */
  const indexOf = (position: number, extent: number): number | undefined => {
    if (position >= 0 && position < extent) return position;
    if (padding === 'zeros') return undefined;
    if (padding === 'border') return Math.min(Math.max(position, 0), extent - 1);
    return Math.round(aligned ? reflect(position, 0, extent - 1) : reflect(position, -0.5, extent - 0.5));
  };
  const coordinateOf = (given: number, extent: number): number => {
    const at = aligned ? ((given + 1) / 2) * (extent - 1) : ((given + 1) * extent - 1) / 2;
    if (padding === 'zeros' || (padding === 'border' && mode === 'cubic')) return at;
    if (padding === 'border') return Math.min(Math.max(at, 0), extent - 1);
    return aligned ? reflect(at, 0, extent - 1) : reflect(at, -0.5, extent - 0.5);
  };
  const kernels = new InternTable<Float64Array>();
  const size = sizeOf(places);
  const windows: Int32Array[] = [];
  const rowKernel = new Int32Array(sizeOf(shape));
  for (let n = 0; n < batch; n++) {
    const found = Array.from({ length: size }, (_, place) => {
      let sum: Taps = [[0, 1]];
      for (const [axis, extent] of extents.entries()) {
        // The grid has the last axis first.
        const given = grid.data[(n * size + place) * rank + (rank - 1 - axis)];
        const along = taps(coordinateOf(given, extent)).flatMap(([position, weight]) => {
          const index = indexOf(position, extent);
          return index === undefined || weight === 0 ? [] : [[index * strides[axis], weight] as const];
        });
        sum = sum.flatMap(([offset, weight]) =>
          along.map(([more, factor]) => [offset + more, weight * factor] as const),
        );
      }
      return sum;
    });
    for (let c = 0; c < channels; c++)
      for (const sum of found) {
        const base = (n * channels + c) * sizeOf(extents);
        rowKernel[windows.length] = kernels.add(Float64Array.from(sum, ([, weight]) => weight));
        windows.push(Int32Array.from(sum, ([offset]) => base + offset));
      }
  }
  const rowWindow = Int32Array.from({ length: windows.length }, (_, row) => row);
  const map = { windows, kernels: kernels.items, rowWindow, rowKernel, bias: new Float64Array(windows.length) };
  return context.builder.linear([x], map, shape);
};

export const gridSampleRules: RuleRecord = { GridSample: gridSample };
