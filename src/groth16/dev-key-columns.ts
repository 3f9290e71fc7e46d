import type { R1cs, SparseMatrix } from '../circuit/constraints.js';
import { invertField, R } from '../core/field.js';
import { type Curve, FIELD_BYTES, writeInteger } from './curve.js';
import type { DevSecrets } from './dev-key-secrets.js';

/** The scalars whose multiples of the generators make a proving key; addresses of 32-byte Montgomery values. */
export interface KeyScalars {
  /** A_j(tau), one per wire. */
  readonly a: number;
  /** B_j(tau), one per wire. */
  readonly b: number;
  /** (beta·A_j + alpha·B_j + C_j)(tau), over gamma = 1 for public wires and over delta for the others. */
  readonly k: number;
  /** The quotient's basis at tau over delta, one per point of the domain. */
  readonly h: number;
}

/** log2 of the evaluation domain, as snarkjs chooses it: the least power of two above constraints + public signals. */
export function domainPower(constraintCount: number, publicCount: number): number {
  let power = 1;
  while (2 ** power < constraintCount + publicCount + 1) power++;
  return power;
}

/** Evaluates the circuit's polynomials at tau. */
export function evaluateColumns(curve: Curve, r1cs: R1cs, secrets: DevSecrets): KeyScalars {
  const publicCount = r1cs.outputCount + r1cs.publicInputCount;
  const power = domainPower(r1cs.constraintCount, publicCount);
  const domain = 2 ** power;
  const { frm_mul: mul, frm_add: add } = curve.call;
  const wires = r1cs.wireCount;

  const lagrange = evaluateLagrange(curve, power, secrets.tau, { first: 0, step: 1, count: domain, factor: 1n });
  const h = evaluateLagrange(curve, power + 1, secrets.tau, {
    first: 1,
    step: 2,
    count: domain,
    factor: invertField(secrets.delta),
  });

  const [a, b, c] = [0, 1, 2].map(() => {
    const column = curve.alloc(wires * FIELD_BYTES);
    curve.bytes.fill(0, column, column + wires * FIELD_BYTES);
    return column;
  });
  const coefficients = curve.alloc(Math.max(1, r1cs.coefficients.length) * FIELD_BYTES);
  r1cs.coefficients.forEach((value, index) => {
    writeInteger(curve.bytes, coefficients + index * FIELD_BYTES, value);
    curve.call.frm_toMontgomery(coefficients + index * FIELD_BYTES, coefficients + index * FIELD_BYTES);
  });
  const term = curve.alloc(FIELD_BYTES);
  const accumulate = (matrix: SparseMatrix, column: number): void => {
    for (let row = 0; row < r1cs.constraintCount; row++) {
      for (let at = matrix.start[row]; at < matrix.start[row + 1]; at++) {
        mul(coefficients + matrix.coefficient[at] * FIELD_BYTES, lagrange + row * FIELD_BYTES, term);
        const target = column + matrix.wire[at] * FIELD_BYTES;
        add(target, term, target);
      }
    }
  };
  accumulate(r1cs.a, a);
  accumulate(r1cs.b, b);
  accumulate(r1cs.c, c);
  // One extra constraint `wire · 0 = 0` per public wire makes their polynomials independent.
  for (let wire = 0; wire <= publicCount; wire++) {
    const target = a + wire * FIELD_BYTES;
    add(target, lagrange + (r1cs.constraintCount + wire) * FIELD_BYTES, target);
  }

  const k = curve.alloc(wires * FIELD_BYTES);
  const [alpha, beta] = [curve.putScalar(secrets.alpha), curve.putScalar(secrets.beta)];
  const inverseDelta = curve.putScalar(invertField(secrets.delta));
  for (let wire = 0; wire < wires; wire++) {
    const at = wire * FIELD_BYTES;
    mul(a + at, beta, k + at);
    mul(b + at, alpha, term);
    add(k + at, term, k + at);
    add(k + at, c + at, k + at);
    if (wire > publicCount) mul(k + at, inverseDelta, k + at);
  }
  return { a, b, k, h };
}

/**
 * `factor · L_i(tau)` for i = first, first + step, … in the domain of size 2^power, where
 * L_i(x) = w^i (x^n - 1) / (n (x - w^i)).
 */
export function evaluateLagrange(
  curve: Curve,
  power: number,
  tau: bigint,
  points: { first: number; step: number; count: number; factor: bigint },
): number {
  const { frm_mul: mul, frm_sub: sub, frm_copy: copy } = curve.call;
  const size = 1n << BigInt(power);
  // 5 generates the multiplicative group; snarkjs takes the same root of unity.
  const root = powerOf(5n, (R - 1n) / size);
  const numerator = (((powerOf(tau, size) - 1n + R) * invertField(size)) % R) * points.factor;
  const result = curve.alloc(points.count * FIELD_BYTES);
  const mark = curve.mark();
  const roots = curve.alloc(points.count * FIELD_BYTES);
  const current = curve.putScalar(powerOf(root, BigInt(points.first)));
  const increment = curve.putScalar(powerOf(root, BigInt(points.step)));
  const tauAt = curve.putScalar(tau);
  const numeratorAt = curve.putScalar(numerator % R);
  curve.alloc(0, (points.count + 1) * FIELD_BYTES + (1 << 20));
  for (let index = 0; index < points.count; index++) {
    const at = index * FIELD_BYTES;
    copy(current, roots + at);
    sub(tauAt, current, result + at);
    mul(current, increment, current);
  }
  curve.call.frm_batchInverse(result, FIELD_BYTES, points.count, result, FIELD_BYTES);
  for (let index = 0; index < points.count; index++) {
    const at = result + index * FIELD_BYTES;
    mul(at, roots + index * FIELD_BYTES, at);
    mul(at, numeratorAt, at);
  }
  curve.release(mark);
  return result;
}

function powerOf(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base % R; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * square) % R;
    square = (square * square) % R;
  }
  return result;
}
