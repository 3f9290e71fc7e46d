import { type Curve, FIELD_BYTES, G1_BYTES, G2_BYTES } from './curve.js';

export type GroupName = 'g1' | 'g2';

/** Scalars sorted by size; addresses in the memory of the curve, valid until released. */
export interface SplitScalars {
  readonly ones: PackedScalars;
  readonly shorts: PackedScalars;
  /** Small negative numbers, negated. */
  readonly negatives: PackedScalars;
  readonly longs: PackedScalars;
}

/** Scalars of one kind, made ready for any number of products. */
export interface PackedScalars {
  readonly count: number;
  /** Index of each value's base, 4 bytes each; 0 when the i-th value belongs to the i-th base. */
  readonly map: number;
  /** 32 bytes each, shifted so that their digits are signed; or entries `index << 1` of 4 bytes, where all are one. */
  readonly values: number;
  /** No value reached 2^bits. */
  readonly bits: number;
  /** Bits of a digit; 0 where all values are one. */
  readonly width: number;
  /** Whether the values stand for their negatives. */
  readonly negative?: boolean;
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
  const bitsOf = (union: number) => 32 - Math.clz32(union);
  const pack = (map: number, at: number, listed: number, bits: number) =>
    packDigits(curve, { count: listed, map, values: at, bits });
  return {
    ones: { count: oneCount, map: 0, values: ones, bits: 1, width: 0 },
    shorts: pack(shorts, values, shortCount, bitsOf(shortUnion)),
    negatives: { ...pack(negatives, negated, negativeCount, bitsOf(negativeUnion)), negative: true },
    longs: pack(longs, longValues, longCount, SCALAR_BITS),
  };
}

/** The same scalars without those of the first bases. */
export function dropFirst(curve: Curve, split: SplitScalars, bases: number): SplitScalars {
  const drop = (list: PackedScalars): PackedScalars => {
    const isOnes = list.width === 0;
    const indexAt = (place: number) =>
      curve.words[((isOnes ? list.values : list.map) >> 2) + place] >>> (isOnes ? 1 : 0);
    let first = 0;
    while (first < list.count && indexAt(first) < bases) first++;
    const values = list.values + first * (isOnes ? 4 : FIELD_BYTES);
    return { ...list, count: list.count - first, map: isOnes ? 0 : list.map + 4 * first, values };
  };
  const { ones, shorts, negatives, longs } = split;
  return { ones: drop(ones), shorts: drop(shorts), negatives: drop(negatives), longs: drop(longs) };
}

/** Full-size scalars in the order of their bases. They are changed. */
export function packFull(curve: Curve, scalars: number, count: number): PackedScalars {
  return packDigits(curve, { count, map: 0, values: scalars, bits: SCALAR_BITS });
}

/** A part of a product that any thread can compute which sees the same memory. Addresses are absolute. */
export interface MsmStep {
  readonly group: GroupName;
  readonly bases: number;
  readonly scalars: PackedScalars;
  /** Windows of digits, from the lowest, `to` not included. */
  readonly from: number;
  readonly to: number;
}

/** A product in parts: those of one list of scalars follow each other from the highest window down. */
export interface MsmPlan {
  readonly group: GroupName;
  readonly steps: readonly MsmStep[];
}

/** `Σ scalar_i · base_i` for scalars of which most are zero, one or short. */
export function planSplit(group: GroupName, bases: number, { ones, shorts, negatives, longs }: SplitScalars): MsmPlan {
  const lists = [ones, shorts, negatives, longs].filter(({ count }) => count > 0);
  return { group, steps: lists.flatMap((scalars) => planList(group, bases, scalars)) };
}

/** `Σ scalar_i · base_i` for scalars of any size. */
export function planFull(group: GroupName, bases: number, scalars: PackedScalars): MsmPlan {
  return { group, steps: planList(group, bases, scalars) };
}

/** A window of few scalars is too little work for a step of its own. */
const STEP_SCALARS = 1024;

function planList(group: GroupName, bases: number, scalars: PackedScalars): MsmStep[] {
  const windows = countWindows(scalars);
  const each = Math.min(windows, Math.ceil(STEP_SCALARS / scalars.count));
  return Array.from({ length: Math.ceil(windows / each) }, (_, index) => {
    const to = windows - index * each;
    return { group, bases, scalars, from: Math.max(0, to - each), to };
  });
}

/** An addition in G2 costs as much as that many in G1. */
const G2_COST = 3;

