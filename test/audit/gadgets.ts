import { add, constant, type Lc, lc, type Sketch, scale, sub } from './sketch.js';

/** Forms of gadgets written by hand, for tests of the audit alone: the emitted ones are in `emitted-gadgets.ts`. */

const one = constant(1);

export function boolean(s: Sketch, bit: Lc, label = 'boolean'): void {
  s.constrain(bit, sub(bit, one), constant(0), label);
}

/** `count` low bits of a value as boolean signals. */
export function lowBits(s: Sketch, value: Lc, count: number, name = 'b'): Lc[] {
  return Array.from({ length: count }, (_, at) => {
    const bit = s.hint(`${name}[${at}]`, (v) => (v(value) >> BigInt(at)) & 1n);
    boolean(s, bit);
    return bit;
  });
}

export function weigh(bits: readonly Lc[], from = 0): Lc {
  return lc(...bits.map((bit, at) => [1n << BigInt(at + from), bit] as const));
}

/** `0 <= value < 2^width`; the top bit is a linear combination. Returns all bits. */
export function rangeCheck(s: Sketch, value: Lc, width: number, name = 'b'): Lc[] {
  const bits = lowBits(s, value, width - 1, name);
  const top = scale(s.inverse(1n << BigInt(width - 1)), sub(value, weigh(bits)));
  boolean(s, top, 'top bit');
  return [...bits, top];
}

/** The same with every bit a signal and one linear constraint. */
export function rangeCheckPlain(s: Sketch, value: Lc, width: number, name = 'b'): Lc[] {
  const bits = lowBits(s, value, width, name);
  s.constrain(one, weigh(bits), value, 'recomposition');
  return bits;
}

export function zeroTest(s: Sketch, value: Lc, name = 't'): Lc {
  const inverse = s.hint(`${name}.inv`, (v) => (v(value) === 0n ? 0n : s.inverse(v(value))));
  const t = s.hint(name, (v) => (v(value) === 0n ? 1n : 0n));
  s.constrain(value, inverse, sub(one, t), 'zero test, not zero');
  s.constrain(t, value, constant(0), 'zero test, zero');
  return t;
}

/** `out = clamp((in + half) >> shift, 0, 2^bits - 1)` for `-2^p <= in + half < 2^p`. */
export function reluRequantize(s: Sketch, input: Lc, p: number, shift: number, bits: number): Lc {
  const half = shift > 0 ? 1n << BigInt(shift - 1) : 0n;
  const shifted = add(input, constant(half + (1n << BigInt(p))));
  const all = rangeCheck(s, shifted, p + 1);
  const positive = all[p];
  const low = weigh(all.slice(shift, shift + bits));
  if (p === shift + bits) return s.product('relu', positive, low);
  const high = add(scale(1n << BigInt(p - shift - bits), sub(positive, one)), weigh(all.slice(shift + bits, p)));
  const t = zeroTest(s, high);
  const most = (1n << BigInt(bits)) - 1n;
  const out = s.hint('relu', (v) => v(t) * v(low) + most * (v(positive) - v(t)));
  s.constrain(t, low, sub(out, scale(most, sub(positive, t))), 'selection');
  return out;
}

/** The same as `reluRequantize` with saturation, without a flag: out of range an end, within it the low bits. */
export function clampRequantize(s: Sketch, input: Lc, p: number, shift: number, bits: number): Lc {
  const half = shift > 0 ? 1n << BigInt(shift - 1) : 0n;
  const all = rangeCheck(s, add(input, constant(half + (1n << BigInt(p)))), p + 1);
  const low = weigh(all.slice(shift, shift + bits));
  const high = add(scale(1n << BigInt(p - shift - bits), sub(all[p], one)), weigh(all.slice(shift + bits, p)));
  const end = scale((1n << BigInt(bits)) - 1n, all[p]);
  const out = s.hint('clamp', (v) => (v(high) === 0n ? v(low) : v(end)));
  const cofactor = s.hint('v', (v) => (v(high) === 0n ? 0n : (v(out) - v(low)) * s.inverse(v(high))));
  s.constrain(high, sub(out, end), constant(0), 'an end');
  s.constrain(high, cofactor, sub(out, low), 'the low bits');
  return out;
}

