import { R } from '../core/field.js';
import type { Coefficient, Lc } from './lc.js';

/** Index of a wire; 0 is the constant one. */
export type Wire = number;

/** One matrix of a constraint system in compressed rows: row i holds the terms `start[i] … start[i + 1] - 1`. */
export interface SparseMatrix {
  readonly start: Uint32Array;
  readonly wire: Uint32Array;
  /** Index into the system's `coefficients`. */
  readonly coefficient: Uint32Array;
}

/**
 * A rank-1 constraint system `(A·w)∘(B·w) = C·w` in snarkjs' wire order: one, public outputs, public inputs, private
 * inputs, the rest. Coefficients are shared: a quantized network uses few distinct ones.
 */
export interface R1cs {
  readonly wireCount: number;
  readonly outputCount: number;
  readonly publicInputCount: number;
  readonly privateInputCount: number;
  readonly constraintCount: number;
  readonly a: SparseMatrix;
  readonly b: SparseMatrix;
  readonly c: SparseMatrix;
  /** Distinct coefficients, each in `[1, R)`. */
  readonly coefficients: readonly bigint[];
}

/** A linear combination while a system is being built: wire → coefficient, any integers. */
export type LinearCombination = ReadonlyMap<Wire, bigint>;

class MatrixBuilder {
  private start = new Uint32Array(1 << 10);
  private wire = new Uint32Array(1 << 12);
  private coefficient = new Uint32Array(1 << 12);
  private rows = 0;
  private terms = 0;

  constructor(private readonly intern: (coefficient: Coefficient) => number) {}

  addRow(terms: Iterable<readonly [Wire, bigint]>): void {
    for (const [wire, value] of terms) this.addTerm(wire, value);
    this.endRow();
  }

  addTerm(wire: Wire, value: Coefficient): void {
    const interned = this.intern(value);
    if (interned < 0) return;
    if (this.terms === this.wire.length) {
      this.wire = grow(this.wire);
      this.coefficient = grow(this.coefficient);
    }
    this.wire[this.terms] = wire;
    this.coefficient[this.terms++] = interned;
  }

  endRow(): void {
    if (++this.rows >= this.start.length) this.start = grow(this.start);
    this.start[this.rows] = this.terms;
  }

  finish(): SparseMatrix {
    return {
      start: this.start.slice(0, this.rows + 1),
      wire: this.wire.slice(0, this.terms),
      coefficient: this.coefficient.slice(0, this.terms),
    };
  }
}

function grow(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Collects constraints into an R1cs. */
export class R1csBuilder {
  private readonly coefficients: bigint[] = [];
  private readonly index = new Map<bigint, number>();
  private readonly smallIndex = new Map<number, number>();
  private readonly a = new MatrixBuilder((value) => this.intern(value));
  private readonly b = new MatrixBuilder((value) => this.intern(value));
  private readonly c = new MatrixBuilder((value) => this.intern(value));
  private count = 0;

  get constraintCount(): number {
    return this.count;
  }

  /** Adds `a · b = c`; terms of one combination must name distinct wires. */
  add(
    a: Iterable<readonly [Wire, bigint]>,
    b: Iterable<readonly [Wire, bigint]>,
    c: Iterable<readonly [Wire, bigint]>,
  ): void {
    this.a.addRow(a);
    this.b.addRow(b);
    this.c.addRow(c);
    this.count++;
  }

  /** Adds `a · b = c` given as combinations whose wires are distinct. */
  addTerms(a: Lc, b: Lc, c: Lc): void {
    for (const [matrix, lc] of [
      [this.a, a],
      [this.b, b],
      [this.c, c],
    ] as const) {
      for (let t = 0; t < lc.wires.length; t++) matrix.addTerm(lc.wires[t], lc.coefficients[t]);
      matrix.endRow();
    }
    this.count++;
  }

  finish(wires: Pick<R1cs, 'wireCount' | 'outputCount' | 'publicInputCount' | 'privateInputCount'>): R1cs {
    return {
      ...wires,
      constraintCount: this.count,
      a: this.a.finish(),
      b: this.b.finish(),
      c: this.c.finish(),
      coefficients: this.coefficients,
    };
  }

  /** Position of a coefficient among the distinct ones; -1 for zero. */
  private intern(value: Coefficient): number {
    if (typeof value === 'number') {
      let at = this.smallIndex.get(value);
      if (at === undefined) {
        at = this.intern(BigInt(value));
        this.smallIndex.set(value, at);
      }
      return at;
    }
    const reduced = ((value % R) + R) % R;
    if (reduced === 0n) return -1;
    let at = this.index.get(reduced);
    if (at === undefined) {
      at = this.coefficients.length;
      this.coefficients.push(reduced);
      this.index.set(reduced, at);
    }
    return at;
  }
}
