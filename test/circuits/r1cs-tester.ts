import type { R1cs, SparseMatrix } from '../../src/circuit/constraints.js';
import { readWire, type Witness } from '../../src/circuit/witness.js';
import { R } from '../../src/core/field.js';

/** Every wire's value, for reading and for forging. */
export function wireValues(witness: Witness): bigint[] {
  return Array.from({ length: witness.wireCount }, (_, wire) => readWire(witness, wire));
}

function rowValue(r1cs: R1cs, matrix: SparseMatrix, row: number, values: readonly bigint[]): bigint {
  let sum = 0n;
  for (let t = matrix.start[row]; t < matrix.start[row + 1]; t++)
    sum += r1cs.coefficients[matrix.coefficient[t]] * values[matrix.wire[t]];
  return sum % R;
}

/** Constraints that the values violate: the R1CS itself, no witness generator's checks. */
export function violatedConstraints(r1cs: R1cs, values: readonly bigint[]): number[] {
  const violated: number[] = [];
  for (let row = 0; row < r1cs.constraintCount; row++) {
    const [a, b, c] = [r1cs.a, r1cs.b, r1cs.c].map((matrix) => rowValue(r1cs, matrix, row, values));
    if ((a * b - c) % R !== 0n) violated.push(row);
  }
  return violated;
}

/** A constraint in words, for failure messages. */
export function printConstraint(r1cs: R1cs, row: number, names: readonly string[]): string {
  const side = (matrix: SparseMatrix) => {
    const terms: string[] = [];
    for (let t = matrix.start[row]; t < matrix.start[row + 1]; t++) {
      const value = r1cs.coefficients[matrix.coefficient[t]];
      terms.push(`${value > R / 2n ? value - R : value}·${names[matrix.wire[t]]}`);
    }
    return terms.length > 0 ? terms.join(' + ') : '0';
  };
  return `(${side(r1cs.a)}) · (${side(r1cs.b)}) = ${side(r1cs.c)}`;
}

/** The system without the constraints that a test picks. */
export function withoutRows(r1cs: R1cs, isGone: (row: number) => boolean): R1cs {
  const keep = Array.from({ length: r1cs.constraintCount }, (_, row) => row).filter((row) => !isGone(row));
  const pick = ({ start, wire, coefficient }: SparseMatrix): SparseMatrix => {
    const rows = keep.map((row) => [start[row], start[row + 1]] as const);
    const join = (array: Uint32Array) =>
      Uint32Array.from(rows.flatMap(([from, to]) => Array.from(array.subarray(from, to))));
    const starts = [0];
    for (const [from, to] of rows) starts.push(starts[starts.length - 1] + to - from);
    return { start: Uint32Array.from(starts), wire: join(wire), coefficient: join(coefficient) };
  };
  return { ...r1cs, constraintCount: keep.length, a: pick(r1cs.a), b: pick(r1cs.b), c: pick(r1cs.c) };
}
