import type { Wire } from './constraints.js';

/** A coefficient: a double while it is a small integer, a bigint where it is a real field element. */
export type Coefficient = number | bigint;

/** A sum of wires times coefficients plus a constant; a wire may appear more than once, its coefficients add up. */
export class Lc {
  readonly wires: Wire[] = [];
  readonly coefficients: Coefficient[] = [];

  /** A constant, or the empty sum. */
  static of(constant: Coefficient = 0): Lc {
    return new Lc().add(0, constant);
  }

  add(wire: Wire, coefficient: Coefficient): this {
    // biome-ignore lint/suspicious/noDoubleEquals: 0 and 0n are both the absent term
    if (coefficient != 0) {
      this.wires.push(wire);
      this.coefficients.push(coefficient);
    }
    return this;
  }

  plus(other: Lc, factor: Coefficient = 1): this {
    for (let t = 0; t < other.wires.length; t++) this.add(other.wires[t], multiply(other.coefficients[t], factor));
    return this;
  }
}

function multiply(a: Coefficient, b: Coefficient): Coefficient {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Math.abs(product) <= Number.MAX_SAFE_INTEGER) return product;
  }
  return BigInt(a) * BigInt(b);
}

export function addCoefficients(a: Coefficient, b: Coefficient): Coefficient {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Math.abs(sum) <= Number.MAX_SAFE_INTEGER) return sum;
  }
  return BigInt(a) + BigInt(b);
}

/** The constraint `x · (x - weight) = 0`: x is 0 or `weight`. */
export function bindBoolean(emit: EmitConstraint, x: Lc, weight: Coefficient = 1): void {
  emit(x, new Lc().plus(x).add(0, -weight), new Lc());
}

/** Receives one constraint `a · b = c`. */
export type EmitConstraint = (a: Lc, b: Lc, c: Lc) => void;
