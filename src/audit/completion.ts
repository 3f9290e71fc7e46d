import { findChoices } from './choices.js';
import type { Occurrences } from './occurrences.js';
import type { Ranges } from './ranges.js';
import type { Factors, System } from './system.js';

/** Values chosen on one attempt at most. */
const STEP_LIMIT = 5000;

/** How a row stands under a partial assignment. */
interface OpenRow {
  readonly constant: bigint;
  readonly variables: readonly number[];
  readonly factors: readonly bigint[];
}

/**
 * Completes a partial assignment: what a row leaves one way to choose is chosen, sums of two-valued variables are read as
 * digits, and what stays open is tried, the honest value first. Gives up after a number of choices that led nowhere.
 */
export class Completion {
  private readonly values: (bigint | undefined)[];
  private readonly trail: number[] = [];
  private readonly choices: readonly { readonly variable: number; readonly gap: number; readonly root: bigint }[];
  private budget = 0;
  private steps = 0;

  constructor(
    private readonly system: System,
    private readonly occurrences: Occurrences,
    private readonly ranges: Ranges,
    /** A satisfying assignment of all variables. */
    private readonly honest: readonly bigint[],
    /** Variables that may change. */
    private readonly open: readonly number[],
  ) {
    this.values = honest.slice();
    for (const variable of open) this.values[variable] = undefined;
    // y·(y - F) = 0: the variable that stands for y - F lacks its constant.
    this.choices = findChoices(system).map(({ variable, gap, sum }) => {
      const row = system.definition[gap - system.wireCount];
      let sign = 1n;
      for (let at = system.start[row]; at < system.start[row + 1]; at++)
        if (system.variable[at] === variable) sign = system.integers.big[system.integer[at]];
      return { variable, gap, root: sign * (sum.get(0) ?? 0n) };
    });
  }

  /** A satisfying assignment with the given value, other than the honest one (null when none was found), and its cost. */
  complete(variable: number, value: bigint, budget: number): { found: bigint[] | null; spent: number } {
    this.budget = budget;
    this.steps = 0;
    const mark = this.trail.length;
    const found = this.assign(variable, value) ? this.search(this.touching(variable)) : null;
    this.undo(mark);
    return { found, spent: budget - Math.max(0, this.budget) };
  }

  private touching(variable: number): number[] {
    const { rows, products } = this.occurrences;
    const found = Array.from(rows.item.subarray(rows.start[variable], rows.start[variable + 1]));
    for (let at = products.start[variable]; at < products.start[variable + 1]; at++) {
      found.push(this.system.productRow[products.item[at]]);
    }
    return found;
  }

  private assign(variable: number, value: bigint): boolean {
    const { field } = this.system;
    const reduced = field.reduce(value);
    if (this.ranges.isTwoValued(variable)) {
      const [low, high] = this.ranges.get(variable);
      if (reduced !== field.reduce(low) && reduced !== field.reduce(high)) return false;
    } else if (this.ranges.isConstant(variable) && reduced !== field.reduce(this.ranges.get(variable)[0])) return false;
    this.values[variable] = reduced;
    this.trail.push(variable);
    return true;
  }

  private undo(mark: number): void {
    while (this.trail.length > mark) this.values[this.trail.pop()!] = undefined;
  }

  private search(rows: readonly number[]): bigint[] | null {
    const mark = this.trail.length;
    if (!this.propagate(rows)) {
      this.undo(mark);
      return null;
    }
    const branch = this.chooseBranch();
    if (!branch) {
      const found = this.values.map((value, variable) => value ?? this.honest[variable]);
      return found;
    }
    for (const choice of branch) {
      if (this.budget <= 0 || this.steps++ > STEP_LIMIT) break;
      const inner = this.trail.length;
      const isPossible = choice.every(([variable, value]) => this.assign(variable, value));
      const found = isPossible ? this.search(choice.flatMap(([variable]) => this.touching(variable))) : null;
      if (found) return found;
      this.budget--;
      this.undo(inner);
    }
    this.undo(mark);
    return null;
  }

  private propagate(rows: readonly number[]): boolean {
    const queue = [...rows];
    for (let at = 0; at < queue.length; at++) {
      const state = this.readRow(queue[at]);
      if (!state) continue;
      const { constant, variables, factors } = state;
      if (variables.length === 0) {
        if (constant !== 0n) return false;
        continue;
      }
      if (variables.length === 1) {
        const value = -constant * this.system.field.invert(factors[0]);
        if (!this.assign(variables[0], value)) return false;
        queue.push(...this.touching(variables[0]));
        continue;
      }
      const solutions = this.readDigits(state);
      if (!solutions || solutions.length > 1) continue;
      if (solutions.length === 0) return false;
      for (const [variable, value] of solutions[0]) {
        if (!this.assign(variable, value)) return false;
        queue.push(...this.touching(variable));
      }
    }
    return true;
  }

