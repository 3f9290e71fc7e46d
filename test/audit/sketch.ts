import type { R1cs, SparseMatrix } from '../../src/circuit/constraints.js';
import { R } from '../../src/core/field.js';

/** A linear combination: signal → integer; signal 0 is the constant one. */
export type Lc = ReadonlyMap<number, bigint>;

type Kind = 'output' | 'input' | 'hint';
type Hint = (values: (of: Lc) => bigint) => bigint | number;

export function lc(...terms: readonly (readonly [bigint | number, Lc | number])[]): Lc {
  const sum = new Map<number, bigint>();
  for (const [factor, of] of terms) {
    for (const [signal, value] of typeof of === 'number' ? [[of, 1n] as const] : of) {
      sum.set(signal, (sum.get(signal) ?? 0n) + BigInt(factor) * value);
    }
  }
  return sum;
}

export const constant = (value: bigint | number): Lc => new Map([[0, BigInt(value)]]);
export const add = (...all: readonly Lc[]): Lc => lc(...all.map((one) => [1, one] as const));
export const sub = (a: Lc, b: Lc): Lc => lc([1, a], [-1, b]);
export const scale = (factor: bigint | number, a: Lc): Lc => lc([factor, a]);

/** A circuit written by hand for a test: constraints and, for each signal, how an honest prover computes it. */
export class Sketch {
  private readonly kinds: Kind[] = ['input'];
  private readonly labels: string[] = ['one'];
  private readonly hints: (Hint | null)[] = [null];
  readonly rows: [Lc, Lc, Lc][] = [];
  readonly labelsOfRows: string[] = [];

  constructor(readonly modulus: bigint = R) {}

  input(name: string): Lc {
    return this.signal('input', name, null);
  }

  inputs(count: number, name = 'x'): Lc[] {
    return Array.from({ length: count }, (_, at) => this.input(`${name}[${at}]`));
  }

  hint(name: string, hint: Hint): Lc {
    return this.signal('hint', name, hint);
  }

  output(name: string, hint: Hint): Lc {
    return this.signal('output', name, hint);
  }

  /** `a · b = c`. */
  constrain(a: Lc, b: Lc, c: Lc, label = ''): void {
    this.rows.push([a, b, c]);
    this.labelsOfRows.push(label);
  }

  /** `name <== value`, one linear constraint. */
  outputOf(name: string, value: Lc): Lc {
    const out = this.output(name, (at) => at(value));
    this.constrain(constant(1), value, out, 'linear');
    return out;
  }

  product(name: string, a: Lc, b: Lc): Lc {
    const out = this.hint(name, (at) => at(a) * at(b));
    this.constrain(a, b, out, 'product');
    return out;
  }

  inverse(value: bigint): bigint {
    let [base, power, result] = [this.reduce(value), this.modulus - 2n, 1n];
    for (; power > 0n; power >>= 1n) {
      if (power & 1n) result = (result * base) % this.modulus;
      base = (base * base) % this.modulus;
    }
    return result;
  }

  reduce(value: bigint): bigint {
    return ((value % this.modulus) + this.modulus) % this.modulus;
  }

  signed(value: bigint): bigint {
    const reduced = this.reduce(value);
    return reduced > this.modulus / 2n ? reduced - this.modulus : reduced;
  }

  private signal(kind: Kind, name: string, hint: Hint | null): Lc {
    this.kinds.push(kind);
    this.labels.push(name);
    this.hints.push(hint);
    return new Map([[this.kinds.length - 1, 1n]]);
  }

  private order(): number[] {
    const of = (kind: Kind) => this.kinds.flatMap((own, at) => (at > 0 && own === kind ? [at] : []));
    return [0, ...of('output'), ...of('input'), ...of('hint')];
  }

  names(): string[] {
    return this.order().map((signal) => this.labels[signal]);
  }

  /** Wire of a signal in the finished system. */
  wire(signal: Lc): number {
    return this.order().indexOf([...signal.keys()][0]);
  }

  r1cs(): R1cs {
    const wireOf = new Map(this.order().map((signal, wire) => [signal, wire]));
    const coefficients: bigint[] = [];
    const matrix = (side: 0 | 1 | 2): SparseMatrix => {
      const start = [0];
      const wire: number[] = [];
      const coefficient: number[] = [];
      for (const row of this.rows) {
        for (const [signal, value] of row[side]) {
          const reduced = this.reduce(value);
          if (reduced === 0n) continue;
          if (!coefficients.includes(reduced)) coefficients.push(reduced);
          wire.push(wireOf.get(signal)!);
          coefficient.push(coefficients.indexOf(reduced));
        }
        start.push(wire.length);
      }
      return {
        start: Uint32Array.from(start),
        wire: Uint32Array.from(wire),
        coefficient: Uint32Array.from(coefficient),
      };
    };
    const count = (kind: Kind) => this.kinds.filter((own) => own === kind).length;
    return {
      wireCount: this.kinds.length,
      outputCount: count('output'),
      publicInputCount: 0,
      privateInputCount: count('input') - 1,
      constraintCount: this.rows.length,
      a: matrix(0),
      b: matrix(1),
      c: matrix(2),
      coefficients,
    };
  }

  /** The honest witness, in wire order; inputs in the order they were declared. */
  witness(inputs: readonly (bigint | number)[]): bigint[] {
    const values: bigint[] = [1n];
    let next = 0;
    const pending = new Set<number>();
    const at = (of: Lc): bigint => {
      let sum = 0n;
      for (const [signal, factor] of of) sum += factor * value(signal);
      return this.signed(sum);
    };
    const value = (signal: number): bigint => {
      if (values[signal] !== undefined) return values[signal];
      if (pending.has(signal)) throw new Error(`signal ${this.labels[signal]} depends on itself`);
      pending.add(signal);
      values[signal] = this.reduce(BigInt(this.hints[signal]!(at)));
      return values[signal];
    };
    this.kinds.forEach((kind, signal) => {
      if (kind === 'input' && signal > 0) values[signal] = this.reduce(BigInt(inputs[next++]));
    });
    return this.order().map(value);
  }
}
