import type { R1cs } from '../circuit/constraints.js';
import { Coefficients, Combination } from './combination.js';
import { greatestCommonDivisor, integerSquareRoot, type PrimeField } from './field.js';
import { IntegerTable, Uint32List } from './lists.js';

/** `scale · variable + offset`; scale and offset are indices into the integers. */
export interface Factors {
  readonly variable: Uint32Array;
  readonly scale: Uint32Array;
  readonly offset: Uint32Array;
}

/** A variable takes one of two values (equal ones: it is constant). */
export interface TwoValues {
  readonly variable: number;
  readonly low: bigint;
  readonly high: bigint;
  readonly constraint: number;
}

/** `variable = value` or `variable = other + shift`. */
export interface Alternative {
  readonly variable: number;
  readonly value: bigint;
  readonly other: number;
  readonly shift: bigint;
  readonly constraint: number;
}

/**
 * A constraint system in the form the rules read. Variables are the wires and, after them, one definition for each
 * linear combination that occurs as a factor. Row i says, in the field,
 * `Σ integer · variable + product = 0`, where the product, if the row has one, is
 * `multiplier · (scale·a + offset) · (scale·b + offset)`. Integers are proportional to the field's coefficients, so a row
 * has the solutions of the constraint it comes from.
 */
export interface System {
  readonly field: PrimeField;
  readonly wireCount: number;
  readonly variableCount: number;
  readonly integers: IntegerTable;
  readonly rowCount: number;
  readonly start: Uint32Array;
  readonly variable: Uint32Array;
  readonly integer: Uint32Array;
  /** Index of the row's product, or -1. */
  readonly product: Int32Array;
  /** The constraint a row comes from (the first one that mentions it, for a definition). */
  readonly constraint: Uint32Array;
  readonly productRow: Uint32Array;
  readonly multiplier: Uint32Array;
  readonly left: Factors;
  readonly right: Factors;
  /** The row that defines variable `wireCount + i`. */
  readonly definition: Uint32Array;
  readonly twoValues: readonly TwoValues[];
  readonly alternatives: readonly Alternative[];
  /** Constraints without variables that no assignment satisfies. */
  readonly impossible: readonly number[];
  /** 1 for a wire that some constraint mentions with a coefficient that does not cancel. */
  readonly mentioned: Uint8Array;
}

interface Factor {
  readonly variable: number;
  readonly scale: bigint;
  readonly offset: bigint;
  /** The combination is `multiplier · (scale · variable + offset)`. */
  readonly multiplier: bigint;
  readonly wires: readonly number[];
}

const PRODUCT = 0xffffffff;

/** Numerator and denominator. */
type Ratio = readonly [bigint, bigint];

/** Brings a constraint system into the form the rules read. */
export function buildSystem(r1cs: R1cs, field: PrimeField): System {
  return new SystemBuilder(r1cs, field).build();
}

class SystemBuilder {
  private readonly integers = new IntegerTable();
  private readonly coefficients: Coefficients;
  private readonly scratch: Combination;
  private readonly start = new Uint32List();
  private readonly variable = new Uint32List();
  private readonly integer = new Uint32List();
  private readonly product = new Uint32List();
  private readonly constraint = new Uint32List();
  private readonly productRow = new Uint32List();
  private readonly multiplier = new Uint32List();
  private readonly sides = [0, 1].map(() => ({
    variable: new Uint32List(),
    scale: new Uint32List(),
    offset: new Uint32List(),
  }));
  private readonly definition = new Uint32List();
  private readonly byHash = new Map<number, number[]>();
  private readonly twoValues: TwoValues[] = [];
  private readonly alternatives: Alternative[] = [];
  private readonly impossible: number[] = [];
  private readonly mentioned: Uint8Array;

  constructor(
    private readonly r1cs: R1cs,
    private readonly field: PrimeField,
  ) {
    this.coefficients = new Coefficients(field, r1cs.coefficients);
    this.scratch = new Combination(this.coefficients, new Int32Array(r1cs.wireCount).fill(-1));
    this.mentioned = new Uint8Array(r1cs.wireCount);
  }

