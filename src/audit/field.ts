import { R } from '../core/field.js';

/** A layer divides by the same few elements again and again. */
const INVERSE_LIMIT = 100_000;

/** A field element written as a ratio of two integers that are both much smaller than the modulus. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * Arithmetic modulo a prime. The audit is generic in the modulus so that its verdicts can be compared with exhaustive
 * search over a small prime; every use in production is the BN254 scalar field.
 */
export class PrimeField {
  private readonly half: bigint;
  private readonly bits: number;
  private readonly fractions = new Map<bigint, Fraction>();
  private readonly inverses = new Map<bigint, bigint>();

  constructor(readonly modulus: bigint = R) {
    this.half = modulus / 2n;
    this.bits = modulus.toString(2).length;
  }

  reduce(value: bigint): bigint {
    const rest = value % this.modulus;
    return rest < 0n ? rest + this.modulus : rest;
  }

  /** The representative in `(-p/2, p/2]`. */
  toSigned(value: bigint): bigint {
    const rest = this.reduce(value);
    return rest > this.half ? rest - this.modulus : rest;
  }

  /** Multiplicative inverse. @throws RangeError for 0. */
  invert(value: bigint): bigint {
    const reduced = this.reduce(value);
    if (reduced === 1n) return 1n;
    const known = this.inverses.get(reduced);
    if (known !== undefined) return known;
    let [r0, r1, s0, s1] = [this.modulus, reduced, 0n, 1n];
    if (r1 === 0n) throw new RangeError('0 has no inverse');
    while (r1 !== 0n) {
      const quotient = r0 / r1;
      [r0, r1] = [r1, r0 - quotient * r1];
      [s0, s1] = [s1, s0 - quotient * s1];
    }
    const inverse = this.reduce(s0);
    if (this.inverses.size < INVERSE_LIMIT) this.inverses.set(reduced, inverse);
    return inverse;
  }

  /**
   * The smallest pair n, d with `value = n / d` (d > 0), by bit length, over the remainders of Euclid's algorithm. An
   * element that is no small ratio comes back as `signed / 1`. Only ever a choice of representation: `n = d · value`
   * holds in the field whatever pair is returned.
   */
  toFraction(value: bigint): Fraction {
    const signed = this.toSigned(value);
    if (signed > -0x100000000n && signed < 0x100000000n && this.bits > 80)
      return { numerator: signed, denominator: 1n };
    const known = this.fractions.get(signed);
    if (known) return known;
    let best: Fraction = { numerator: signed, denominator: 1n };
    let bestBits = bitCount(signed) + 1;
    let [r0, r1, t0, t1] = [this.modulus, this.reduce(value), 0n, 1n];
    while (r1 !== 0n) {
      const cost = bitCount(r1) + bitCount(t1);
      if (cost < bestBits) {
        best = t1 < 0n ? { numerator: -r1, denominator: -t1 } : { numerator: r1, denominator: t1 };
        bestBits = cost;
      }
      const quotient = r0 / r1;
      [r0, r1] = [r1, r0 - quotient * r1];
      [t0, t1] = [t1, t0 - quotient * t1];
    }
    if (this.bits > 80 && bestBits > this.bits - 6) best = { numerator: signed, denominator: 1n };
    this.fractions.set(signed, best);
    return best;
  }

  /**
   * Integers proportional to the given field elements: the common factor is a non-zero field element, so a linear
   * equation keeps its solutions. Small where the ratios are small; content 1 and first entry positive.
   * @returns the integers and the factor: `integers[i] = factor · values[i]` in the field.
   */
  toIntegers(values: readonly bigint[], mayRescale = true): { integers: bigint[]; factor: bigint } {
    if (this.bits <= 12) return this.searchIntegers(values);
    let common = 1n;
    const fractions: Fraction[] = [];
    for (const value of values) {
      const fraction = this.toFraction(value);
      fractions.push(fraction);
      const { numerator, denominator } = fraction;
      if (denominator !== 1n) common = (common / greatestCommonDivisor(common, denominator)) * denominator;
      // One coefficient that is no small ratio, and the row is no sum of integers.
      const isSmall = this.bits <= 80 || bitCount(numerator) < this.bits - 6;
      if (!isSmall || common >= this.modulus) {
        common = this.modulus;
        break;
      }
    }
    let integers: bigint[];
    if (common < this.modulus) {
      integers = fractions.map(({ numerator, denominator }) => numerator * (common / denominator));
      if (integers.some((value) => value >= this.modulus || value <= -this.modulus)) common = this.modulus;
    }
    if (common >= this.modulus) {
      common = 1n;
      integers = values.map((value) => this.toSigned(value));
    }
    if (mayRescale && this.bits > 80 && integers!.some((value) => bitCount(value) > this.bits - 12)) {
      const scale = this.invert(values.find((value) => this.reduce(value) !== 0n) ?? 1n);
      const second = this.toIntegers(
        values.map((value) => value * scale),
        false,
      );
      if (maximumBits(second.integers) < maximumBits(integers!)) {
        return { integers: second.integers, factor: this.reduce(second.factor * scale) };
      }
    }
    let content = 0n;
    for (const value of integers!) {
      content = greatestCommonDivisor(content, value);
      if (content === 1n) break;
    }
    if (content === 0n) return { integers: integers!, factor: 1n };
    if (integers!.find((value) => value !== 0n)! < 0n) content = -content;
    if (content !== 1n) integers = integers!.map((value) => value / content);
    return { integers: integers!, factor: this.reduce(common * this.invert(content)) };
  }

  /** In a field this small every factor can be tried: the one that leaves the smallest integers. */
  private searchIntegers(values: readonly bigint[]): { integers: bigint[]; factor: bigint } {
    let best = { integers: values.map((value) => this.toSigned(value)), factor: 1n };
    let least = -1n;
    for (let factor = 1n; factor < this.modulus; factor++) {
      const integers = values.map((value) => this.toSigned(value * factor));
      if ((integers.find((value) => value !== 0n) ?? 1n) < 0n) continue;
      const size = integers.reduce((sum, value) => sum + (value < 0n ? -value : value), 0n);
      if (least < 0n || size < least) {
        best = { integers, factor };
        least = size;
      }
    }
    return best;
  }
}

function maximumBits(values: readonly bigint[]): number {
  return values.reduce((most, value) => Math.max(most, bitCount(value)), 0);
}

/** Bits of the absolute value, one off at worst: for choosing between representations only. */
export function bitCount(value: bigint): number {
  return value === 0n ? 0 : Math.floor(Math.log2(Math.abs(Number(value)))) + 1;
}

/** Non-negative; of 0 and x it is |x|. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** Floor of the square root of a non-negative integer. */
export function integerSquareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
