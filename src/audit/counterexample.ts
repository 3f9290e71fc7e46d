import type { R1cs, SparseMatrix } from '../circuit/constraints.js';
import { Completion } from './completion.js';
import { deriveRanges } from './derive-ranges.js';
import { PrimeField } from './field.js';
import { indexOccurrences } from './occurrences.js';
import type { AuditReport } from './report.js';
import { buildSystem } from './system.js';

/** A second witness for the same inputs: proof that the circuit does not determine what it should. */
export interface Counterexample {
  /** Satisfies every constraint and has the honest witness's inputs. */
  readonly witness: readonly bigint[];
  /** Whether an output differs; else only inner wires do. */
  readonly changesOutput: boolean;
  readonly changed: readonly { readonly wire: number; readonly honest: bigint; readonly forged: bigint }[];
}

export interface CounterexampleOptions {
  /** Choices that lead nowhere, in all, before the search gives up; 1500 by default. */
  readonly budget?: number;
  /** Prime modulus; the BN254 scalar field by default. */
  readonly modulus?: bigint;
}

/**
 * Looks for a second witness with the inputs of a given one: changes one undetermined wire (those that the audit blames
 * first, then outputs), works out what follows from the constraints, and checks all of them at the end. Finding none
 * proves nothing.
 * @param witness satisfies the constraints, one value for each wire
 */
export function findCounterexample(
  r1cs: R1cs,
  report: AuditReport,
  witness: readonly bigint[],
  options: CounterexampleOptions = {},
): Counterexample | null {
  const field = new PrimeField(options.modulus);
  const system = buildSystem(r1cs, field);
  const occurrences = indexOccurrences(system);
  const ranges = deriveRanges(system, occurrences);
  const honest = witness.map((value) => field.reduce(value));
  const isOpen = new Uint8Array(system.variableCount);
  for (const wire of [...report.undetermined, ...report.free]) isOpen[wire] = 1;
  for (let own = r1cs.wireCount; own < system.variableCount; own++) {
    const row = system.definition[own - r1cs.wireCount];
    let sum = 0n;
    for (let at = system.start[row]; at < system.start[row + 1]; at++) {
      const variable = system.variable[at];
      if (variable === own) continue;
      sum += system.integers.big[system.integer[at]] * honest[variable];
      if (isOpen[variable]) isOpen[own] = 1;
    }
    honest.push(field.reduce(sum));
  }
  const open: number[] = [];
  for (let variable = 1; variable < system.variableCount; variable++) if (isOpen[variable]) open.push(variable);
  const completion = new Completion(system, occurrences, ranges, honest, open);
  const isOutput = (wire: number) => wire <= r1cs.outputCount;
  const blamed = report.findings.flatMap(({ wire }) => (wire !== undefined && isOpen[wire] ? [wire] : []));
  const outputs = report.undetermined.filter(isOutput);
  const targets = [...new Set([...blamed, ...outputs.slice(0, 8), ...report.undetermined.slice(0, 30)])];
  let inner: Counterexample | null = null;
  let budget = options.budget ?? 1500;
  for (const target of targets) {
    for (const value of listValues(field, honest[target])) {
      if (budget <= 0) return inner;
      const allowed = Math.min(budget, isOutput(target) ? 100 : 60);
      const { found, spent } = completion.complete(target, value, allowed);
      budget -= spent + 1;
      if (!found || !satisfies(r1cs, found, field)) continue;
      const changed = found
        .slice(0, r1cs.wireCount)
        .flatMap((forged, wire) => (forged === honest[wire] ? [] : [{ wire, honest: honest[wire], forged }]));
      const changesOutput = changed.some(({ wire }) => isOutput(wire));
      const counterexample = { witness: found.slice(0, r1cs.wireCount), changesOutput, changed };
      if (changesOutput) return counterexample;
      inner ??= counterexample;
    }
  }
  return inner;
}

function listValues(field: PrimeField, honest: bigint): bigint[] {
  const values = [1n, -1n, 2n, 16n, 1n << 20n].map((step) => field.reduce(honest + step));
  return [...new Set([...values, 0n, 1n, field.reduce(-honest), 3n])].filter((value) => value !== honest);
}

/** Whether an assignment satisfies every constraint. */
export function satisfies(r1cs: R1cs, witness: readonly bigint[], field = new PrimeField()): boolean {
  const evaluate = ({ start, wire, coefficient }: SparseMatrix, row: number): bigint => {
    let sum = 0n;
    for (let at = start[row]; at < start[row + 1]; at++) sum += r1cs.coefficients[coefficient[at]] * witness[wire[at]];
    return sum;
  };
  for (let row = 0; row < r1cs.constraintCount; row++) {
    const rest = evaluate(r1cs.a, row) * evaluate(r1cs.b, row) - evaluate(r1cs.c, row);
    if (rest % field.modulus !== 0n) return false;
  }
  return true;
}