  build(): System {
    for (let at = 0; at < this.r1cs.constraintCount; at++) if (!this.addBoolean(at)) this.addConstraint(at);
    this.start.push(this.variable.length);
    const [left, right] = this.sides.map((side) => ({
      variable: side.variable.finish(),
      scale: side.scale.finish(),
      offset: side.offset.finish(),
    }));
    return {
      field: this.field,
      wireCount: this.r1cs.wireCount,
      variableCount: this.r1cs.wireCount + this.definition.length,
      integers: this.integers,
      rowCount: this.start.length - 1,
      start: this.start.finish(),
      variable: this.variable.finish(),
      integer: this.integer.finish(),
      product: new Int32Array(this.product.finish()),
      constraint: this.constraint.finish(),
      productRow: this.productRow.finish(),
      multiplier: this.multiplier.finish(),
      left,
      right,
      definition: this.definition.finish(),
      twoValues: this.twoValues,
      alternatives: this.alternatives,
      impossible: this.impossible,
      mentioned: this.mentioned,
    };
  }

  /** The shortcut for `(x)(x - 1) = 0` with small coefficients, nine constraints of ten. */
  private addBoolean(at: number): boolean {
    const { a, b, c, coefficients } = this.r1cs;
    if (c.start[at + 1] !== c.start[at] || coefficients.length === 0) return false;
    const first = this.readSmall(a, at);
    const second = first && this.readSmall(b, at);
    if (!first || !second || first.wire !== second.wire) return false;
    this.addTwoValues(first.wire, BigInt(first.root), BigInt(second.root), at);
    return true;
  }

  private readSmall(matrix: R1cs['a'], row: number): { wire: number; root: number } | null {
    const begin = matrix.start[row];
    const count = matrix.start[row + 1] - begin;
    if (count < 1 || count > 2) return null;
    let wire = 0;
    let scale = 0;
    let offset = 0;
    for (let at = begin; at < begin + count; at++) {
      const value = this.coefficients.signed[matrix.coefficient[at]];
      if (matrix.wire[at] === 0) offset = value;
      else if (wire !== 0) return null;
      else {
        wire = matrix.wire[at];
        scale = value;
      }
    }
    if (wire === 0 || !(scale === 1 || scale === -1) || Number.isNaN(offset)) return null;
    return { wire, root: offset === 0 ? 0 : -offset * scale };
  }

  private addTwoValues(variable: number, one: bigint, other: bigint, constraint: number): void {
    const [low, high] = one < other ? [one, other] : [other, one];
    this.twoValues.push({ variable, low, high, constraint });
    if (variable < this.r1cs.wireCount) this.mentioned[variable] = 1;
  }

  private addConstraint(at: number): void {
    const { a, b, c } = this.r1cs;
    const first = this.readFactor(a, at);
    const second = this.readFactor(b, at);
    if (typeof first === 'bigint' || typeof second === 'bigint') {
      const scale = typeof first === 'bigint' ? first : (second as bigint);
      const matrix = typeof first === 'bigint' ? b : a;
      this.scratch.clear().addRow(matrix, at, this.field.toSigned(scale)).addRow(c, at, -1n);
      this.addRow(at, -1);
      return;
    }
    for (const wire of [...first.wires, ...second.wires]) this.mentioned[wire] = 1;
    if (first.variable === second.variable && this.addQuadratic(first, second, at)) return;
    this.scratch
      .clear()
      .addRow(c, at, -1n)
      .add(PRODUCT, first.multiplier * second.multiplier);
    const product = this.productRow.length;
    this.productRow.push(this.start.length);
    [first, second].forEach((factor, side) => {
      this.sides[side].variable.push(factor.variable);
      this.sides[side].scale.push(this.integers.intern(factor.scale));
      this.sides[side].offset.push(this.integers.intern(factor.offset));
    });
    const terms = this.addRow(at, product);
    if (terms === 0) {
      this.addAlternative(first, second, at);
      this.addAlternative(second, first, at);
    }
  }