/** `max((in + half) >> shift, 0)` for `2^shift - 2^p <= in + half < 2^p`: a remainder, and the magnitude of the quotient. */
export function magnitudeRequantize(s: Sketch, input: Lc, p: number, shift: number): Lc {
  const z = add(input, constant(shift > 0 ? 1n << BigInt(shift - 1) : 0n));
  const signed = (v: (of: Lc) => bigint) => (2n * v(z) > s.modulus ? v(z) - s.modulus : v(z));
  const quotient = (v: (of: Lc) => bigint) => signed(v) >> BigInt(shift);
  const out = s.hint('y', (v) => (quotient(v) > 0n ? quotient(v) : 0n));
  const bits = Array.from({ length: p - 1 }, (_, at) => {
    const bit = s.hint(`b[${at}]`, (v) => {
      const own = at + 1 - shift;
      if (own < 0) return (signed(v) >> BigInt(at + 1)) & 1n;
      return ((quotient(v) < 0n ? -quotient(v) : quotient(v)) >> BigInt(own)) & 1n;
    });
    boolean(s, bit);
    return bit;
  });
  if (shift === 0) {
    boolean(s, sub(sub(scale(2, out), z), weigh(bits, 1)), 'bit 0 of the magnitude');
    s.constrain(out, sub(out, z), constant(0), '0 or the value');
    return out;
  }
  const magnitude = weigh(bits.slice(shift - 1));
  const value = scale(1n << BigInt(shift), sub(scale(2, out), magnitude));
  boolean(s, sub(z, add(value, weigh(bits.slice(0, shift - 1), 1))), 'bit 0 of the remainder');
  s.constrain(out, sub(out, magnitude), constant(0), '0 or the magnitude');
  return out;
}

/** `max(in, 0)` for `-2^p <= in < 2^p`. */
export function relu(s: Sketch, input: Lc, p: number): Lc {
  const all = rangeCheck(s, add(input, constant(1n << BigInt(p))), p + 1);
  return s.product('relu', all[p], weigh(all.slice(0, p)));
}

export const maximum = (s: Sketch, a: Lc, b: Lc, p: number): Lc => add(b, relu(s, sub(a, b), p));
export const absolute = (s: Sketch, a: Lc, p: number): Lc => sub(scale(2, relu(s, a, p)), a);

/** `[a > b]` for |a - b| < 2^p. */
export function isGreater(s: Sketch, a: Lc, b: Lc, p: number): Lc {
  return rangeCheck(s, add(sub(a, b), constant((1n << BigInt(p)) - 1n)), p + 1)[p];
}

/** Position of the first maximum, by a running champion. */
export function argmax(s: Sketch, x: readonly Lc[], p: number): Lc {
  let best = x[0];
  let index: Lc = constant(0);
  for (let at = 1; at < x.length; at++) {
    const greater = isGreater(s, x[at], best, p);
    best = add(best, s.product('step', greater, sub(x[at], best)));
    index = add(index, s.product('jump', greater, sub(constant(at), index)));
  }
  return index;
}

/** Position of the first maximum, by a one-hot hint and the maximum as a hint. */
export function argmaxByHint(s: Sketch, x: readonly Lc[], p: number, isStrict = true): Lc {
  const first = (v: (of: Lc) => bigint) => x.reduce((best, own, at) => (v(own) > v(x[best]) ? at : best), 0);
  const top = s.hint('max', (v) => v(x[first(v)]));
  const hot = x.map((own, at) => {
    const is = s.hint(`hot[${at}]`, (v) => (first(v) === at ? 1n : 0n));
    boolean(s, is);
    s.constrain(is, sub(top, own), constant(0), 'hot is maximal');
    return is;
  });
  s.constrain(one, add(...hot), one, 'one hot');
  x.forEach((own, at) => {
    const after = isStrict ? hot.slice(at + 1) : [];
    rangeCheck(s, sub(top, add(own, ...after)), p, `d${at}`);
  });
  return lc(...hot.map((is, at) => [at, is] as const));
}

