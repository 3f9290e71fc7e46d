import type { System } from './system.js';

/** Vectors computed so far, shared by all levels of a system: a layer repeats the same polynomial for each element. */
interface VectorCache {
  readonly vectors: (readonly bigint[])[];
  readonly byKey: Map<string, number>;
  readonly verdicts: Map<string, boolean>;
}

const caches = new WeakMap<System, VectorCache>();
const CACHE_LIMIT = 20_000;

/** Field elements (signed) that variables take at each value of one variable, the level. */
export class LevelValues {
  private readonly vectorOf = new Map<number, number>();
  private readonly cache: VectorCache;

  constructor(
    private readonly system: System,
    private readonly low: bigint,
    readonly count: number,
  ) {
    const known = caches.get(system);
    this.cache =
      known && known.vectors.length < CACHE_LIMIT ? known : { vectors: [], byKey: new Map(), verdicts: new Map() };
    caches.set(system, this.cache);
    this.vectorOf.set(
      0,
      this.remember(`one ${count}`, () => new Array<bigint>(count).fill(1n)),
    );
  }

  /** Verdicts on facts that name vectors by their numbers. */
  get verdicts(): Map<string, boolean> {
    return this.cache.verdicts;
  }

  get size(): number {
    return this.vectorOf.size;
  }

  has(variable: number): boolean {
    return this.vectorOf.has(variable);
  }

  /** Lets a variable run through the levels. */
  start(level: number): void {
    const { low, count } = this;
    const vector = this.remember(`level ${low} ${count}`, () =>
      Array.from({ length: count }, (_, at) => low + BigInt(at)),
    );
    this.vectorOf.set(level, vector);
  }

  /** Computes the one variable of a row that has no values. @returns false when the row's product has none. */
  solve(row: number, target: number): boolean {
    const { system } = this;
    const key = this.describe(row);
    if (key === null) return false;
    let factor = 0n;
    for (let at = system.start[row]; at < system.start[row + 1]; at++) {
      if (system.variable[at] === target) factor = system.integers.big[system.integer[at]];
    }
    const vector = this.remember(`${key} / ${factor}`, () => {
      const inverse = system.field.invert(-factor);
      return this.evaluate(row).map((sum) => system.field.toSigned(sum * inverse));
    });
    this.vectorOf.set(target, vector);
    return true;
  }

  /** What the variables with values add up to in a row, at each level, with its number; null when its product has none. */
  sum(row: number): { readonly vector: number; readonly values: readonly bigint[] } | null {
    const key = this.describe(row);
    if (key === null) return null;
    const vector = this.remember(key, () => this.evaluate(row).map((sum) => this.system.field.toSigned(sum)));
    return { vector, values: this.cache.vectors[vector] };
  }

  private remember(key: string, compute: () => readonly bigint[]): number {
    let at = this.cache.byKey.get(key);
    if (at === undefined) {
      at = this.cache.vectors.length;
      this.cache.vectors.push(compute());
      this.cache.byKey.set(key, at);
    }
    return at;
  }

  /** The part of a row that has values, by coefficient and vector; null when its product has none. */
  private describe(row: number): string | null {
    const { start, variable, integer, product, multiplier, left, right } = this.system;
    const parts: (string | number)[] = [];
    for (let at = start[row]; at < start[row + 1]; at++) {
      const vector = this.vectorOf.get(variable[at]);
      if (vector !== undefined) parts.push(`${integer[at]}:${vector}`);
    }
    const own = product[row];
    if (own < 0) return parts.join(' ');
    const vectors = [left, right].map((side) => this.vectorOf.get(side.variable[own]));
    if (vectors.includes(undefined)) return null;
    parts.push('*', multiplier[own], left.scale[own], left.offset[own], vectors[0]!);
    parts.push(right.scale[own], right.offset[own], vectors[1]!);
    return parts.join(' ');
  }

  private evaluate(row: number): bigint[] {
    const { start, variable, integer, integers, product, multiplier, left, right } = this.system;
    const { big } = integers;
    const sums = new Array<bigint>(this.count).fill(0n);
    for (let at = start[row]; at < start[row + 1]; at++) {
      const vector = this.vectorOf.get(variable[at]);
      if (vector === undefined) continue;
      const factor = big[integer[at]];
      const own = this.cache.vectors[vector];
      for (let level = 0; level < this.count; level++) sums[level] += factor * own[level];
    }
    const at = product[row];
    if (at < 0) return sums;
    const [a, b] = [left, right].map((side) => this.cache.vectors[this.vectorOf.get(side.variable[at])!]);
    const factor = big[multiplier[at]];
    const [aScale, aOffset] = [big[left.scale[at]], big[left.offset[at]]];
    const [bScale, bOffset] = [big[right.scale[at]], big[right.offset[at]]];
    for (let level = 0; level < this.count; level++) {
      sums[level] += factor * (aScale * a[level] + aOffset) * (bScale * b[level] + bOffset);
    }
    return sums;
  }
}