  /** A row as a sum over its unassigned variables; null while two unassigned variables are multiplied. */
  private readRow(row: number): OpenRow | null {
    const { start, variable, integer, integers, product, field, multiplier, left, right } = this.system;
    let constant = 0n;
    const sum = new Map<number, bigint>();
    for (let at = start[row]; at < start[row + 1]; at++) {
      const value = this.values[variable[at]];
      const factor = integers.big[integer[at]];
      if (value === undefined) sum.set(variable[at], (sum.get(variable[at]) ?? 0n) + factor);
      else constant += factor * value;
    }
    const own = product[row];
    if (own >= 0) {
      const values = [left, right].map((side) => this.readFactor(side, own));
      const weight = integers.big[multiplier[own]];
      if (values[0] !== undefined && values[1] !== undefined) constant += weight * values[0] * values[1];
      else if (values[0] === undefined && values[1] === undefined) return null;
      else {
        const side = values[0] === undefined ? left : right;
        const scale = weight * (values[0] ?? values[1]!);
        const target = side.variable[own];
        constant += scale * integers.big[side.offset[own]];
        sum.set(target, (sum.get(target) ?? 0n) + scale * integers.big[side.scale[own]]);
      }
    }
    const variables: number[] = [];
    const factors: bigint[] = [];
    for (const [one, factor] of sum) {
      const reduced = field.reduce(factor);
      if (reduced === 0n) continue;
      variables.push(one);
      factors.push(reduced);
    }
    return { constant: field.reduce(constant), variables, factors };
  }

  private readFactor(side: Factors, product: number): bigint | undefined {
    const value = this.values[side.variable[product]];
    if (value === undefined) return undefined;
    const { big } = this.system.integers;
    return this.system.field.reduce(big[side.scale[product]] * value + big[side.offset[product]]);
  }

  /** The ways to write a row's constant with digits, largest first; null when that does not settle the row. */
  private readDigits({ constant, variables, factors }: OpenRow): [number, bigint][][] | null {
    const { ranges, system } = this;
    const { field } = system;
    if (variables.length > 300 || !variables.every((variable) => ranges.isTwoValued(variable))) return null;
    const ends = variables.map((variable) => ranges.get(variable));
    const steps = factors.map((factor, at) => field.reduce(factor * (ends[at][1] - ends[at][0])));
    const { integers, factor: scale } = field.toIntegers(steps);
    // Σ |e|·digit = target, a digit of a negative weight counted from the other end
    let target = -scale * constant;
    ends.forEach(([low, high], at) => {
      target -= scale * factors[at] * (integers[at] > 0n ? low : high);
    });
    const order = integers.map((_, at) => at).sort((a, b) => (size(integers[a]) < size(integers[b]) ? 1 : -1));
    let rest = integers.reduce((sum, value) => sum + size(value), 0n);
    const total = rest;
    let isUnique = true;
    for (const at of order) {
      rest -= size(integers[at]);
      isUnique &&= size(integers[at]) > rest;
    }
    const solutions: [number, bigint][][] = [];
    for (let sum = field.reduce(target); sum <= total && solutions.length < 4; sum += field.modulus) {
      let left = sum;
      const solution = order.map((at): [number, bigint] => {
        const isOne = left >= size(integers[at]);
        if (isOne) left -= size(integers[at]);
        return [variables[at], ends[at][isOne === integers[at] > 0n ? 1 : 0]];
      });
      if (left === 0n) solutions.push(solution);
    }
    // Digits that overlap have readings that this one does not show; having found none says nothing.
    return isUnique || solutions.length === 1 ? solutions : null;
  }

  /** What is 0 or a sum, both ways; null where no open variable is. */
  private readChoice(open: readonly number[]): readonly (readonly [number, bigint])[][] | null {
    const { values } = this;
    const near = new Set(open.slice(0, 30));
    const found = this.choices.find(
      ({ variable, gap }) => near.has(variable) && values[variable] === undefined && values[gap] === undefined,
    );
    return found ? [[[found.variable, 0n]], [[found.gap, found.root]]] : null;
  }

  /** What to try next: the readings of an ambiguous row, or the values of an open variable; null when all is settled. */
  private chooseBranch(): readonly (readonly [number, bigint])[][] | null {
    const open = this.open.filter((variable) => this.values[variable] === undefined);
    if (open.length === 0) return null;
    for (const variable of open.slice(0, 30)) {
      for (const row of this.touching(variable)) {
        const state = this.readRow(row);
        const solutions = state && state.variables.length > 1 ? this.readDigits(state) : null;
        if (solutions) return solutions;
      }
    }
    const choice = this.readChoice(open);
    if (choice) return choice;
    const two = open.find((variable) => this.ranges.isTwoValued(variable));
    if (two !== undefined) {
      const honest = this.honest[two];
      const values = this.ranges.get(two).map((value) => this.system.field.reduce(value));
      return values.sort((a) => (a === honest ? -1 : 1)).map((value) => [[two, value]]);
    }
    const one = open.find((variable) => variable < this.system.wireCount) ?? open[0];
    const honest = this.honest[one];
    return [honest, 0n, 1n, honest + 1n, honest - 1n].map((value) => [[one, value]]);
  }
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}
