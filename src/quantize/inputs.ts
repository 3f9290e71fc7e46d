import { bitLength } from '../core/range.js';
import { type Shape, sizeOf } from '../core/tensor.js';
import type { GraphValue } from '../graph/ir.js';
import { roundHalfEven } from '../graph/scalar.js';
import { compact } from './affine.js';
import type { Affine } from './builder.js';
import { entryAt } from './evaluate.js';
import { observeMinMax } from './observe.js';
import type { QuantizeOptions } from './options.js';
import type { QuantizationForm } from './scalar-shape.js';
import { commonStep } from './weights.js';

/** Tensors up to this many elements are tabular: every element is a feature with a scale of its own, and cheap to widen. */
const TABULAR_ELEMENTS = 128;
/** Bits that a feature of a table gets beyond those of an image: they are few, and their ranges are guessed. */
const TABULAR_BITS = 3;
/** Bits of a feature that only trees compare: a comparison costs two constraints a bit and feature, whatever the trees. */
const TREE_BITS = 16;
/** Room beyond the calibrated range of a tabular feature, at each end that isn't 0, as a part of the range. */
const TABULAR_MARGIN = 0.4;
/** Share of the rows that is the tail of a feature, the room beyond it as a multiple of how far it reaches, and that room at most. */
const TAIL = 0.1;
const TAIL_MARGIN = 2.5;
const LARGEST_MARGIN = 1.2;
/** Room above integers of a table that do not fill their bits anyway, as a part of their range. */
const INTEGER_MARGIN = 0.2;
/** Integers observed up to this range are kept as they are. */
const LARGEST_INTEGER_RANGE = 2 ** 16;

export interface InputCode extends Affine {
  readonly bits: number;
  readonly max: number;
}

/** Whether an input is a row of features, each with a scale of its own, rather than an image or a series. */
export function isTabular(shape: Shape): boolean {
  return sizeOf(shape) <= TABULAR_ELEMENTS && shape.filter((extent) => extent > 1).length <= 1;
}

/**
 * Decides how a model input becomes codes in `[0, 2^bits)`. Integral data keeps its own integers; images share one scale;
 * features of a table have one each.
 * @param rows elements of the input on every calibration row
 * @param feedsTrees whether decision trees are all that reads the input
 */
export function encodeInput(
  value: GraphValue,
  rows: readonly Float64Array[],
  options: QuantizeOptions,
  feedsTrees = false,
): InputCode {
  const size = rows[0].length;
  const all = observeMinMax(
    Float64Array.from(rows.flatMap((row) => [observeMinMax(row).low, observeMinMax(row).high])),
  );
  const isIntegral = rows.every((row) => row.every(Number.isInteger));
  if (
    isIntegral &&
    (value.type !== 'float' || (all.high - all.low < LARGEST_INTEGER_RANGE && all.high > all.low + 1))
  ) {
    const isSignedByte = value.type === 'int' && all.low < 0 && all.low >= -128 && all.high <= 127;
    // Counts and positions start at 0, also where calibration rows have none there.
    const least = all.low > 0 && 2 * all.low <= all.high - all.low ? 0 : all.low;
    const { low, high } = isSignedByte ? { low: -128, high: 127 } : { low: least, high: all.high };
    const seen = Math.max(1, bitLength(high - low));
    const isFull = high - low === 2 ** seen - 1;
    const room = isTabular(value.shape) && !isFull ? INTEGER_MARGIN * (high - low) : 0;
    const bits = bitLength(Math.max(1, Math.floor(high - low + room)));
    return { scale: Float64Array.of(1), zeroPoint: Float64Array.of(-low), bits, max: 2 ** bits - 1 };
  }
  const tabular = isTabular(value.shape);
  const bits = feedsTrees ? Math.max(options.inputBits, TREE_BITS) : options.inputBits + (tabular ? TABULAR_BITS : 0);
  const levels = 2 ** bits - 1;
  const ranges = tabular
    ? Array.from({ length: size }, (_, i) => widen(Float64Array.from(rows, (row) => row[i]).sort(), all))
    : [all.high > all.low ? all : { low: Math.min(0, all.low), high: Math.max(1, all.high) }];
  const common = findGrid(rows.flatMap((row) => Array.from(row)));
  const scale = Float64Array.from(ranges, ({ low, high }, i) =>
    alignToGrid((high - low) / levels, common ?? (tabular ? findGrid(rows.map((row) => row[i])) : null)),
  );
  const zeroPoint = Float64Array.from(ranges, ({ low }, i) => Math.round(-low / scale[i]));
  return { scale: compact(scale), zeroPoint: compact(zeroPoint), bits, max: levels };
}

