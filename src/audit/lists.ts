/** A Uint32Array that grows; for the millions of terms of a constraint system. */
export class Uint32List {
  private items = new Uint32Array(1 << 12);
  length = 0;

  push(value: number): void {
    if (this.length === this.items.length) {
      const larger = new Uint32Array(this.items.length * 2);
      larger.set(this.items);
      this.items = larger;
    }
    this.items[this.length++] = value;
  }

  get(at: number): number {
    return this.items[at];
  }

  finish(): Uint32Array {
    return this.items.slice(0, this.length);
  }
}

/** Distinct integers, each stored once; exact as a double where it is below 2^53. */
export class IntegerTable {
  readonly big: bigint[] = [];
  /** The same integers as doubles; NaN where a double is not exact. */
  readonly number: number[] = [];
  private readonly small = new Map<number, number>();
  private readonly large = new Map<bigint, number>();

  internNumber(value: number): number {
    let at = this.small.get(value);
    if (at === undefined) {
      at = this.big.length;
      this.big.push(BigInt(value));
      this.number.push(value);
      this.small.set(value, at);
    }
    return at;
  }

  intern(value: bigint): number {
    if (value > -0x20000000000000n && value < 0x20000000000000n) return this.internNumber(Number(value));
    let at = this.large.get(value);
    if (at === undefined) {
      at = this.big.length;
      this.big.push(value);
      this.number.push(Number.NaN);
      this.large.set(value, at);
    }
    return at;
  }
}

/** For each key, the items that name it, in compressed rows. */
export interface Index {
  readonly start: Uint32Array;
  readonly item: Uint32Array;
}

/** Inverts a list of (key, item) pairs given as two calls of `visit`, first to count and then to fill. */
export function buildIndex(keyCount: number, visit: (emit: (key: number, item: number) => void) => void): Index {
  const start = new Uint32Array(keyCount + 1);
  visit((key) => {
    start[key + 1]++;
  });
  for (let key = 0; key < keyCount; key++) start[key + 1] += start[key];
  const item = new Uint32Array(start[keyCount]);
  const next = start.slice(0, keyCount);
  visit((key, value) => {
    item[next[key]++] = value;
  });
  return { start, item };
}
