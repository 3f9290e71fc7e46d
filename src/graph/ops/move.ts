import { formatShape, type Shape, sizeOf, stridesOf } from '../../core/tensor.js';
import type { GraphBuilder, Operand } from '../builder.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { broadcastShapes, broadcastTo } from './support/broadcast.js';
import { aliasOf } from './support/deferred.js';
import { limitSize } from './support/problem.js';
import { concat, normalizeAxis, pick, sliceAxis, takeAxis, transpose } from './support/shape.js';
import { positionsOf } from './support/windows.js';

const transposeRule: ImportRule = (context) => {
  const x = context.input(0);
  const axes = x.shape.map((_, axis) => axis);
  const permutation = context.ints('perm') ?? axes.toReversed();
  if ([...permutation].sort((a, b) => a - b).join() !== axes.join())
    context.unsupported(`perm [${permutation.join(', ')}] of a tensor of rank ${axes.length}`);
  return transpose(context.builder, x, permutation);
};

const concatRule: ImportRule = (context) => {
  const parts = context.inputsFrom(0);
  return concat(context.builder, parts, normalizeAxis(context.int('axis', 1), parts[0].shape.length));
};

const slice: ImportRule = (context) => {
  let x = context.input(0);
  const attributes = context.version < 10;
  const starts = attributes ? context.ints('starts') : Array.from(context.constant(1, 'starts').data);
  const ends = attributes ? context.ints('ends') : Array.from(context.constant(2, 'ends').data);
  const axes = attributes ? context.ints('axes') : context.optionalInts(3, 'the axes');
  const steps = attributes ? undefined : context.optionalInts(4, 'the steps');
  if (starts === undefined || ends === undefined) return context.unsupported('starts or ends are missing');
  starts.forEach((start, n) => {
    const axis = normalizeAxis(axes?.[n] ?? n, x.shape.length);
    const step = steps?.[n] ?? 1;
    if (step === 0) context.unsupported('a step of 0');
    const extent = x.shape[axis];
    const clamp = (value: number) => {
      const positive = value < 0 ? value + extent : value;
      return step > 0 ? Math.min(Math.max(positive, 0), extent) : Math.min(Math.max(positive, -1), extent - 1);
    };
    const first = clamp(start);
    const count = Math.max(0, Math.ceil((clamp(ends[n]) - first) / step));
    x = sliceAxis(context.builder, x, axis, first, count, step);
  });
  return x;
};

const split: ImportRule = (context) => {
  const x = context.input(0);
  const axis = normalizeAxis(context.int('axis', 0), x.shape.length);
  const extent = x.shape[axis];
  const parts = context.int('num_outputs', context.node.outputs.length);
  const chunk = Math.ceil(extent / parts);
  const given = context.version < 13 ? context.ints('split') : context.optionalInts(1, 'the lengths');
  const lengths = given ?? Array.from({ length: parts }, (_, n) => Math.min(chunk, extent - n * chunk));
  if (lengths.reduce((sum, n) => sum + n, 0) !== extent || lengths.some((n) => n < 0))
    context.unsupported(`cannot split ${extent} into [${lengths.join(', ')}]`);
  let start = 0;
  return lengths.map((length) => {
    start += length;
    return sliceAxis(context.builder, x, axis, start - length, length);
  });
};

const tile: ImportRule = (context) => {
  let x = context.input(0);
  const repeats = Array.from(context.constant(1, 'the repeats').data);
  repeats.forEach((count, axis) => {
    if (count === 1) return;
    limitSize(sizeOf(x.shape) * count);
    const indices = Array.from({ length: x.shape[axis] * count }, (_, i) => i % x.shape[axis]);
    x = takeAxis(context.builder, x, axis, indices);
  });
  return x;
};

const expand: ImportRule = (context) => {
  const x = context.input(0);
  const wanted = Array.from(context.constant(1, 'the shape').data);
  return broadcastTo(context.builder, x, broadcastShapes(x.shape, wanted));
};

/** `[N, C, H, W]` seen as blocks, permuted. */
const depthToSpace: ImportRule = (context) => {
  const x = context.input(0);
  const [batch, channels, height, width] = rank4(context, x.shape);
  const b = context.int('blocksize', 1);
  const rest = channels / (b * b);
  const columnFirst = context.text('mode', 'DCR') === 'CRD';
  const blocks = columnFirst ? [batch, rest, b, b, height, width] : [batch, b, b, rest, height, width];
  const order = columnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  return aliasOf(transpose(context.builder, aliasOf(x, blocks), order), [batch, rest, height * b, width * b]);
};

