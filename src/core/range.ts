/** A closed interval of integers, `min <= max`. */
export interface IntRange {
  readonly min: number;
  readonly max: number;
}

/** Every integer of the integer IR stays within ±2^52, so that doubles compute it exactly. */
export const EXACT_LIMIT = 2 ** 52;

/** Least n with `value < 2^n`, for a non-negative integer; 0 needs 0 bits. */
export function bitLength(value: number): number {
  if (!(value >= 0)) throw new RangeError(`bitLength of ${value}`);
  let bits = Math.max(0, Math.floor(Math.log2(value + 1)) - 1);
  while (2 ** bits <= value) bits++;
  return bits;
}
