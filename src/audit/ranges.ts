import { hull } from './interval.js';

/**
 * What every satisfying assignment has in common: for each variable an interval such that the variable is congruent to
 * some integer in it. With a step s the integer is one of the two ends, s apart; otherwise any integer in between.
 */
export class Ranges {
  private readonly low: Float64Array;
  private readonly high: Float64Array;
  /** 0: no interval. 1: any integer of it. 2: one of its two ends. */
  private readonly kind: Uint8Array;
  private readonly large = new Map<number, readonly [bigint, bigint]>();
  /** Set when two facts exclude each other: then no assignment satisfies the constraints. */
  contradiction = -1;

  constructor(
    count: number,
    readonly modulus: bigint,
  ) {
    this.low = new Float64Array(count).fill(Number.NaN);
    this.high = new Float64Array(count).fill(Number.NaN);
    this.kind = new Uint8Array(count);
  }

  has(variable: number): boolean {
    return this.kind[variable] !== 0;
  }

  isTwoValued(variable: number): boolean {
    return this.kind[variable] === 2;
  }

  /** Lower end as a double; NaN when there is none or it is beyond 2^53. */
  lowNumber(variable: number): number {
    return this.low[variable];
  }

  highNumber(variable: number): number {
    return this.high[variable];
  }

  /** @throws RangeError when the variable has no interval. */
  get(variable: number): readonly [bigint, bigint] {
    if (this.kind[variable] === 0) throw new RangeError(`variable ${variable} has no range`);
    const low = this.low[variable];
    return !Number.isNaN(low) ? [BigInt(low), BigInt(this.high[variable])] : this.large.get(variable)!;
  }

  /** The variable takes one value only. */
  isConstant(variable: number): boolean {
    if (this.kind[variable] === 0) return false;
    if (!Number.isNaN(this.low[variable])) return this.low[variable] === this.high[variable];
    const [low, high] = this.large.get(variable)!;
    return low === high;
  }

  /** Adds the fact that the variable is one of two integers (as field elements). @returns whether anything was learnt. */
  setTwoValues(variable: number, low: bigint, high: bigint): boolean {
    if (high - low >= this.modulus) return false;
    if (this.kind[variable] === 0) {
      this.store(variable, low, high, low === high ? 1 : 2);
      return true;
    }
    const [oldLow, oldHigh] = this.get(variable);
    const values = low === high ? [low] : [low, high];
    if (this.kind[variable] === 2) {
      if (oldLow === low && oldHigh === high) return false;
      const kept = values.filter((value) => [oldLow, oldHigh].some((old) => (old - value) % this.modulus === 0n));
      if (kept.length === 0) {
        this.contradiction = variable;
        return false;
      }
      if (kept.length === 2) return false;
      this.store(variable, kept[0], kept[0], 1);
      return true;
    }
    const [hullLow, hullHigh] = hull([low, high], [oldLow, oldHigh]);
    // Representatives of the old interval can be compared only within one window of the modulus.
    const isComparable = hullHigh - hullLow < this.modulus;
    const kept = values.filter((value) => !isComparable || (value >= oldLow && value <= oldHigh));
    if (kept.length === 0) {
      this.contradiction = variable;
      return false;
    }
    const [first, last] = [kept[0], kept[kept.length - 1]];
    if (first === oldLow && last === oldHigh && first === last) return false;
    this.store(variable, first, last, first === last ? 1 : 2);
    return true;
  }

  /** Adds the fact that the variable is congruent to an integer in `[low, high]`. @returns whether anything was learnt. */
  narrow(variable: number, low: bigint, high: bigint): boolean {
    if (high - low >= this.modulus) return false;
    if (this.kind[variable] === 0) {
      this.store(variable, low, high, 1);
      return true;
    }
    const [oldLow, oldHigh] = this.get(variable);
    const [hullLow, hullHigh] = hull([low, high], [oldLow, oldHigh]);
    if (hullHigh - hullLow >= this.modulus) {
      // The same residue may have different representatives in the two intervals: keep the narrower fact.
      if (this.kind[variable] === 2 || high - low >= oldHigh - oldLow) return false;
      this.store(variable, low, high, 1);
      return true;
    }
    return this.intersect(variable, low, high, oldLow, oldHigh);
  }

  private intersect(variable: number, low: bigint, high: bigint, oldLow: bigint, oldHigh: bigint): boolean {
    let [newLow, newHigh] = [low > oldLow ? low : oldLow, high < oldHigh ? high : oldHigh];
    if (this.kind[variable] === 2) {
      const kept = [oldLow, oldHigh].filter((value) => value >= low && value <= high);
      if (kept.length === 2) return false;
      if (kept.length === 1) [newLow, newHigh] = [kept[0], kept[0]];
      else [newLow, newHigh] = [1n, 0n];
    }
    if (newLow > newHigh) {
      this.contradiction = variable;
      return false;
    }
    if (newLow === oldLow && newHigh === oldHigh) return false;
    this.store(variable, newLow, newHigh, 1);
    return true;
  }

  private store(variable: number, low: bigint, high: bigint, kind: 1 | 2): void {
    const limit = 0x20000000000000n;
    this.kind[variable] = kind;
    if (low > -limit && high < limit) {
      this.low[variable] = Number(low);
      this.high[variable] = Number(high);
      this.large.delete(variable);
    } else {
      this.low[variable] = Number.NaN;
      this.high[variable] = Number.NaN;
      this.large.set(variable, [low, high]);
    }
  }
}
