import { boundSum, type Choice, findChoices } from './choices.js';
import { boundEitherOr, type EitherOr, findEitherOrs } from './either-or.js';
import { findZeroTestFlags } from './implications.js';
import { ceilDivide, largest, scaleInterval, smallest } from './interval.js';
import { boundBalances } from './magnitude-rule.js';
import type { Occurrences } from './occurrences.js';
import { boundProduct, boundRowByCases } from './product-ranges.js';
import { Ranges } from './ranges.js';
import type { Alternative, System } from './system.js';
import { WorkList } from './work-list.js';

/** A row is looked at again at most this often when its variables' intervals shrink: keeps dense rows linear. */
const VISITS = 8;
const EXACT = 2 ** 53;

/**
 * Derives an interval for every variable that has one, from the constraints alone. Every step is a congruence: if each
 * variable of a row is congruent to an integer in its interval, so is the sum.
 */
export function deriveRanges(system: System, occurrences: Occurrences, assumed: readonly AssumedRange[] = []): Ranges {
  return new RangeSolver(system, occurrences).run(assumed);
}

/** A range that the caller vouches for (a verifier that checks its public inputs). */
export interface AssumedRange {
  readonly wire: number;
  readonly min: bigint;
  readonly max: bigint;
}

class RangeSolver {
  private readonly ranges: Ranges;
  private readonly unranged: Int32Array;
  private readonly productRanged: Uint8Array;
  private readonly visits: Uint8Array;
  private readonly work: WorkList;
  private readonly choices: WorkList;
  private readonly alternatives = new Map<number, Alternative[]>();
  private readonly isLarge: boolean;
  private pairs: EitherOr[];
  private sums: readonly Choice[];

  constructor(
    private readonly system: System,
    private readonly occurrences: Occurrences,
  ) {
    this.ranges = new Ranges(system.variableCount, system.field.modulus);
    this.unranged = new Int32Array(system.rowCount);
    this.productRanged = new Uint8Array(system.left.variable.length);
    this.visits = new Uint8Array(system.rowCount);
    this.work = new WorkList(system.rowCount);
    this.choices = new WorkList(system.variableCount);
    this.isLarge = system.field.modulus > 1n << 60n;
    this.pairs = findEitherOrs(system, occurrences);
    this.sums = findChoices(system);
    for (const alternative of system.alternatives) {
      const list = this.alternatives.get(alternative.other);
      if (list) list.push(alternative);
      else this.alternatives.set(alternative.other, [alternative]);
    }
  }

  run(assumed: readonly AssumedRange[]): Ranges {
    const { system, ranges, unranged } = this;
    ranges.narrow(0, 1n, 1n);
    for (let row = 0; row < system.rowCount; row++) {
      let count = system.product[row] < 0 ? 0 : 1;
      for (let at = system.start[row]; at < system.start[row + 1]; at++) if (system.variable[at] !== 0) count++;
      unranged[row] = count;
      if (count <= 1) this.work.add(row);
    }
    for (const { wire, min, max } of assumed) this.narrow(wire, min, max);
    const flags = findZeroTestFlags(system, this.occurrences);
    for (const { variable, low, high } of [...system.twoValues, ...flags]) this.setTwoValues(variable, low, high);
    const rounds = new Map<number, number>();
    while (ranges.contradiction < 0) {
      const choice = this.choices.take();
      if (choice >= 0) {
        const round = rounds.get(choice) ?? 0;
        if (round < VISITS) this.visitAlternatives(choice);
        rounds.set(choice, round + 1);
        continue;
      }
      const row = this.work.take();
      if (row < 0) {
        if (this.visitPairs() || this.visitSums()) continue;
        break;
      }
      if (this.visits[row] < VISITS) {
        this.visits[row]++;
        this.visit(row);
      }
    }
    return ranges;
  }

  private narrow(variable: number, low: bigint, high: bigint): void {
    const before = this.ranges.has(variable);
    if (this.ranges.narrow(variable, low, high)) this.announce(variable, !before);
  }

  private setTwoValues(variable: number, low: bigint, high: bigint): void {
    const before = this.ranges.has(variable);
    if (this.ranges.setTwoValues(variable, low, high)) this.announce(variable, !before);
  }

  private announce(variable: number, isNew: boolean): void {
    const { unranged, ranges, system } = this;
    const { rows, products } = this.occurrences;
    for (let at = rows.start[variable]; at < rows.start[variable + 1]; at++) {
      const row = rows.item[at];
      if (isNew) unranged[row]--;
      if (unranged[row] <= 1) this.work.add(row);
    }
    for (let at = products.start[variable]; at < products.start[variable + 1]; at++) {
      const product = products.item[at];
      const row = system.productRow[product];
      if (
        isNew &&
        !this.productRanged[product] &&
        ranges.has(system.left.variable[product]) &&
        ranges.has(system.right.variable[product])
      ) {
        this.productRanged[product] = 1;
        unranged[row]--;
      }
      if (unranged[row] <= 1) this.work.add(row);
    }
    if (this.alternatives.has(variable)) this.choices.add(variable);
  }

  /** Pairs of constraints that bound a variable together, once nothing else does. @returns whether any did */
  private visitPairs(): boolean {
    const before = this.pairs.length;
    this.pairs = this.pairs.filter((pair) => {
      // Its product and one variable are all that its row does not know.
      if (this.unranged[pair.row] !== 2) return true;
      const found = boundEitherOr(this.system, this.ranges, pair);
      if (!found) return true;
      this.narrow(found.variable, found.low, found.high);
      return false;
    });
    return this.pairs.length < before;
  }

