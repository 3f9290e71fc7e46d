import { excludesMultiples, scaleInterval } from './interval.js';
import type { Occurrences } from './occurrences.js';
import { boundFactor } from './product-ranges.js';
import { findRadixDigits } from './radix.js';
import type { Ranges } from './ranges.js';
import { RULES, type Rule } from './rules.js';
import type { Factors, System } from './system.js';
import { WorkList } from './work-list.js';

/** A row with more unknown variables than this is not looked at as a sum of digits: each digit takes at least a bit. */
const DIGIT_LIMIT = 300;

/**
 * Propagates "is a function of the inputs" over the rows. A variable is marked only by a rule that shows: any two
 * satisfying assignments with the same inputs agree on it.
 */
export class Knowledge {
  /** Index into RULES; 0 while nothing shows that the variable is determined. */
  readonly how: Uint8Array;
  readonly unknown: Int32Array;
  readonly productKnown: Uint8Array;
  determined = 0;
  private readonly quick: WorkList;
  private readonly digits: WorkList;

  constructor(
    readonly system: System,
    readonly occurrences: Occurrences,
    readonly ranges: Ranges,
  ) {
    const { rowCount, start, variable, product } = system;
    this.how = new Uint8Array(system.variableCount);
    this.productKnown = new Uint8Array(system.left.variable.length);
    this.unknown = new Int32Array(rowCount);
    this.quick = new WorkList(rowCount);
    this.digits = new WorkList(rowCount);
    for (let row = 0; row < rowCount; row++) {
      let count = product[row] < 0 ? 0 : 1;
      for (let at = start[row]; at < start[row + 1]; at++) if (variable[at] !== 0) count++;
      this.unknown[row] = count;
      this.quick.add(row);
    }
    this.how[0] = RULES.indexOf('constant');
    for (let own = 1; own < system.variableCount; own++) if (ranges.isConstant(own)) this.mark(own, 'constant');
  }

  isKnown(variable: number): boolean {
    return this.how[variable] !== 0;
  }

  /** Records that a variable is determined and wakes the rows that mention it. @returns whether that is news. */
  mark(variable: number, rule: Rule): boolean {
    if (this.how[variable] !== 0) return false;
    this.how[variable] = RULES.indexOf(rule);
    this.determined++;
    const { rows, products } = this.occurrences;
    for (let at = rows.start[variable]; at < rows.start[variable + 1]; at++) {
      this.unknown[rows.item[at]]--;
      this.quick.add(rows.item[at]);
    }
    const { left, right, productRow } = this.system;
    for (let at = products.start[variable]; at < products.start[variable + 1]; at++) {
      const product = products.item[at];
      const row = productRow[product];
      if (this.how[left.variable[product]] && this.how[right.variable[product]]) {
        this.productKnown[product] = 1;
        this.unknown[row]--;
      }
      this.quick.add(row);
    }
    return true;
  }

  /** Runs the rules that look at one row (and the zero test's partner) until none applies. */
  propagate(): void {
    for (;;) {
      let row = this.quick.take();
      if (row >= 0) {
        this.visit(row);
        continue;
      }
      row = this.digits.take();
      if (row < 0) return;
      if (this.unknown[row] > 1) for (const digit of findRadixDigits(this, row)) this.mark(digit, 'radix');
    }
  }

  private visit(row: number): void {
    const unknown = this.unknown[row];
    if (unknown === 0) return;
    const product = this.system.product[row];
    const isProductOpen = product >= 0 && !this.productKnown[product];
    if (isProductOpen) this.visitProduct(row, product, unknown - 1);
    else if (unknown === 1) this.mark(this.findUnknown(row), 'linear');
    if (this.unknown[row] > 1 && this.unknown[row] <= DIGIT_LIMIT) this.digits.add(row);
  }

  private findUnknown(row: number): number {
    const { start, variable } = this.system;
    for (let at = start[row]; at < start[row + 1]; at++) if (this.how[variable[at]] === 0) return variable[at];
    return -1;
  }

  /** A row whose product is not determined; `linear` of its other terms are not either. */
  private visitProduct(row: number, product: number, linear: number): void {
    const { left, right } = this.system;
    const [known, open] = this.how[left.variable[product]] ? [left, right] : [right, left];
    if (!this.how[known.variable[product]]) return;
    const target = open.variable[product];
    if (linear === 0) {
      if (this.isNonZero(known, product) || this.isRestNonZero(row)) this.mark(target, 'factor');
      return;
    }
    if (linear === 1) {
      const own = this.findUnknown(row);
      if (own === target) {
        if (this.isSlopeNonZero(row, product, known, open)) this.mark(own, 'factor');
        return;
      }
    }
    this.findZeroTest(row, product, known);
  }