const spaceToDepth: ImportRule = (context) => {
  const x = context.input(0);
  const [batch, channels, height, width] = rank4(context, x.shape);
  const b = context.int('blocksize', 1);
  const blocks = aliasOf(x, [batch, channels, height / b, b, width / b, b]);
  return aliasOf(transpose(context.builder, blocks, [0, 3, 5, 1, 2, 4]), [
    batch,
    channels * b * b,
    height / b,
    width / b,
  ]);
};

function rank4(context: RuleContext, shape: Shape): Shape {
  return shape.length === 4 ? shape : context.unsupported(`shape ${formatShape(shape)}, four axes expected`);
}

/** Reads begin and end pads for each axis of the tensor. */
function readPadding(context: RuleContext, rank: number): { begin: number[]; end: number[] } {
  const list = context.version < 11 ? context.ints('pads') : Array.from(context.constant(1, 'the pads').data);
  const axes = context.optionalInts(3, 'the axes')?.map((axis) => normalizeAxis(axis, rank));
  const half = (list?.length ?? 0) / 2;
  if (list === undefined || half !== (axes?.length ?? rank)) return context.unsupported('pads do not fit the rank');
  const begin = new Array<number>(rank).fill(0);
  const end = new Array<number>(rank).fill(0);
  for (let n = 0; n < half; n++) {
    begin[axes?.[n] ?? n] = list[n];
    end[axes?.[n] ?? n] = list[half + n];
  }
  return { begin, end };
}

/** Position inside `[0, extent)` that a padded position reads, or -1 for the constant. */
function padSource(mode: string, at: number, extent: number): number {
  if (at >= 0 && at < extent) return at;
  if (mode === 'edge') return at < 0 ? 0 : extent - 1;
  if (mode === 'wrap') return ((at % extent) + extent) % extent;
  if (mode === 'constant') return -1;
  const period = Math.max(1, 2 * (extent - 1));
  const folded = ((at % period) + period) % period;
  return folded < extent ? folded : period - folded;
}

const pad: ImportRule = (context) => {
  const x = context.input(0);
  const mode = context.text('mode', 'constant');
  if (!['constant', 'reflect', 'edge', 'wrap'].includes(mode)) context.unsupported(`mode ${mode}`);
  const { begin, end } = readPadding(context, x.shape.length);
  const fill = context.version < 11 ? context.float('value', 0) : (context.optionalScalar(2, 'the padding value') ?? 0);
  const shape = x.shape.map((extent, axis) => extent + begin[axis] + end[axis]);
  if (shape.some((extent) => extent < 0)) context.unsupported('pads remove more than there is');
  const strides = stridesOf(x.shape);
  const index = Int32Array.from(positionsOf(shape), (position) => {
    let flat = 0;
    for (let axis = 0; axis < position.length; axis++) {
      const source = padSource(mode, position[axis] - begin[axis], x.shape[axis]);
      if (source < 0) return -1;
      flat += source * strides[axis];
    }
    return flat;
  });
  return context.builder.gather([x], index, Float64Array.of(fill), shape, x.type);
};

/** Keeps one triangle and writes 0 elsewhere. */
const trilu: ImportRule = (context) => {
  const x = context.input(0);
  const [rows, columns] = x.shape.slice(-2);
  const k = context.optionalScalar(1, 'k') ?? 0;
  const upper = context.int('upper', 1) !== 0;
  const index = new Int32Array(sizeOf(x.shape)).map((_, i) => {
    const [row, column] = [Math.floor(i / columns) % rows, i % columns];
    return (upper ? column - row >= k : column - row <= k) ? i : -1;
  });
  return context.builder.gather([x], index, Float64Array.of(0), x.shape, x.type);
};

/** Picks slices by constant flat positions. */
export function pickSlices(builder: GraphBuilder, x: Operand, bases: readonly number[], inner: number, shape: Shape) {
  const index = new Int32Array(bases.length * inner);
  bases.forEach((base, n) => {
    for (let i = 0; i < inner; i++) index[n * inner + i] = base + i;
  });
  return pick(builder, x, index, shape);
}

export const moveRules: RuleRecord = {
  Transpose: transposeRule,
  Concat: concatRule,
  Slice: slice,
  Split: split,
  Tile: tile,
  Expand: expand,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Pad: pad,
  Trilu: trilu,
};