/** The code that a model quantizes its input to itself: then its first operator changes nothing. */
export function adoptCode({ scale, low, high }: QuantizationForm): InputCode {
  const bits = bitLength(high - low);
  return { scale: Float64Array.of(scale), zeroPoint: Float64Array.of(-low), bits, max: high - low };
}

/** Distinct values beyond which no grid is looked for. */
const MOST_DISTINCT = 512;

/** The grid on which all values lie (tenths, sixteenths, 1/255); null where they lie on none. */
function findGrid(values: readonly number[]): number | null {
  const distinct = new Set<number>();
  for (const value of values) if (distinct.add(value).size > MOST_DISTINCT) return null;
  const step = commonStep([...distinct]);
  // Values are rounded to float32, a tenth is meant exactly.
  const parts = step === null ? 0 : Math.round(1 / step);
  return step !== null && parts >= 1 && Math.abs(step * parts - 1) < 1e-6 ? 1 / parts : step;
}

/**
 * The step itself, or the next coarser one that divides the grid into a power of two: as fine to half, and exact on the values
 * that were seen.
 */
function alignToGrid(step: number, grid: number | null): number {
  if (grid === null) return step;
  const aligned = grid / 2 ** Math.floor(Math.log2(grid / step));
  return Math.max(aligned, step);
}

/** Range that a feature's codes cover: long tails (amounts, incomes) get more room than even spreads. */
function widen(ascending: Float64Array, all: { low: number; high: number }): { low: number; high: number } {
  const range = observeMinMax(ascending);
  const span = range.high - range.low;
  const roomFor = (tail: number) =>
    Math.min(Math.max(TABULAR_MARGIN * span, TAIL_MARGIN * tail), LARGEST_MARGIN * span);
  const rest = Math.floor(TAIL * ascending.length);
  const below = roomFor(ascending[rest] - range.low);
  const above = roomFor(range.high - ascending[ascending.length - 1 - rest]);
  const low = range.low === 0 ? 0 : range.low > 0 ? Math.max(0, range.low - below) : range.low - below;
  const high = range.high === 0 ? 0 : range.high + above;
  if (high > low) return { low, high };
  // A feature that is always 0 has no unit of its own: it takes that of the others, and costs no bits in sums with them.
  const room = low === 0 ? Math.max((all.high - all.low) / 2, 1e-6) : Math.abs(low) / 2;
  return { low: low - room, high: high + room };
}

/** Codes of a row of reals: `clamp(roundHalfEven(real / scale) + zeroPoint, 0, max)`. */
export function quantizeInput(reals: ArrayLike<number>, affine: Affine, max: number): Float64Array {
  return Float64Array.from({ length: reals.length }, (_, i) => {
    const code = roundHalfEven(reals[i] / entryAt(affine.scale, i)) + entryAt(affine.zeroPoint, i);
    return Math.min(Math.max(code, 0), max);
  });
}

/** Reals of codes: `scale · (q - zeroPoint)`. */
export function dequantize(codes: ArrayLike<number>, affine: Affine): Float64Array {
  return Float64Array.from(
    { length: codes.length },
    (_, i) => entryAt(affine.scale, i) * (codes[i] - entryAt(affine.zeroPoint, i)),
  );
}
