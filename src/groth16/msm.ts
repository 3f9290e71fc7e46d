import { type Curve, FIELD_BYTES, G1_BYTES, G2_BYTES } from './curve.js';

export type GroupName = 'g1' | 'g2';

/** Scalars sorted by size; addresses in the memory of the curve, valid until released. */
export interface SplitScalars {
  readonly total: number;
  /** Entries `index << 1`, as the kernels gather them. */
  readonly ones: { readonly count: number; readonly entries: number };
  readonly shorts: PackedScalars;
  /** Small negative numbers, negated. */
  readonly negatives: PackedScalars;
  readonly longs: PackedScalars;
}

interface PackedScalars {
  readonly count: number;
  /** Index of each value's base, 4 bytes each; 0 when the i-th value belongs to the i-th base. */
  readonly map: number;
  /** 32 bytes each. */
  readonly values: number;
  /** No value reaches 2^bits. */
  readonly bits: number;
}

/** Bits of a scalar. */
const SCALAR_BITS = 254;
/** One step of the weighted sum of buckets costs as much as that many additions of the trees. */
const REDUCTION_COST = 4;
const MAX_WINDOW = 16;

/** Sorts `count` scalars (plain integers of 32 bytes) by size, once for all the bases that they multiply. */
export function splitScalars(curve: Curve, scalars: number, count: number): SplitScalars {
  const list = () => curve.alloc(4 * count);
  const room = () => curve.alloc(FIELD_BYTES * count);
  const [ones, shorts, negatives, longs] = [list(), list(), list(), list()];
  const [values, negated, longValues] = [room(), room(), room()];
  const result = curve.alloc(24);
  curve.call.msm_split(scalars, count, ones, shorts, negatives, longs, values, negated, longValues, result);
  const [oneCount, shortCount, negativeCount, longCount, shortUnion, negativeUnion] = curve.words.subarray(
    result >> 2,
    (result >> 2) + 6,
  );
  return {
    total: count,
    ones: { count: oneCount, entries: ones },
    shorts: { count: shortCount, map: shorts, values, bits: 32 - Math.clz32(shortUnion) },
    negatives: { count: negativeCount, map: negatives, values: negated, bits: 32 - Math.clz32(negativeUnion) },
    longs: { count: longCount, map: longs, values: longValues, bits: SCALAR_BITS },
  };
}

/** `Σ scalar_i · base_i` for scalars of which most are zero, one or short. Returns a Jacobian point. */
export function multiplySplit(curve: Curve, group: GroupName, bases: number, scalars: SplitScalars): number {
  const sum = curve.alloc(jacobianBytes(group));
  const mark = curve.mark();
  const { shorts, negatives, longs } = scalars;
  sumOnes(curve, group, bases, scalars.ones, sum);
  for (const part of [shorts, longs]) {
    if (part.count > 0) curve.call[`${group}m_add`](sum, multiplyPacked(curve, group, bases, part), sum);
  }
  if (negatives.count > 0) {
    const part = multiplyPacked(curve, group, bases, negatives);
    curve.call[`${group}m_neg`](part, part);
    curve.call[`${group}m_add`](sum, part, sum);
  }
  curve.release(mark);
  return sum;
}

/** `Σ scalar_i · base_i` for full-size scalars, in the order of the bases. The scalars are changed. */
export function multiplyFull(curve: Curve, group: GroupName, bases: number, scalars: number, count: number): number {
  return multiplyPacked(curve, group, bases, { count, map: 0, values: scalars, bits: SCALAR_BITS });
}

function jacobianBytes(group: GroupName): number {
  return ((group === 'g1' ? G1_BYTES : G2_BYTES) * 3) / 2;
}

function sumOnes(curve: Curve, group: GroupName, bases: number, ones: SplitScalars['ones'], sum: number): void {
  if (ones.count === 0) {
    curve.call[`${group}m_zero`](sum);
    return;
  }
  const points = curve.alloc(ones.count * (group === 'g1' ? G1_BYTES : G2_BYTES));
  const starts = curve.alloc(8);
  curve.words.set([0, ones.count], starts >> 2);
  curve.call[`${group}m_msmTree`](bases, 0, ones.entries, points, starts, 1);
  curve.call[`${group}m_toJacobian`](points, sum);
}

/**
 * Pippenger with signed digits. Adding `Σ 2^(w-1) · 2^(w·j)` to every scalar makes each digit, less 2^(w-1), the signed
 * one; the highest digit stays unsigned.
 */
function multiplyPacked(curve: Curve, group: GroupName, bases: number, packed: PackedScalars): number {
  const sum = curve.alloc(jacobianBytes(group));
  const mark = curve.mark();
  const { count, bits } = packed;
  const width = chooseWindow(count, bits);
  const windows = Math.ceil(bits / width);
  const bias = 2 ** (width - 1);
  let offset = 0n;
  for (let window = 0; window < windows - 1; window++) offset |= BigInt(bias) << BigInt(window * width);
  addToAll(curve, packed.values, count, offset);

  const points = curve.alloc(count * (group === 'g1' ? G1_BYTES : G2_BYTES));
  const sorted = curve.alloc(4 * count);
  const starts = curve.alloc(4 * (2 ** (width + 1) + 2));
  const part = curve.alloc(jacobianBytes(group));
  curve.call[`${group}m_zero`](sum);
  for (let window = windows - 1; window >= 0; window--) {
    const top = window === windows - 1;
    const digitBits = top ? bits - window * width + 1 : width;
    for (let bit = 0; !top && bit < width; bit++) curve.call[`${group}m_double`](sum, sum);
    const shift = window * width;
    curve.call.msm_sortDigits(packed.values, FIELD_BYTES, count, shift, digitBits, top ? 0 : bias, starts, sorted);
    const buckets = top ? 2 ** digitBits : bias;
    curve.call[`${group}m_msmTree`](bases, packed.map, sorted, points, starts, buckets);
    curve.call[`${group}m_msmReduce`](points, starts, buckets, part);
    curve.call[`${group}m_add`](sum, part, sum);
  }
  // The same scalars may multiply other bases.
  addToAll(curve, packed.values, count, 2n ** 256n - offset);
  curve.release(mark);
  return sum;
}

/** The width of digits with the least work: additions into buckets, and the weighted sums of the buckets. */
function chooseWindow(count: number, bits: number): number {
  let [best, least] = [1, Number.POSITIVE_INFINITY];
  for (let width = 2; width <= MAX_WINDOW; width++) {
    const work = Math.ceil(bits / width) * (count + REDUCTION_COST * 2 ** (width - 1));
    if (work < least) [best, least] = [width, work];
  }
  return best;
}

function addToAll(curve: Curve, values: number, count: number, offset: bigint): void {
  const at = curve.alloc(FIELD_BYTES);
  curve.writeInteger(at, BigInt.asUintN(256, offset));
  for (let index = 0; index < count; index++) {
    const value = values + index * FIELD_BYTES;
    curve.call.int_add(value, at, value);
  }
}