  /** Variables that are 0 or a sum, once all of the sum has intervals. @returns whether any was bounded */
  private visitSums(): boolean {
    const before = this.sums.length;
    this.sums = this.sums.filter((choice) => {
      const bounds = boundSum(this.ranges, choice.sum);
      if (!bounds) return true;
      this.narrow(choice.variable, smallest(0n, bounds[0]), largest(0n, bounds[1]));
      const found = boundBalances(this.system, this.occurrences, this.ranges, choice);
      for (const { variable, interval } of found) this.narrow(variable, ...interval);
      return false;
    });
    return this.sums.length < before;
  }

  /** A variable that others equal, or else a constant, has a new interval. */
  private visitAlternatives(variable: number): void {
    const { ranges } = this;
    for (const { variable: own, value, shift } of this.alternatives.get(variable)!) {
      const [low, high] = ranges.get(variable).map((end) => end + shift);
      if ((ranges.isTwoValued(variable) || low === high) && (value === low || value === high)) {
        this.setTwoValues(own, low, high);
      } else this.narrow(own, smallest(value, low), largest(value, high));
    }
  }

  private visit(row: number): void {
    if (this.unranged[row] > 1) return;
    const product = this.system.product[row];
    if (product >= 0) {
      if (!this.productRanged[product]) return;
      const found = boundRowByCases(this.system, this.occurrences, this.ranges, row);
      if (found) this.narrow(found.variable, found.low, found.high);
    }
    if (!this.isLarge || !this.visitWithNumbers(row)) this.visitWithIntegers(row);
  }

  /** @returns false when doubles are not exact here. */
  private visitWithNumbers(row: number): boolean {
    const { system, ranges } = this;
    const { variable, integer } = system;
    const coefficients = system.integers.number;
    let low = 0;
    let high = 0;
    let magnitude = 0;
    let target = -1;
    if (system.product[row] >= 0) {
      const [least, most] = boundProduct(system, ranges, system.product[row]);
      [low, high] = [Number(least), Number(most)];
      magnitude = Math.max(Math.abs(low), Math.abs(high));
    }
    const end = system.start[row + 1];
    for (let at = system.start[row]; at < end; at++) {
      const own = variable[at];
      if (!ranges.has(own)) {
        if (target >= 0) return true;
        target = at;
        continue;
      }
      const factor = coefficients[integer[at]];
      const least = factor * ranges.lowNumber(own);
      const most = factor * ranges.highNumber(own);
      low += factor > 0 ? least : most;
      high += factor > 0 ? most : least;
      magnitude += Math.max(Math.abs(least), Math.abs(most));
      if (!(magnitude < EXACT)) return false;
    }
    if (!(magnitude < EXACT)) return false;
    if (target >= 0) {
      const factor = coefficients[integer[target]];
      if (factor === 1) this.narrow(variable[target], BigInt(-high), BigInt(-low));
      else if (factor === -1) this.narrow(variable[target], BigInt(low), BigInt(high));
      return true;
    }
    if (low > 0 || high < 0) {
      ranges.contradiction = variable[system.start[row]];
      return true;
    }
    for (let at = system.start[row]; at < end; at++) {
      const own = variable[at];
      const factor = coefficients[integer[at]];
      const [first, last] = [ranges.lowNumber(own), ranges.highNumber(own)];
      if (Number.isNaN(first) || first === last) continue;
      // factor · own lies in [from, to]
      const from = -(high - (factor > 0 ? factor * last : factor * first));
      const to = -(low - (factor > 0 ? factor * first : factor * last));
      const least = Math.ceil((factor > 0 ? from : to) / factor);
      const most = Math.floor((factor > 0 ? to : from) / factor);
      if (least > first || most < last) {
        this.narrow(own, BigInt(Math.max(least, first)), BigInt(Math.min(most, last)));
        return true;
      }
    }
    return true;
  }

  private visitWithIntegers(row: number): void {
    const { system, ranges } = this;
    const { variable, integer } = system;
    const coefficients = system.integers.big;
    let [low, high] = system.product[row] >= 0 ? boundProduct(system, ranges, system.product[row]) : [0n, 0n];
    let target = -1;
    const end = system.start[row + 1];
    for (let at = system.start[row]; at < end; at++) {
      if (!ranges.has(variable[at])) {
        if (target >= 0) return;
        target = at;
        continue;
      }
      const [least, most] = scaleInterval(coefficients[integer[at]], ranges.get(variable[at]));
      low += least;
      high += most;
    }
    if (target >= 0) {
      const factor = coefficients[integer[target]];
      if (factor === 1n) this.narrow(variable[target], -high, -low);
      else if (factor === -1n) this.narrow(variable[target], low, high);
      return;
    }
    const { modulus } = system.field;
    const first = ceilDivide(low, modulus);
    const last = -ceilDivide(-high, modulus);
    if (first > last) {
      ranges.contradiction = variable[system.start[row]];
      return;
    }
    if (first !== last) return;
    const total = first * modulus;
    for (let at = system.start[row]; at < end; at++) {
      const factor = coefficients[integer[at]];
      const own = ranges.get(variable[at]);
      if (own[0] === own[1]) continue;
      const [least, most] = scaleInterval(factor, own);
      const [from, to] = [total - (high - most), total - (low - least)];
      const lower = factor > 0n ? ceilDivide(from, factor) : ceilDivide(to, factor);
      const upper = factor > 0n ? -ceilDivide(-to, factor) : -ceilDivide(-from, factor);
      if (lower > own[0] || upper < own[1]) {
        this.narrow(variable[at], lower > own[0] ? lower : own[0], upper < own[1] ? upper : own[1]);
        return;
      }
    }
  }
}
