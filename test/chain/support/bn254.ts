import { Q } from '../../../src/core/field.js';

/** Arithmetic of a coordinate field: integers mod Q for G1, pairs over u² = −1 for G2. */
interface CoordinateField<T> {
  readonly zero: T;
  readonly one: T;
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  inv(a: T): T;
  isZero(a: T): boolean;
}

export type Fp2 = readonly [real: bigint, imaginary: bigint];
/** An affine point; undefined is the point at infinity. */
export type Point<T> = { readonly x: T; readonly y: T } | undefined;

const mod = (value: bigint) => ((value % Q) + Q) % Q;

function invert(value: bigint): bigint {
  let [r0, r1, s0, s1] = [Q, mod(value), 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - quotient * r1, s1, s0 - quotient * s1];
  }
  return mod(s0);
}

export const fp: CoordinateField<bigint> = {
  zero: 0n,
  one: 1n,
  add: (a, b) => mod(a + b),
  sub: (a, b) => mod(a - b),
  mul: (a, b) => (a * b) % Q,
  inv: invert,
  isZero: (a) => a === 0n,
};

export const fp2: CoordinateField<Fp2> = {
  zero: [0n, 0n],
  one: [1n, 0n],
  add: (a, b) => [mod(a[0] + b[0]), mod(a[1] + b[1])],
  sub: (a, b) => [mod(a[0] - b[0]), mod(a[1] - b[1])],
  mul: (a, b) => [mod(a[0] * b[0] - a[1] * b[1]), mod(a[0] * b[1] + a[1] * b[0])],
  inv: (a) => {
    const norm = invert(a[0] * a[0] + a[1] * a[1]);
    return [mod(a[0] * norm), mod(-a[1] * norm)];
  },
  isZero: (a) => a[0] === 0n && a[1] === 0n,
};

/** Generators of the two groups (EIP-197). */
export const G1: Point<bigint> = { x: 1n, y: 2n };
export const G2: Point<Fp2> = {
  x: [
    10857046999023057135944570762232829481370756359578518086990519993285655852781n,
    11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  ],
  y: [
    8495653923123431417604973247489272438418190587263600148770280649306958101930n,
    4082367875863433681332203403145435568316851327593401208105741076214120093531n,
  ],
};

interface Jacobian<T> {
  readonly x: T;
  readonly y: T;
  readonly z: T;
}

/** `scalar · point`, by double and add in Jacobian coordinates. */
export function multiply<T>(field: CoordinateField<T>, point: Point<T>, scalar: bigint): Point<T> {
  if (point === undefined || scalar === 0n) return undefined;
  let sum: Jacobian<T> = { x: field.one, y: field.one, z: field.zero };
  for (const bit of scalar.toString(2)) {
    sum = double(field, sum);
    if (bit === '1') sum = addAffine(field, sum, point);
  }
  if (field.isZero(sum.z)) return undefined;
  const inverse = field.inv(sum.z);
  const square = field.mul(inverse, inverse);
  return { x: field.mul(sum.x, square), y: field.mul(sum.y, field.mul(square, inverse)) };
}

/** `a + b`. */
export function addPoints<T>(field: CoordinateField<T>, a: Point<T>, b: Point<T>): Point<T> {
  if (a === undefined) return b;
  if (b === undefined) return a;
  const sum = addAffine(field, { ...a, z: field.one }, b);
  if (field.isZero(sum.z)) return undefined;
  const inverse = field.inv(sum.z);
  const square = field.mul(inverse, inverse);
  return { x: field.mul(sum.x, square), y: field.mul(sum.y, field.mul(square, inverse)) };
}

function double<T>(f: CoordinateField<T>, p: Jacobian<T>): Jacobian<T> {
  const [a, b] = [f.mul(p.x, p.x), f.mul(p.y, p.y)];
  const c = f.mul(b, b);
  const xb = f.mul(p.x, b);
  const d = f.add(f.add(xb, xb), f.add(xb, xb));
  const e = f.add(f.add(a, a), a);
  const x = f.sub(f.mul(e, e), f.add(d, d));
  const c2 = f.add(c, c);
  const c8 = f.add(f.add(c2, c2), f.add(c2, c2));
  const yz = f.mul(p.y, p.z);
  return { x, y: f.sub(f.mul(e, f.sub(d, x)), c8), z: f.add(yz, yz) };
}

function addAffine<T>(f: CoordinateField<T>, p: Jacobian<T>, q: { x: T; y: T }): Jacobian<T> {
  if (f.isZero(p.z)) return { ...q, z: f.one };
  const z2 = f.mul(p.z, p.z);
  const h = f.sub(f.mul(q.x, z2), p.x);
  const r = f.sub(f.mul(q.y, f.mul(z2, p.z)), p.y);
  if (f.isZero(h)) return f.isZero(r) ? double(f, p) : { x: f.one, y: f.one, z: f.zero };
  const h2 = f.mul(h, h);
  const h3 = f.mul(h2, h);
  const v = f.mul(p.x, h2);
  const x = f.sub(f.sub(f.mul(r, r), h3), f.add(v, v));
  return { x, y: f.sub(f.mul(r, f.sub(v, x)), f.mul(p.y, h3)), z: f.mul(p.z, h) };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % Q;
    if (bit === '1') result = (result * base) % Q;
  }
  return result;
}

/** A square root mod Q (Q ≡ 3 mod 4), or undefined. */
function squareRoot(value: bigint): bigint | undefined {
  const root = power(mod(value), (Q + 1n) / 4n);
  return (root * root) % Q === mod(value) ? root : undefined;
}

/** A point of the twist y² = x³ + 3 / (9 + u) that is on the curve but not in the subgroup of G2. */
export function findPointOutsideG2(): Point<Fp2> {
  const b = fp2.mul([3n, 0n], fp2.inv([9n, 1n]));
  for (let real = 1n; ; real++) {
    const x: Fp2 = [real, 1n];
    const [p, q] = fp2.add(fp2.mul(fp2.mul(x, x), x), b);
    const norm = squareRoot(p * p + q * q);
    if (norm === undefined) continue;
    const half = invert(2n);
    const y0 = squareRoot((p + norm) * half) ?? squareRoot((p - norm) * half);
    if (y0 === undefined || y0 === 0n) continue;
    const y: Fp2 = [y0, mod(q * half * invert(y0))];
    const [check0, check1] = fp2.mul(y, y);
    if (check0 === mod(p) && check1 === mod(q)) return { x, y };
  }
}