  /** Reads a combination as a factor; a bigint when it is constant. */
  private readFactor(matrix: R1cs['a'], at: number): Factor | bigint {
    const { field } = this;
    const combination = this.scratch.clear().addRow(matrix, at, 1n);
    const constant = combination.takeConstant();
    let { variables, integer, factor } = combination.toIntegers(this.integers);
    if (variables.length === 0) return constant;
    const first = variables.indexOf(Math.min(...variables));
    if (this.integers.big[integer[first]] < 0n) {
      integer = integer.map((entry) => this.integers.intern(-this.integers.big[entry]));
      factor = -factor;
    }
    const variable = variables.length === 1 ? variables[0] : this.define(variables, integer, at);
    const offset = field.toFraction(constant * factor);
    return {
      variable,
      scale: offset.denominator,
      offset: offset.numerator,
      multiplier: field.invert(factor * offset.denominator),
      wires: variables,
    };
  }

  /** The variable that stands for a combination; the same one for the same combination. */
  private define(variables: readonly number[], integer: readonly number[], constraint: number): number {
    const order = variables.map((_, at) => at);
    if (variables.some((wire, at) => at > 0 && wire < variables[at - 1])) {
      order.sort((x, y) => variables[x] - variables[y]);
    }
    let hash = variables.length;
    for (const at of order) hash = (Math.imul(Math.imul(hash, 31) + variables[at], 0x9e3779b1) ^ integer[at]) | 0;
    const bucket = this.byHash.get(hash);
    const same = bucket?.find((candidate) => {
      const row = this.findDefinition(candidate);
      return (
        row.length === order.length &&
        order.every(
          (at, k) => this.at(row.begin + k) === variables[at] && this.integerAt(row.begin + k) === integer[at],
        )
      );
    });
    if (same !== undefined) return same;
    const fresh = this.r1cs.wireCount + this.definition.length;
    this.definition.push(this.start.length);
    this.start.push(this.variable.length);
    for (const at of order) {
      this.variable.push(variables[at]);
      this.integer.push(integer[at]);
    }
    this.variable.push(fresh);
    this.integer.push(this.integers.internNumber(-1));
    this.product.push(0xffffffff);
    this.constraint.push(constraint);
    if (bucket) bucket.push(fresh);
    else this.byHash.set(hash, [fresh]);
    return fresh;
  }

  private findDefinition(variable: number): { begin: number; length: number } {
    const row = this.definition.get(variable - this.r1cs.wireCount);
    const end = row + 1 < this.start.length ? this.start.get(row + 1) : this.variable.length;
    return { begin: this.start.get(row), length: end - this.start.get(row) - 1 };
  }

  private at(position: number): number {
    return this.variable.get(position);
  }

  private integerAt(position: number): number {
    return this.integer.get(position);
  }

  /** Writes the scratch combination as a row. @returns how many terms it has beside the product. */
  private addRow(constraint: number, product: number): number {
    const { variables, integer } = this.scratch.toIntegers(this.integers);
    if (variables.every((wire) => wire === 0)) {
      if (variables.length > 0) this.impossible.push(constraint);
      return 0;
    }
    this.start.push(this.variable.length);
    let terms = 0;
    variables.forEach((variable, at) => {
      if (variable === PRODUCT) {
        this.multiplier.push(integer[at]);
        return;
      }
      this.variable.push(variable);
      this.integer.push(integer[at]);
      this.mentioned[variable] = 1;
      terms++;
    });
    this.product.push(product < 0 ? 0xffffffff : product);
    this.constraint.push(constraint);
    return terms;
  }