/** How much work a step is, in additions in G1. */
export function workOfStep({ group, scalars: { count, width }, from, to }: MsmStep): number {
  return (group === 'g1' ? 1 : G2_COST) * (to - from) * (count + (width === 0 ? 0 : REDUCTION_COST * 2 ** (width - 1)));
}

/** How much work a product in G1 of full-size scalars is, in additions. */
export function workOfFull(count: number): number {
  const width = chooseWindow(count, SCALAR_BITS);
  return Math.ceil(SCALAR_BITS / width) * (count + REDUCTION_COST * 2 ** (width - 1));
}

/** Puts the parts of a product together. @param parts addresses of Jacobian points, as many as there are steps */
export function combineSteps(curve: Curve, { group, steps }: MsmPlan, parts: readonly number[]): number {
  const { [`${group}m_zero`]: zero, [`${group}m_add`]: add, [`${group}m_double`]: double } = curve.call;
  const total = curve.alloc(jacobianBytes(group));
  const sum = curve.alloc(jacobianBytes(group));
  zero(total);
  zero(sum);
  steps.forEach(({ scalars, from, to }, index) => {
    for (let bit = 0; bit < scalars.width * (to - from); bit++) double(sum, sum);
    add(sum, parts[index], sum);
    if (from > 0) return;
    if (scalars.negative) curve.call[`${group}m_neg`](sum, sum);
    add(total, sum, total);
    zero(sum);
  });
  return total;
}

/** Computes a product on this thread alone. */
export function multiply(curve: Curve, plan: MsmPlan): number {
  return combineSteps(
    curve,
    plan,
    plan.steps.map((step) => runStep(curve, step)),
  );
}

export function jacobianBytes(group: GroupName): number {
  return ((group === 'g1' ? G1_BYTES : G2_BYTES) * 3) / 2;
}

/** Computes one part of a product. Returns a Jacobian point. */
export function runStep(curve: Curve, step: MsmStep): number {
  const { group, bases, scalars, from, to } = step;
  const { count, map, values, bits, width } = scalars;
  const sum = curve.alloc(jacobianBytes(group));
  const mark = curve.mark();
  const points = curve.alloc(count * (group === 'g1' ? G1_BYTES : G2_BYTES));
  const starts = curve.alloc(4 * (2 ** (width + 1) + 2));
  const call = (name: string, ...operands: number[]) => curve.call[`${group}m_${name}`](...operands);
  if (width === 0) {
    curve.words.set([0, count], starts >> 2);
    call('msmTree', bases, 0, values, points, starts, 1);
    call('toJacobian', points, sum);
    curve.release(mark);
    return sum;
  }
  const sorted = curve.alloc(4 * count);
  const part = curve.alloc(jacobianBytes(group));
  const windows = countWindows(scalars);
  const bias = 2 ** (width - 1);
  call('zero', sum);
  for (let window = to - 1; window >= from; window--) {
    const top = window === windows - 1;
    const digitBits = top ? bits - window * width + 1 : width;
    for (let bit = 0; window < to - 1 && bit < width; bit++) call('double', sum, sum);
    const shift = window * width;
    curve.call.msm_sortDigits(values, FIELD_BYTES, count, shift, digitBits, top ? 0 : bias, starts, sorted);
    const buckets = top ? 2 ** digitBits : bias;
    call('msmTree', bases, map, sorted, points, starts, buckets);
    call('msmReduce', points, starts, buckets, part);
    call('add', sum, part, sum);
  }
  curve.release(mark);
  return sum;
}

function countWindows({ bits, width }: PackedScalars): number {
  return width === 0 ? 1 : Math.ceil(bits / width);
}

/**
 * Prepares scalars for Pippenger's method with signed digits. Adding `Σ 2^(w-1) · 2^(w·j)` to every scalar makes each
 * digit, less 2^(w-1), the signed one; the highest digit stays unsigned. The scalars are changed.
 */
function packDigits(curve: Curve, list: Omit<PackedScalars, 'width'>): PackedScalars {
  const packed = { ...list, width: chooseWindow(list.count, list.bits) };
  const mark = curve.mark();
  let offset = 0n;
  for (let window = 0; window < countWindows(packed) - 1; window++) {
    offset |= (2n ** BigInt(packed.width - 1)) << BigInt(window * packed.width);
  }
  const at = curve.alloc(FIELD_BYTES);
  curve.writeInteger(at, offset);
  for (let index = 0; index < packed.count; index++) {
    const value = packed.values + index * FIELD_BYTES;
    curve.call.int_add(value, at, value);
  }
  curve.release(mark);
  return packed;
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
