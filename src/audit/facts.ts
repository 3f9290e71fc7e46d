import { hull, type Interval, intersect, largest } from './interval.js';

/** Two states are compared pair by pair up to this many. */
const PAIR_LIMIT = 512;

/**
 * What is known in each of several states: for combinations of determined variables, the interval that they lie in. A
 * combination has the same value in all states, because it is determined; so two states with intervals that do not meet
 * exclude each other.
 */
export class Facts {
  private readonly byCombination = new Map<string, (Interval | null)[]>();

  constructor(
    private readonly stateCount: number,
    private readonly modulus: bigint,
  ) {}

  /** Adds, for each state, where `Σ factor · variable` lies; null where nothing is said. */
  add(combination: ReadonlyMap<number, bigint>, bound: (state: number) => Interval | null): void {
    const terms = [...combination].sort(([a], [b]) => a - b);
    const sign = terms[0][1] < 0n ? -1n : 1n;
    const key = terms.map(([variable, factor]) => `${variable}:${factor * sign}`).join(' ');
    let list = this.byCombination.get(key);
    if (!list) {
      list = new Array<Interval | null>(this.stateCount).fill(null);
      this.byCombination.set(key, list);
    }
    for (let state = 0; state < this.stateCount; state++) {
      const interval = bound(state);
      if (!interval) continue;
      list[state] = this.meet(list[state], sign > 0n ? interval : [-interval[1], -interval[0]]);
    }
  }

  /** Whether the facts leave no two states possible for the same determined values. */
  tellApart(): boolean {
    const all = [...this.byCombination.values()];
    return all.some((list) => this.areSortedApart(list)) || this.arePairsApart(all);
  }

  private areSortedApart(list: readonly (Interval | null)[]): boolean {
    if (list.includes(null)) return false;
    const sorted = (list as Interval[]).filter(([low, high]) => low <= high);
    sorted.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    if (sorted.length === 0) return true;
    const highest = sorted.reduce((most, [, high]) => largest(most, high), sorted[0][1]);
    if (highest - sorted[0][0] >= this.modulus) return false;
    return sorted.every((fact, at) => at === 0 || sorted[at - 1][1] < fact[0]);
  }

  private arePairsApart(all: readonly (readonly (Interval | null)[])[]): boolean {
    if (this.stateCount > PAIR_LIMIT) return false;
    for (let one = 0; one < this.stateCount; one++) {
      for (let other = 0; other < one; other++) {
        if (!all.some((list) => this.isApart(list[one], list[other]))) return false;
      }
    }
    return true;
  }

  /** No field element is in both; an empty interval stands for a state that cannot occur. */
  private isApart(a: Interval | null, b: Interval | null): boolean {
    if (!a || !b) return false;
    if (a[0] > a[1] || b[0] > b[1]) return true;
    const [low, high] = hull(a, b);
    return high - low < this.modulus && (a[1] < b[0] || b[1] < a[0]);
  }

  /** Both facts at once where they can be compared, else the narrower one. */
  private meet(old: Interval | null, fresh: Interval): Interval {
    if (!old) return fresh;
    if (old[0] > old[1]) return old;
    const [low, high] = hull(old, fresh);
    if (high - low >= this.modulus) return fresh[1] - fresh[0] < old[1] - old[0] ? fresh : old;
    return intersect(old, fresh);
  }
}
