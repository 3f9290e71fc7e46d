import { greatestCommonDivisor } from './field.js';
import { hull, type Interval, intersect, largest, scaleInterval } from './interval.js';

/** Where a combination lies in a state; null where nothing is said. */
type Bound = (state: number) => Interval | null;

/** Two states are compared pair by pair up to this many. */
const PAIR_LIMIT = 512;

/**
 * What is known in each of several states: for combinations of determined variables, the interval that they lie in. A
 * combination has the same value in all states, because it is determined; so two states with intervals that do not meet
 * exclude each other. Facts on multiples of one combination are brought to a common multiple: a congruence may be multiplied.
 */
export class Facts {
  private readonly found: { readonly combination: number; readonly factor: bigint; readonly bound: Bound }[] = [];
  private readonly indexOf = new Map<string, number>();
  /** For each combination, a multiple that all facts on it can be brought to. */
  private readonly multiple: bigint[] = [];
  private text: string;

  constructor(
    private readonly stateCount: number,
    private readonly modulus: bigint,
  ) {
    this.text = `${stateCount}:`;
  }

  /**
   * Adds, for each state, where `Σ factor · variable` lies; null where nothing is said.
   * @param name of what `bound` computes, where verdicts are kept: the same name for the same intervals
   */
  add(combination: ReadonlyMap<number, bigint>, bound: Bound, name = ''): void {
    const terms = [...combination].sort(([a], [b]) => a - b);
    const content = terms.reduce((divisor, [, factor]) => greatestCommonDivisor(factor, divisor), 0n);
    if (content === 0n) return;
    const own = terms[0][1] < 0n ? -content : content;
    const key = terms.map(([variable, factor]) => `${variable}:${factor / own}`).join(' ');
    let at = this.indexOf.get(key);
    if (at === undefined) {
      at = this.indexOf.size;
      this.indexOf.set(key, at);
      this.multiple.push(content);
    } else this.multiple[at] *= content / greatestCommonDivisor(this.multiple[at], content);
    this.found.push({ combination: at, factor: own, bound });
    this.text += `${at} ${own} ${name};`;
  }

  /**
   * Whether the facts leave no two states possible for the same determined values.
   * @param verdicts of facts with the same names about other variables: a layer asks the same of each element
   */
  tellApart(verdicts?: Map<string, boolean>): boolean {
    const known = verdicts?.get(this.text);
    if (known !== undefined) return known;
    const all = this.collect();
    const verdict = all.some((list) => this.areSortedApart(list)) || this.arePairsApart(all);
    verdicts?.set(this.text, verdict);
    return verdict;
  }

  /** The intervals of each combination's multiple, by state. */
  private collect(): (Interval | null)[][] {
    const all = Array.from({ length: this.indexOf.size }, () => new Array<Interval | null>(this.stateCount).fill(null));
    for (const { combination, factor, bound } of this.found) {
      const list = all[combination];
      const scale = this.multiple[combination] / factor;
      for (let state = 0; state < this.stateCount; state++) {
        const interval = bound(state);
        if (!interval) continue;
        list[state] = this.meet(list[state], scaleInterval(scale, interval));
      }
    }
    return all;
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
