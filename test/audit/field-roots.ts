import { PrimeField } from '../../src/audit/field.js';

const field = new PrimeField();
const p = field.modulus;

/** Coefficients, constant first. */
export type Polynomial = readonly bigint[];

function trim(a: Polynomial): bigint[] {
  const reduced = a.map((value) => field.reduce(value));
  while (reduced.length > 0 && reduced[reduced.length - 1] === 0n) reduced.pop();
  return reduced;
}

export function addPolynomials(a: Polynomial, b: Polynomial): Polynomial {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, at) => (a[at] ?? 0n) + (b[at] ?? 0n));
}

export function multiplyPolynomials(a: Polynomial, b: Polynomial): Polynomial {
  const product = new Array<bigint>(Math.max(0, a.length + b.length - 1)).fill(0n);
  a.forEach((x, i) => {
    b.forEach((y, j) => {
      product[i + j] = (product[i + j] + x * y) % p;
    });
  });
  return product;
}

function divide(a: Polynomial, by: Polynomial): { quotient: Polynomial; rest: Polynomial } {
  let rest = trim(a);
  const divisor = trim(by);
  const lead = field.invert(divisor[divisor.length - 1]);
  const quotient = new Array<bigint>(Math.max(1, rest.length - divisor.length + 1)).fill(0n);
  while (rest.length >= divisor.length) {
    const shift = rest.length - divisor.length;
    const factor = (rest[rest.length - 1] * lead) % p;
    quotient[shift] = factor;
    divisor.forEach((value, at) => {
      rest[shift + at] -= factor * value;
    });
    rest = trim(rest);
  }
  return { quotient, rest };
}

function greatestCommon(a: Polynomial, b: Polynomial): Polynomial {
  let [x, y] = [trim(a), trim(b)];
  while (y.length > 0) [x, y] = [y, trim(divide(x, y).rest)];
  return x;
}

function power(base: Polynomial, exponent: bigint, modulo: Polynomial): Polynomial {
  let result: Polynomial = [1n];
  let square: Polynomial = divide(base, modulo).rest;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = divide(multiplyPolynomials(result, square), modulo).rest;
    square = divide(multiplyPolynomials(square, square), modulo).rest;
  }
  return result;
}

/** Every root in the BN254 scalar field, by splitting off the linear factors (Cantor and Zassenhaus). */
export function findRoots(polynomial: Polynomial): bigint[] {
  const linear = greatestCommon(polynomial, addPolynomials(power([0n, 1n], p, polynomial), [0n, -1n]));
  const roots: bigint[] = [];
  const split = (factor: Polynomial): void => {
    if (factor.length < 2) return;
    if (factor.length === 2) {
      roots.push(field.reduce(-factor[0] * field.invert(factor[1])));
      return;
    }
    for (let shift = 1n; ; shift++) {
      const half = addPolynomials(power([shift, 1n], (p - 1n) / 2n, factor), [-1n]);
      const part = greatestCommon(factor, half);
      if (part.length < 2 || part.length === factor.length) continue;
      split(part);
      split(trim(divide(factor, part).quotient));
      return;
    }
  };
  split(trim(linear));
  return roots;
}
