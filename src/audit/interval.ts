/** A closed interval of integers, ends in order. */
export type Interval = readonly [bigint, bigint];

export function smallest(first: bigint, ...others: readonly bigint[]): bigint {
  let least = first;
  for (const value of others) if (value < least) least = value;
  return least;
}

export function largest(first: bigint, ...others: readonly bigint[]): bigint {
  let most = first;
  for (const value of others) if (value > most) most = value;
  return most;
}

/** The least interval that holds both. */
export function hull(a: Interval, b: Interval): Interval {
  return [smallest(a[0], b[0]), largest(a[1], b[1])];
}

/** What both have in common; ends out of order when that is nothing. */
export function intersect(a: Interval, b: Interval): Interval {
  return [largest(a[0], b[0]), smallest(a[1], b[1])];
}

/** `factor · [low, high]`, ends in order. */
export function scaleInterval(factor: bigint, [low, high]: Interval): [bigint, bigint] {
  return factor >= 0n ? [factor * low, factor * high] : [factor * high, factor * low];
}

/** Ceiling of a / b, for any non-zero b. */
export function ceilDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a > 0n === b > 0n ? quotient + 1n : quotient;
}

/** No multiple of the modulus lies in the interval. */
export function excludesMultiples([low, high]: Interval, modulus: bigint): boolean {
  const rest = ((low % modulus) + modulus) % modulus;
  return rest !== 0n && rest + (high - low) < modulus;
}
