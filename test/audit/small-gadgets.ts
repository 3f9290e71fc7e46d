import * as g from './gadgets.js';
import { type Lc, Sketch } from './sketch.js';

/** A gadget at a size that exhaustive search over a small prime can settle, and the inputs it is meant for. */
export interface SmallGadget {
  readonly name: string;
  readonly prime: number;
  readonly build: (s: Sketch) => Lc | readonly Lc[];
  /** Honest inputs: every one must have a witness with the expected outputs. */
  readonly inputs: readonly (readonly number[])[];
  readonly expect: (...inputs: number[]) => number | readonly number[];
  /** Ranges that the gadget promises for its inputs, in order; null for none. */
  readonly declared?: readonly (readonly [number, number] | null)[];
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const pairs = (from: number, to: number) => range(from, to).flatMap((a) => range(from, to).map((b) => [a, b]));
const singles = (from: number, to: number) => range(from, to).map((x) => [x]);
const clamp = (x: number, low: number, high: number) => Math.max(low, Math.min(high, x));

export const SMALL_GADGETS: readonly SmallGadget[] = [
  {
    name: 'range check, top bit a linear combination',
    prime: 61,
    build: (s) => {
      const x = s.input('x');
      g.rangeCheck(s, x, 4);
      return x;
    },
    inputs: singles(0, 15),
    expect: (x) => x,
    declared: [[0, 15]],
  },
  {
    name: 'bits of a value',
    prime: 61,
    build: (s) => g.rangeCheck(s, s.input('x'), 4),
    inputs: singles(0, 15),
    expect: (x) => [x & 1, (x >> 1) & 1, (x >> 2) & 1, x >> 3],
  },
  {
    name: 'zero test',
    prime: 61,
    build: (s) => g.zeroTest(s, s.input('x')),
    inputs: singles(-30, 30),
    expect: (x) => (x === 0 ? 1 : 0),
  },
  {
    name: 'requantize and ReLU with saturation',
    prime: 37,
    build: (s) => g.reluRequantize(s, s.input('x'), 3, 1, 1),
    inputs: singles(-9, 6),
    expect: (x) => clamp(Math.floor((x + 1) / 2), 0, 1),
  },
  {
    name: 'requantize and ReLU with saturation, without a flag',
    prime: 37,
    build: (s) => g.clampRequantize(s, s.input('x'), 3, 1, 1),
    inputs: singles(-9, 6),
    expect: (x) => clamp(Math.floor((x + 1) / 2), 0, 1),
  },
  {
    name: 'ReLU with saturation by two bits, without a flag',
    prime: 37,
    build: (s) => g.clampRequantize(s, s.input('x'), 3, 0, 1),
    inputs: singles(-8, 7),
    expect: (x) => clamp(x, 0, 1),
  },
  {
    name: 'requantize and ReLU without saturation',
    prime: 37,
    build: (s) => g.reluRequantize(s, s.input('x'), 3, 1, 2),
    inputs: singles(-9, 6),
    expect: (x) => Math.max(0, Math.floor((x + 1) / 2)),
  },
  {
    name: 'requantize and ReLU by the magnitude of the quotient',
    prime: 37,
    build: (s) => g.magnitudeRequantize(s, s.input('x'), 3, 1),
    inputs: singles(-7, 6),
    expect: (x) => Math.max(0, Math.floor((x + 1) / 2)),
  },
  {
    name: 'requantize and ReLU by the magnitude, two bits dropped',
    prime: 37,
    build: (s) => g.magnitudeRequantize(s, s.input('x'), 3, 2),
    inputs: singles(-6, 5),
    expect: (x) => Math.max(0, Math.floor((x + 2) / 4)),
  },
  {
    name: 'ReLU by the magnitude',
    prime: 61,
    build: (s) => g.magnitudeRequantize(s, s.input('x'), 3, 0),
    inputs: singles(-7, 7),
    expect: (x) => Math.max(0, x),
  },
  {
    name: 'ReLU',
    prime: 61,
    build: (s) => g.relu(s, s.input('x'), 3),
    inputs: singles(-8, 7),
    expect: (x) => Math.max(0, x),
  },
  {
    name: 'maximum of two',
    prime: 23,
    build: (s) => g.maximum(s, s.input('a'), s.input('b'), 2),
    inputs: pairs(0, 3),
    expect: (a, b) => Math.max(a, b),
  },
  {
    name: 'absolute value',
    prime: 61,
    build: (s) => g.absolute(s, s.input('x'), 3),
    inputs: singles(-8, 7),
    expect: (x) => Math.abs(x),
  },
  {
    name: 'greater than',
    prime: 23,
    build: (s) => g.isGreater(s, s.input('a'), s.input('b'), 2),
    inputs: pairs(0, 3),
    expect: (a, b) => (a > b ? 1 : 0),
  },
  {
    name: 'argmax by champion, lowest position first',
    prime: 11,
    build: (s) => g.argmax(s, s.inputs(3), 1),
    inputs: pairs(0, 1).flatMap(([a, b]) => range(0, 1).map((c) => [a, b, c])),
    expect: (...x) => x.indexOf(Math.max(...x)),
  },
  {
    name: 'argmax by one-hot hint',
    prime: 17,
    build: (s) => g.argmaxByHint(s, s.inputs(2), 2),
    inputs: pairs(0, 2),
    expect: (...x) => x.indexOf(Math.max(...x)),
  },
  {
    name: 'floor division',
    prime: 19,
    build: (s) => {
      const [a, b] = s.inputs(2);
      g.rangeCheck(s, b, 2, 'd');
      return g.divide(s, a, b, 2, 2);
    },
    inputs: range(0, 8).flatMap((a) => range(1, 3).flatMap((b) => (a / b < 4 ? [[a, b]] : []))),
    expect: (a, b) => Math.floor(a / b),
    declared: [null, [1, 3]],
  },
  {
    name: 'thermometer code',
    prime: 37,
    build: (s) => g.thermometer(s, s.input('x'), [2, 3, 6], 0, 8, 3),
    inputs: singles(0, 7),
    expect: (x) => [2, 3, 6].map((t) => (x >= t ? 1 : 0)),
  },
  {
    // Levels 0 to 3 of x in [0, 15]: they end at 1, 4, 9 and 16 (exclusive).
    name: 'staircase by two polynomials of the level',
    prime: 67,
    build: (s) => g.staircase(s, s.input('x'), [1, 0, 0], [1, 2, 0], 3),
    inputs: singles(0, 15),
    expect: (x) => Math.floor(Math.sqrt(x)),
  },
  {
    name: 'lookup by a polynomial',
    prime: 61,
    build: (s) => g.polynomial(s, s.input('x'), [5n, 7n, 11n, 2n, 9n, 1n]),
    inputs: singles(0, 30),
    expect: (x) => (5 + 7 * x + 11 * x ** 2 + 2 * x ** 3 + 9 * x ** 4 + x ** 5) % 61,
  },
  {
    name: 'unpacking two digits of a packed value',
    prime: 61,
    build: (s) => {
      const bits = g.rangeCheck(s, s.input('packed'), 4);
      return [g.weigh(bits.slice(0, 2)), g.weigh(bits.slice(2))];
    },
    inputs: singles(0, 15),
    expect: (x) => [x & 3, x >> 2],
  },
];

/** The gadget as a sketch with its outputs declared. */
export function declaredRanges(gadget: SmallGadget, s: Sketch): { wire: number; min: number; max: number }[] {
  const first = 1 + s.r1cs().outputCount;
  return (gadget.declared ?? []).flatMap((range, at) =>
    range ? [{ wire: first + at, min: range[0], max: range[1] }] : [],
  );
}

export function buildSmall(gadget: SmallGadget): Sketch {
  const s = new Sketch(BigInt(gadget.prime));
  const built = gadget.build(s);
  (Array.isArray(built) ? (built as readonly Lc[]) : [built as Lc]).forEach((value, at) => {
    s.outputOf(`out${at}`, value);
  });
  return s;
}