/** `floor(a / b)` for `b >= 1` below 2^rb, quotient below 2^qb. */
export function divide(s: Sketch, a: Lc, b: Lc, qb: number, rb: number, parts = { q: true, r: true, bound: true }): Lc {
  const q = s.hint('q', (v) => v(a) / v(b));
  const r = s.hint('r', (v) => v(a) % v(b));
  s.constrain(q, b, sub(a, r), 'division');
  if (parts.q) rangeCheck(s, q, qb, 'qb');
  if (parts.r) rangeCheck(s, r, rb, 'rb');
  if (parts.bound) rangeCheck(s, sub(sub(b, one), r), rb, 'sb');
  return q;
}

/** Thermometer code of x against ascending thresholds, `low <= x < high`. Returns `[x >= t_j]`. */
export function thermometer(
  s: Sketch,
  x: Lc,
  thresholds: readonly number[],
  low: number,
  high: number,
  p: number,
): Lc[] {
  const code: Lc[] = [];
  let lower: Lc = constant(low);
  let upper: Lc = constant(thresholds[0]);
  thresholds.forEach((threshold, at) => {
    const is = s.hint(`c[${at}]`, (v) => (v(x) >= BigInt(threshold) ? 1n : 0n));
    s.constrain(is, sub(is, at === 0 ? one : code[at - 1]), constant(0), 'thermometer');
    code.push(is);
    lower = add(lower, scale(threshold - (at === 0 ? low : thresholds[at - 1]), is));
    upper = add(upper, scale((thresholds[at + 1] ?? high) - threshold, is));
  });
  rangeCheck(s, sub(x, lower), p, 'lo');
  rangeCheck(s, sub(sub(upper, one), x), p, 'hi');
  return code;
}

/**
 * Level of x among three rows of thresholds by a guess y: both ends of level y are polynomials of y, and x lies between.
 * Ends are `a y² + b y + c`; returns y.
 */
export function staircase(s: Sketch, x: Lc, lower: readonly number[], upper: readonly number[], width: number): Lc {
  const end = (v: bigint, [a, b, c]: readonly number[]) => BigInt(a) * v * v + BigInt(b) * v + BigInt(c);
  const y = s.hint('y', (v) => {
    for (let level = 0n; level < 3n; level++) if (end(level, upper) >= v(x)) return level;
    return 3n;
  });
  const bits = lowBits(s, y, 1, 'level');
  boolean(s, scale(s.inverse(2n), sub(y, bits[0])), 'top bit');
  const square = s.product('square', y, y);
  const at = ([a, b, c]: readonly number[]) => lc([a, square], [b, y], [c, 0]);
  rangeCheck(s, sub(x, at(lower)), width, 'above');
  rangeCheck(s, sub(at(upper), x), width, 'below');
  return y;
}

/** A polynomial with the given coefficients by Horner's rule on powers of x⁴. */
export function polynomial(s: Sketch, x: Lc, coefficients: readonly bigint[]): Lc {
  const x2 = s.product('x2', x, x);
  const x3 = s.product('x3', x2, x);
  const x4 = s.product('x4', x2, x2);
  let sum: Lc = constant(0);
  for (let at = Math.ceil(coefficients.length / 4) - 1; at >= 0; at--) {
    const [c0, c1, c2, c3] = [0, 1, 2, 3].map((k) => coefficients[4 * at + k] ?? 0n);
    const part = lc([c0, 0], [c1, x], [c2, x2], [c3, x3]);
    sum = sum.size === 1 && sum.get(0) === 0n ? part : add(part, s.product(`h${at}`, sum, x4));
  }
  return sum;
}