  /** `(s x + o)(t x + q) = C` where C, too, is affine in x alone: x is a root of a quadratic. */
  private addQuadratic(first: Factor, second: Factor, at: number): boolean {
    const { field } = this;
    const variable = first.variable;
    const { c } = this.r1cs;
    const combination = this.scratch.clear().addRow(c, at, 1n);
    const constant = combination.takeConstant();
    const { variables, integer, factor } = combination.toIntegers(this.integers);
    if (variables.length === 0 && constant === 0n) {
      this.addRoots(variable, [-first.offset, first.scale], [-second.offset, second.scale], at);
      return true;
    }
    if (variables.length > 1) {
      const known = this.byHash.size > 0 ? this.define(variables, integer, at) : -1;
      if (known !== variable) return false;
    } else if (variables.length === 1 && variables[0] !== variable) return false;
    const slope = variables.length === 0 ? 0n : field.invert(factor);
    const scale = first.multiplier * second.multiplier;
    const quadratic = field.reduce(scale * first.scale * second.scale);
    const linear = field.reduce(scale * (first.scale * second.offset + first.offset * second.scale) - slope);
    const rest = field.reduce(scale * first.offset * second.offset - constant);
    const monic = field.invert(quadratic);
    const half = field.toFraction(linear * monic);
    const last = field.toFraction(rest * monic);
    // x² + (n/d) x + m/e: the discriminant times (d e)² is e² n² - 4 m e d²
    const square =
      last.denominator ** 2n * half.numerator ** 2n - 4n * last.numerator * last.denominator * half.denominator ** 2n;
    if (square < 0n) return false;
    const side = integerSquareRoot(square);
    if (side * side !== square) return false;
    const over = 2n * half.denominator * last.denominator;
    const middle = -half.numerator * last.denominator;
    this.addRoots(variable, [middle + side, over], [middle - side, over], at);
    return true;
  }

  /** A variable is one of two fractions; where they are of a sum and no integers, a multiple of the sum gets a variable, too. */
  private addRoots(variable: number, one: Ratio, other: Ratio, at: number): void {
    const [first, second] = [one, other].map(([numerator, denominator]) => {
      const common = greatestCommonDivisor(numerator, denominator);
      const by = denominator < 0n ? -common : common;
      return [numerator / by, denominator / by];
    });
    const multiple = (first[1] * second[1]) / greatestCommonDivisor(first[1], second[1]);
    this.addTwoValues(variable, this.toRoot(...one), this.toRoot(...other), at);
    if (multiple === 1n || variable < this.r1cs.wireCount || multiple >= this.field.modulus) return;
    const { begin, length } = this.findDefinition(variable);
    const places = Array.from({ length }, (_, k) => begin + k);
    const own = this.define(
      places.map((place) => this.at(place)),
      places.map((place) => this.integers.intern(multiple * this.integers.big[this.integerAt(place)])),
      at,
    );
    const values = [first, second].map(([numerator, denominator]) => (numerator * multiple) / denominator);
    this.addTwoValues(own, this.field.toSigned(values[0]), this.field.toSigned(values[1]), at);
  }

  private toRoot(numerator: bigint, denominator: bigint): bigint {
    if (numerator % denominator === 0n) return this.field.toSigned(numerator / denominator);
    return this.field.toSigned(numerator * this.field.invert(denominator));
  }

  private addAlternative(single: Factor, pair: Factor, constraint: number): void {
    const wires = this.r1cs.wireCount;
    if (single.variable >= wires || pair.variable < wires || pair.scale !== 1n) return;
    const { begin, length } = this.findDefinition(pair.variable);
    if (length !== 2) return;
    const own = this.at(begin) === single.variable ? 0 : this.at(begin + 1) === single.variable ? 1 : -1;
    if (own < 0) return;
    const [mine, other] = [own, 1 - own].map((k) => this.integers.big[this.integerAt(begin + k)]);
    if (mine !== -other || (mine !== 1n && mine !== -1n)) return;
    this.alternatives.push({
      variable: single.variable,
      value: this.toRoot(-single.offset, single.scale),
      other: this.at(begin + (1 - own)),
      shift: -mine * pair.offset,
      constraint,
    });
  }
}
