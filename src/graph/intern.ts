const scratch = new Float64Array(1);
const bits = new Int32Array(scratch.buffer);

/** FNV-1a over the elements' bit patterns. */
function hashOf(array: ArrayLike<number>): number {
  let hash = 0x811c9dc5 ^ array.length;
  for (let i = 0; i < array.length; i++) {
    scratch[0] = array[i];
    hash = Math.imul(hash ^ bits[0], 0x01000193);
    hash = Math.imul(hash ^ bits[1], 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash | 0;
}

function sameElements(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** Keeps one copy of equal arrays: what makes windows and kernels shared after each pass. */
export class InternTable<T extends ArrayLike<number>> {
  readonly items: T[] = [];
  private readonly buckets = new Map<number, number[]>();

  /** Position of an array equal to `array`, added if there is none. */
  add(array: T): number {
    const hash = hashOf(array);
    const bucket = this.buckets.get(hash);
    if (bucket === undefined) {
      this.buckets.set(hash, [this.items.length]);
      return this.items.push(array) - 1;
    }
    for (const position of bucket) if (sameElements(this.items[position], array)) return position;
    bucket.push(this.items.length);
    return this.items.push(array) - 1;
  }
}

/** Keeps one copy of values that have equal keys, e.g. scalar functions by their printed form. */
export class KeyedTable<T> {
  readonly items: T[] = [];
  private readonly positions = new Map<string | number, number>();

  /** Position of the item of this key; `make` runs for a new key only. */
  add(key: string | number, make: () => T): number {
    const known = this.positions.get(key);
    if (known !== undefined) return known;
    const position = this.items.push(make()) - 1;
    this.positions.set(key, position);
    return position;
  }
}
