import type { SparseMatrix } from '../circuit/constraints.js';
import type { PrimeField } from './field.js';
import type { IntegerTable } from './lists.js';

const SMALL = 2 ** 32;
const EXACT = 2 ** 52;
const SCALED_LIMIT = 50_000;
const NUMBER_LIMIT = 1_000_000;

/**
 * The distinct coefficients of a system, with the small ones as signed doubles (NaN for the others, and for all of them
 * under a modulus so small that sums of doubles could be multiples of it).
 */
export class Coefficients {
  readonly signed: Float64Array;
  /** Rows of large coefficients already scaled: a layer repeats the same polynomial for each element. */
  readonly scaled = new Map<string, { readonly integer: readonly number[]; readonly factor: bigint }>();
  /** Integers that large coefficients were met as, each with the number of the element that it is congruent to. */
  private readonly numbers = new Map<bigint, number>();
  readonly elements: bigint[] = [0n];

  constructor(
    readonly field: PrimeField,
    readonly values: readonly bigint[],
  ) {
    const fits = field.modulus > 1n << 60n;
    this.signed = Float64Array.from(values, (value) => {
      const signed = field.toSigned(value);
      return fits && signed > -SMALL && signed < SMALL ? Number(signed) : Number.NaN;
    });
  }

  /** The numbers of the elements that integers are congruent to, 0 for 0; of use until the next call. */
  number(integers: readonly bigint[]): number[] {
    if (this.numbers.size > NUMBER_LIMIT) {
      this.numbers.clear();
      this.scaled.clear();
      this.elements.length = 1;
    }
    return integers.map((value) => this.numbers.get(value) ?? this.addNumber(value));
  }

  private addNumber(value: bigint): number {
    const reduced = this.field.reduce(value);
    let number = reduced === 0n ? 0 : this.numbers.get(reduced);
    if (number === undefined) {
      number = this.elements.push(reduced) - 1;
      this.numbers.set(reduced, number);
    }
    this.numbers.set(value, number);
    return number;
  }
}

/**
 * A linear combination under construction: one entry per variable, variable 0 for the constant one. Entries are doubles
 * as long as all of them are small integers, bigints from the first that is not.
 */
export class Combination {
  readonly variables: number[] = [];
  private numbers: number[] = [];
  private bigs: bigint[] | null = null;

  constructor(
    private readonly coefficients: Coefficients,
    /** Position of a wire in `variables`, or -1; shared scratch, clean between uses. */
    private readonly slot: Int32Array,
  ) {}

  /** Forgets all entries. */
  clear(): this {
    for (const variable of this.variables) if (variable < this.slot.length) this.slot[variable] = -1;
    this.variables.length = 0;
    this.numbers = [];
    this.bigs = null;
    return this;
  }

  /** Adds `scale` times a matrix row. */
  addRow(matrix: SparseMatrix, row: number, scale: bigint): this {
    const { signed, values } = this.coefficients;
    const small = scale > -0x100000n && scale < 0x100000n ? Number(scale) : Number.NaN;
    for (let at = matrix.start[row]; at < matrix.start[row + 1]; at++) {
      const number = small * signed[matrix.coefficient[at]];
      if (number > -EXACT && number < EXACT) this.addNumber(matrix.wire[at], number);
      else this.addBig(matrix.wire[at], scale * values[matrix.coefficient[at]]);
    }
    return this;
  }

  /** Adds a multiple of one variable; a variable beyond the wires must be added once only. */
  add(variable: number, value: bigint): this {
    const { field } = this.coefficients;
    const signed = field.toSigned(value);
    if (field.modulus > 1n << 60n && signed > -0x100000000n && signed < 0x100000000n) {
      this.addNumber(variable, Number(signed));
    } else this.addBig(variable, value);
    return this;
  }

  /** Removes the constant and returns it, reduced. */
  takeConstant(): bigint {
    const at = this.slot[0];
    if (at < 0) return 0n;
    const { field } = this.coefficients;
    if (this.bigs) {
      const value = field.reduce(this.bigs[at] ?? 0n);
      this.bigs[at] = 0n;
      return value;
    }
    const value = this.numbers[at];
    this.numbers[at] = 0;
    return field.reduce(BigInt(value));
  }

  private addBig(variable: number, value: bigint): this {
    this.bigs ??= this.numbers.map(BigInt);
    const at = this.find(variable);
    this.bigs[at] = (this.bigs[at] ?? 0n) + value;
    return this;
  }

  private addNumber(variable: number, value: number): void {
    if (this.bigs) {
      this.addBig(variable, BigInt(value));
      return;
    }
    const at = this.find(variable);
    const sum = (this.numbers[at] ?? 0) + value;
    if (sum > -EXACT && sum < EXACT) this.numbers[at] = sum;
    else {
      this.numbers[at] ??= 0;
      this.addBig(variable, BigInt(value));
    }
  }

  private find(variable: number): number {
    if (variable >= this.slot.length) {
      this.variables.push(variable);
      return this.variables.length - 1;
    }
    let at = this.slot[variable];
    if (at < 0) {
      at = this.variables.length;
      this.slot[variable] = at;
      this.variables.push(variable);
    }
    return at;
  }

  /**
   * The entries as integers proportional to the combination (first entry positive, content 1), without zeros; the
   * constant, when there is one, under variable 0 like any other.
   * @returns variables, indices into `integers`, and the factor: integer = factor · entry in the field.
   */
  toIntegers(integers: IntegerTable): { variables: number[]; integer: readonly number[]; factor: bigint } {
    const { field } = this.coefficients;
    const variables: number[] = [];
    const integer: number[] = [];
    if (this.bigs) {
      const { elements } = this.coefficients;
      const numbers = this.coefficients.number(this.bigs).filter((number, at) => {
        if (number !== 0) variables.push(this.variables[at]);
        return number !== 0;
      });
      const key = numbers.join();
      let scaled = this.coefficients.scaled.get(key);
      if (!scaled) {
        const { integers: found, factor } = field.toIntegers(numbers.map((number) => elements[number]));
        scaled = { integer: found.map((value) => integers.intern(value)), factor };
        if (this.coefficients.scaled.size < SCALED_LIMIT) this.coefficients.scaled.set(key, scaled);
      }
      return { variables, integer: scaled.integer, factor: scaled.factor };
    }
    let content = 0;
    const kept: number[] = [];
    for (let at = 0; at < this.numbers.length; at++) {
      const value = this.numbers[at];
      if (value === 0) continue;
      variables.push(this.variables[at]);
      kept.push(value);
      if (content !== 1) content = divideNumbers(content, Math.abs(value));
    }
    if (kept.length === 0) return { variables, integer, factor: 1n };
    if (BigInt(content) % field.modulus === 0n) {
      this.addBig(this.variables[0], 0n);
      return this.toIntegers(integers);
    }
    const divisor = kept[0] < 0 ? -content : content;
    for (const value of kept) integer.push(integers.internNumber(value / divisor));
    return { variables, integer, factor: divisor === 1 ? 1n : divisor === -1 ? -1n : field.invert(BigInt(divisor)) };
  }
}

function divideNumbers(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
