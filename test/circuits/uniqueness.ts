import type { R1cs, SparseMatrix, Wire } from '../../src/circuit/constraints.js';
import { invertField, R, toField } from '../../src/core/field.js';

type Values = Map<Wire, bigint>;
interface Sum {
  readonly constant: bigint;
  readonly unknown: Map<Wire, bigint>;
}

/** Outcome of one constraint under known values: violated, nothing to learn, or the possible values of one wire. */
type Step = 'violated' | null | { readonly wire: Wire; readonly roots: readonly bigint[] };

/**
 * Every combination of output values that some witness reaches, for fixed inputs: constraints with one unknown wire are solved
 * over the real field, two roots branch, everything else waits. Complete for circuits whose free choices are such roots;
 * @throws Error where an output stays undetermined: then nothing was shown
 */
export function solveOutputs(r1cs: R1cs, inputs: ReadonlyMap<Wire, bigint>, outputs: readonly Wire[]): string[] {
  const solver = new Solver(r1cs, outputs);
  solver.search(
    new Map([[0, 1n], ...[...inputs].map(([wire, value]): [Wire, bigint] => [wire, toField(value)])]),
    null,
  );
  return [...solver.found];
}

class Solver {
  readonly found = new Set<string>();
  private readonly rowsOf = new Map<Wire, number[]>();

  constructor(
    private readonly r1cs: R1cs,
    private readonly outputs: readonly Wire[],
  ) {
    for (let row = 0; row < r1cs.constraintCount; row++)
      for (const matrix of [r1cs.a, r1cs.b, r1cs.c])
        for (let t = matrix.start[row]; t < matrix.start[row + 1]; t++) {
          const rows = this.rowsOf.get(matrix.wire[t]);
          if (!rows) this.rowsOf.set(matrix.wire[t], [row]);
          else if (rows[rows.length - 1] !== row) rows.push(row);
        }
  }

  search(values: Values, changed: Wire | null): void {
    const all = Array.from({ length: this.r1cs.constraintCount }, (_, row) => row);
    const queue = changed === null ? [...all] : [...(this.rowsOf.get(changed) ?? [])];
    while (queue.length > 0) {
      const step = this.step(queue.pop()!, values);
      if (step === 'violated') return;
      if (step && step.roots.length === 1) {
        values.set(step.wire, step.roots[0]);
        queue.push(...(this.rowsOf.get(step.wire) ?? []));
      }
    }
    for (const row of all) {
      const step = this.step(row, values);
      if (step === 'violated') return;
      if (!step) continue;
      for (const root of step.roots) this.search(new Map(values).set(step.wire, root), step.wire);
      return;
    }
    const missing = this.outputs.find((wire) => !values.has(wire));
    if (missing !== undefined) throw new Error(`wire ${missing} stays undetermined`);
    this.found.add(this.outputs.map((wire) => values.get(wire)).join(','));
  }

  private sum(matrix: SparseMatrix, row: number, values: Values): Sum {
    let constant = 0n;
    const unknown = new Map<Wire, bigint>();
    for (let t = matrix.start[row]; t < matrix.start[row + 1]; t++) {
      const coefficient = this.r1cs.coefficients[matrix.coefficient[t]];
      const value = values.get(matrix.wire[t]);
      if (value === undefined) unknown.set(matrix.wire[t], coefficient);
      else constant += coefficient * value;
    }
    return { constant: toField(constant), unknown };
  }

  private step(row: number, values: Values): Step {
    const [a, b, c] = [this.r1cs.a, this.r1cs.b, this.r1cs.c].map((matrix) => this.sum(matrix, row, values));
    if (a.unknown.size === 0) return solveLinear(b, a.constant, c);
    if (b.unknown.size === 0) return solveLinear(a, b.constant, c);
    if (c.unknown.size > 0 || c.constant !== 0n || a.unknown.size !== 1 || b.unknown.size !== 1) return null;
    const [[wire, left]] = a.unknown;
    const [[other, right]] = b.unknown;
    if (wire !== other) return null;
    const roots = [toField(-a.constant * invertField(left)), toField(-b.constant * invertField(right))];
    return { wire, roots: [...new Set<bigint>(roots)] };
  }
}

/** `factor · x = c`, where x and c are sums. */
function solveLinear(x: Sum, factor: bigint, c: Sum): Step {
  const unknown = new Map(c.unknown);
  for (const [wire, coefficient] of x.unknown)
    unknown.set(wire, toField((unknown.get(wire) ?? 0n) - factor * coefficient));
  for (const [wire, coefficient] of unknown) if (coefficient % R === 0n) unknown.delete(wire);
  const constant = toField(c.constant - factor * x.constant);
  if (unknown.size === 0) return constant === 0n ? null : 'violated';
  if (unknown.size > 1) return null;
  const [[wire, coefficient]] = unknown;
  return { wire, roots: [toField(-constant * invertField(coefficient))] };
}
