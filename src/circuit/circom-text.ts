import { bitLength } from '../core/range.js';
import type { CircomArgument } from './component.js';

/** Bits of a constant that holds packed indices. */
const TABLE_BITS = 248;

/** Integers as circom writes them; rows of arrays on lines of their own. */
export function literal(argument: CircomArgument): string {
  if (!Array.isArray(argument)) return String(argument);
  const nested = argument.length > 1 && Array.isArray(argument[0]);
  return `[${argument.map(literal).join(nested ? ',\n        ' : ', ')}]`;
}

/** `base + i · step` where the numbers are that, else undefined. */
export function affineIndex(numbers: readonly number[]): ((variable: string) => string) | undefined {
  const base = numbers[0];
  const step = numbers.length > 1 ? numbers[1] - base : 0;
  if (step < 0 || !numbers.every((value, i) => value === base + i * step)) return undefined;
  return (variable) => {
    if (step === 0) return String(base);
    const scaled = step === 1 ? variable : `${variable} * ${step}`;
    return base === 0 ? scaled : `${base} + ${scaled}`;
  };
}

/** A constant table of indices, many to a constant: a literal each would cost the compiler kilobytes. */
export class IndexTable {
  readonly declaration: string;
  private readonly width: number;
  private readonly perConstant: number;

  constructor(
    private readonly name: string,
    values: readonly number[],
  ) {
    this.width = Math.max(1, bitLength(values.reduce((a, b) => Math.max(a, b), 0)));
    this.perConstant = Math.floor(TABLE_BITS / this.width);
    const constants: bigint[] = [];
    for (let at = 0; at < values.length; at += this.perConstant) {
      let constant = 0n;
      for (let i = Math.min(values.length, at + this.perConstant) - 1; i >= at; i--)
        constant = (constant << BigInt(this.width)) + BigInt(values[i]);
      constants.push(constant);
    }
    this.declaration = `var ${name}[${constants.length}] = ${literal(constants)};`;
  }

  /** The entry at an index expression. */
  at(index: string): string {
    const { name, perConstant, width } = this;
    return `((${name}[(${index}) \\ ${perConstant}] >> (((${index}) % ${perConstant}) * ${width})) & ${2 ** width - 1})`;
  }
}

/** A one-statement loop; the statement alone where it runs once. */
export function printLoop(indent: number, variable: string, count: number, statement: (at: string) => string): string {
  const loop =
    count === 1
      ? statement('0')
      : `for (var ${variable} = 0; ${variable} < ${count}; ${variable}++) { ${statement(variable)} }`;
  return `${' '.repeat(indent)}${loop}`;
}
