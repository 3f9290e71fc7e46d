import { PrimeField } from '../../src/audit/field.js';
import { type R1cs, R1csBuilder, type SparseMatrix } from '../../src/circuit/constraints.js';

/** One side of a constraint: wires with their coefficients, each in `[1, modulus)`. */
export type Side = readonly (readonly [wire: number, coefficient: bigint])[];
export type Row = readonly [a: Side, b: Side, c: Side];

/** A constraint system by rows, over any prime; `shape` has its wires. */
export interface RowSystem {
  readonly modulus: bigint;
  readonly rows: readonly Row[];
  readonly shape: Pick<R1cs, 'wireCount' | 'outputCount' | 'publicInputCount' | 'privateInputCount'>;
}

const large = new PrimeField();
/** Bits of numerator and denominator together from which on a field element is no ratio that anyone wrote down. */
const RATIO_BITS = 200;

/**
 * A BN254 element that is a ratio of small integers, as the same ratio modulo another prime.
 * @throws Error where it is none, or the prime divides its denominator
 */
export function carryElement(value: bigint, to: PrimeField): bigint {
  if (to.modulus === large.modulus) return value;
  const { numerator, denominator } = large.toFraction(value);
  const bits = numerator.toString(2).length + denominator.toString(2).length;
  if (bits > RATIO_BITS) throw new Error(`${value} is no small ratio`);
  return to.reduce(numerator * to.invert(denominator));
}

/** A system that the compiler emitted, over another prime: every coefficient as the ratio that it is. */
export function carrySystem(r1cs: R1cs, modulus: bigint): RowSystem {
  const field = new PrimeField(modulus);
  const coefficients = r1cs.coefficients.map((value) => carryElement(value, field));
  const side = ({ start, wire, coefficient }: SparseMatrix, row: number): Side =>
    Array.from({ length: start[row + 1] - start[row] }, (_, k) => {
      const at = start[row] + k;
      return [wire[at], coefficients[coefficient[at]]] as const;
    }).filter(([, value]) => value !== 0n);
  const rows = Array.from(
    { length: r1cs.constraintCount },
    (_, row): Row => [side(r1cs.a, row), side(r1cs.b, row), side(r1cs.c, row)],
  );
  const { wireCount, outputCount, publicInputCount, privateInputCount } = r1cs;
  return { modulus, rows, shape: { wireCount, outputCount, publicInputCount, privateInputCount } };
}

/** The system as the audit reads it. */
export function toR1cs({ rows, shape }: RowSystem): R1cs {
  const builder = new R1csBuilder();
  for (const [a, b, c] of rows) builder.add(a, b, c);
  return builder.finish(shape);
}