  /** The factor is never 0 in the field. */
  private isNonZero(factors: Factors, product: number): boolean {
    if (!this.ranges.has(factors.variable[product])) return false;
    const bounds = boundFactor(this.system, this.ranges, factors, product);
    const { modulus } = this.system.field;
    if (this.ranges.isTwoValued(factors.variable[product])) return bounds.every((value) => value % modulus !== 0n);
    return excludesMultiples([bounds[0], bounds[1]], modulus);
  }

  /** The row's terms beside its product never cancel, so neither factor is ever 0. */
  private isRestNonZero(row: number): boolean {
    const { start, variable, integer, integers, field } = this.system;
    let [low, high] = [0n, 0n];
    for (let at = start[row]; at < start[row + 1]; at++) {
      if (!this.ranges.has(variable[at])) return false;
      const [least, most] = scaleInterval(integers.big[integer[at]], this.ranges.get(variable[at]));
      low += least;
      high += most;
    }
    return start[row + 1] > start[row] && excludesMultiples([low, high], field.modulus);
  }

  /** `m (s a + o)(t b + q) + c b = known` with a known: b is determined where `m t (s a + o) + c` is never 0. */
  private isSlopeNonZero(row: number, product: number, known: Factors, open: Factors): boolean {
    const { start, variable, integer, integers, multiplier, field } = this.system;
    if (!this.ranges.has(known.variable[product])) return false;
    let own = 0n;
    for (let at = start[row]; at < start[row + 1]; at++) {
      if (variable[at] === open.variable[product]) own += integers.big[integer[at]];
    }
    const weight = integers.big[multiplier[product]] * integers.big[open.scale[product]];
    const ends = boundFactor(this.system, this.ranges, known, product).map((value) => weight * value + own);
    if (this.ranges.isTwoValued(known.variable[product])) return ends.every((value) => value % field.modulus !== 0n);
    const [first, last] = ends;
    return excludesMultiples(first < last ? [first, last] : [last, first], field.modulus);
  }

  /**
   * `h·inv + (terms in y) = known` together with `h·y' = 0`, h known, where y' is y up to known terms and a non-zero
   * factor: h ≠ 0 gives y' = 0, h = 0 leaves the first row without its product.
   */
  private findZeroTest(row: number, product: number, known: Factors): void {
    const { left, right, productRow, start } = this.system;
    const { products } = this.occurrences;
    const own = known.variable[product];
    for (let at = products.start[own]; at < products.start[own + 1]; at++) {
      const candidate = products.item[at];
      const partner = productRow[candidate];
      if (candidate === product || start[partner + 1] !== start[partner]) continue;
      const isLeft = left.variable[candidate] === own;
      const same = isLeft ? left : right;
      const other = (isLeft ? right : left).variable[candidate];
      if (this.how[other] || same.scale[candidate] !== known.scale[product]) continue;
      if (same.offset[candidate] !== known.offset[product]) continue;
      if (this.isSameUpToKnown(row, other)) {
        this.mark(other, 'zeroTest');
        return;
      }
    }
  }

  /** The undetermined terms of a row are a multiple of a variable, or of the combination that it stands for. */
  private isSameUpToKnown(row: number, variable: number): boolean {
    const wanted = this.collectUnknown(row, -1);
    if (wanted.size === 1 && wanted.has(variable)) return true;
    if (variable < this.system.wireCount) return false;
    const given = this.collectUnknown(this.system.definition[variable - this.system.wireCount], variable);
    if (given.size !== wanted.size || given.size === 0) return false;
    const [first] = given.keys();
    const [a, b] = [given.get(first)!, wanted.get(first)];
    if (b === undefined) return false;
    for (const [own, factor] of given) {
      const other = wanted.get(own);
      if (other === undefined || (factor * b - other * a) % this.system.field.modulus !== 0n) return false;
    }
    return true;
  }

  private collectUnknown(row: number, except: number): Map<number, bigint> {
    const { start, variable, integer, integers } = this.system;
    const terms = new Map<number, bigint>();
    for (let at = start[row]; at < start[row + 1]; at++) {
      if (!this.how[variable[at]] && variable[at] !== except) terms.set(variable[at], integers.big[integer[at]]);
    }
    return terms;
  }
}
