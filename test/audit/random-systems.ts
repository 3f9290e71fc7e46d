import * as gadgets from './gadgets.js';
import { add, constant, type Lc, lc, Sketch, scale, sub } from './sketch.js';

/** A small generator of reproducible randomness (xorshift32). */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = (seed * 2654435761 + 1) >>> 0 || 1;
    for (let at = 0; at < 8; at++) this.below(2);
  }
  below(count: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    this.state >>>= 0;
    return this.state % count;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

/**
 * A random constraint system over a small prime, put together from the shapes that the audit's rules look for, with
 * parameters that are wrong about as often as they are right. Hints are arbitrary: no honest witness is meant to exist.
 */
export function randomSystem(seed: number, prime: number): Sketch {
  const r = new Random(seed);
  const s = new Sketch(BigInt(prime));
  const zero = constant(0);
  const one = constant(1);
  const any = s.inputs(1 + r.below(2));
  const wire = (name: string) => {
    const fresh = s.hint(name, () => 0n);
    any.push(fresh);
    return fresh;
  };
  const factor = () =>
    r.pick([1, 1, 1, -1, 2, -2, 3, 4, 5, Number(s.inverse(2n)), Number(s.inverse(4n)), r.below(prime)]);
  const sum = (terms: number): Lc =>
    lc([r.pick([0, 0, 1, -1, 2]), 0], ...Array.from({ length: terms }, () => [factor(), r.pick(any)] as const));
  const bit = (name: string) => {
    const fresh = wire(name);
    gadgets.boolean(s, fresh);
    return fresh;
  };
  const shapes: (() => void)[] = [
    () => {
      const width = 1 + r.below(3);
      const bits = Array.from({ length: width }, (_, at) => bit(`b${at}`));
      const weights = bits.map((_, at) => r.pick([2 ** at, 2 ** at, 2 ** at, 1 + r.below(6)]));
      const value = lc(...bits.map((own, at) => [weights[at], own] as const));
      if (r.below(2)) s.constrain(one, value, sum(1));
      else {
        const top = scale(r.pick([s.inverse(BigInt(2 ** width)), 1n, 3n]), sub(sum(1), value));
        gadgets.boolean(s, top);
      }
    },
    () => {
      const value = sum(1 + r.below(2));
      const [inverse, t] = [wire('inv'), wire('t')];
      s.constrain(value, inverse, r.below(5) ? sub(one, t) : sum(1));
      if (r.below(6)) s.constrain(t, r.below(5) ? value : sum(1), zero);
    },
    () => {
      const [test, y, cofactor] = [sum(1 + r.below(2)), wire('y'), wire('v')];
      s.constrain(test, sub(y, sum(1)), r.below(6) ? zero : sum(1));
      s.constrain(r.below(6) ? test : sum(1), cofactor, sub(scale(r.pick([1, 1, 2]), y), sum(1)));
      if (r.below(2)) s.constrain(one, sub(y, lc([1, bit('e0')], [2, bit('e1')])), zero);
    },
    () => s.constrain(sum(1), sum(1), r.below(2) ? wire('p') : sum(1)),
    () => s.constrain(sum(2), sum(1), sum(1)),
    () => s.constrain(one, sum(2), r.below(2) ? wire('l') : zero),
    () => {
      const c0 = bit('c0');
      const c1 = wire('c1');
      s.constrain(c1, sub(c1, r.below(4) ? c0 : sum(1)), zero);
      const rest = bit('e');
      s.constrain(
        one,
        lc([factor(), r.pick(any)], [-1 - r.below(3), c0], [-1 - r.below(3), c1], [-1, rest], [r.below(3), 0]),
        zero,
      );
      if (r.below(2)) {
        const other = bit('f');
        s.constrain(
          one,
          lc([1, r.pick(any)], [-1 - r.below(3), c0], [-1 - r.below(3), c1], [1, other], [r.below(3), 0]),
          zero,
        );
      }
    },
    () => {
      const hot = Array.from({ length: 2 + r.below(2) }, (_, at) => bit(`s${at}`));
      if (r.below(5)) s.constrain(one, add(...hot), one);
      const most = r.below(2) ? wire('m') : r.pick(any);
      for (const own of hot) {
        const value = r.pick(any);
        s.constrain(own, sub(most, value), zero);
        if (r.below(3)) {
          const digits = [bit('d'), ...(r.below(2) ? [bit('d2')] : [])];
          const gap = r.below(2) ? hot[hot.length - 1] : zero;
          s.constrain(one, sub(sub(most, value), add(gap, lc(...digits.map((d, at) => [2 ** at, d] as const)))), zero);
        }
      }
    },
    () => {
      const a = r.pick(any);
      const b = r.pick(any);
      const [q, rest] = [r.below(3) ? bit('q') : wire('q'), wire('r')];
      s.constrain(q, r.below(2) ? b : sum(1), sub(a, rest));
      const digits = [bit('r0'), bit('r1')];
      s.constrain(one, lc([1, rest], [-1, digits[0]], [-2, digits[1]]), zero);
      const slack = bit('s0');
      s.constrain(one, lc([1, b], [-1, rest], [-r.below(3), 0], [-1, slack]), zero);
      const bound = bit('b0');
      s.constrain(one, lc([1, b], [-r.below(3), 0], [-1, bound]), zero);
    },
    () => {
      const [y, square] = [wire('y'), wire('y2')];
      const bits = [bit('y0'), ...(r.below(2) ? [bit('y1')] : [])];
      s.constrain(one, lc(...bits.map((own, at) => [2 ** at, own] as const), [-1, y]), zero);
      s.constrain(y, r.below(6) ? y : sum(1), square);
      const end = () => lc([r.below(3), square], [r.below(3), y], [r.below(3), 0]);
      const value = r.pick(any);
      s.constrain(one, sub(value, add(end(), bit('g0'))), zero);
      if (r.below(2)) s.constrain(one, sub(add(end(), scale(-1, bit('g1'))), value), zero);
    },
    () => {
      const own = r.pick(any);
      s.constrain(add(own, constant(r.below(3))), add(own, constant(r.below(3))), r.below(2) ? zero : sum(1));
    },
  ];
  const count = 1 + r.below(3);
  for (let at = 0; at < count; at++) r.pick(shapes)();
  const out = s.output('out', () => 0n);
  if (r.below(3)) s.constrain(one, sum(2), out);
  else s.constrain(r.pick(any), sum(1), out);
  return s;
}
