import type { R1cs, SparseMatrix } from '../circuit/constraints.js';
import { ZkinferError } from '../core/error.js';
import { deriveRanges } from './derive-ranges.js';
import { explainUndetermined } from './explain.js';
import { PrimeField } from './field.js';
import { Knowledge } from './known.js';
import { indexOccurrences } from './occurrences.js';
import type { Ranges } from './ranges.js';
import type { AuditOptions, AuditReport, DeclaredRange, Finding, SignalRange } from './report.js';
import { RULES, type Rule } from './rules.js';
import { applyStructuralRules } from './structural-rules.js';
import { buildSystem } from './system.js';

/**
 * Audits a constraint system on its own, with no solver and no witness: every output must be a function of the inputs,
 * every declared range must follow from the constraints, every input must be constrained, and no integer argument may
 * wrap around the field. What it cannot show it names.
 * @throws ZkinferError `AUDIT_R1CS_MALFORMED` when the system is not well formed.
 */
export function auditR1cs(r1cs: R1cs, options: AuditOptions = {}): AuditReport {
  checkShape(r1cs);
  const name = readNames(options.names);
  const assumed = options.assumed ?? [];
  for (const { wire } of [...assumed, ...(options.declared ?? [])]) checkWire(r1cs, wire);
  for (const wire of options.given ?? []) checkWire(r1cs, wire);

  options.onProgress?.('read');
  const system = buildSystem(r1cs, new PrimeField(options.modulus));
  const occurrences = indexOccurrences(system);
  options.onProgress?.('ranges');
  const ranges = deriveRanges(
    system,
    occurrences,
    assumed.map(({ wire, min, max }) => ({ wire, min: BigInt(min), max: BigInt(max) })),
  );
  options.onProgress?.('uniqueness');
  const knowledge = new Knowledge(system, occurrences, ranges);
  const inputs = listInputs(r1cs);
  const given = options.given ?? inputs;
  for (const wire of given) knowledge.mark(wire, 'input');
  do knowledge.propagate();
  while (applyStructuralRules(knowledge));
  const how = knowledge.how.slice();

  options.onProgress?.('explain');
  const limit = options.maxFindings ?? 50;
  const explained = explainUndetermined(knowledge, r1cs.outputCount, inputs, limit, name);
  const findings: Finding[] = [
    ...findImpossible(system.impossible, ranges, name),
    ...explained.findings,
    ...checkDeclared(options.declared ?? [], ranges, name),
    ...inputs
      .filter((wire) => !system.mentioned[wire])
      .map(
        (wire): Finding => ({
          code: 'INPUT_UNCONSTRAINED',
          level: 'error',
          wire,
          signal: name(wire),
          message: `input ${name(wire)} occurs in no constraint`,
        }),
      ),
  ];
  findings.sort((a, b) => (a.level === b.level ? 0 : a.level === 'error' ? -1 : 1));
  const free = new Set(explained.free);
  const undetermined = listUndetermined(how, r1cs.wireCount).filter((wire) => !free.has(wire));
  const declared = (options.declared ?? []).map(({ wire }) => describeRange(wire, ranges, name));
  const loose = inputs.filter((wire) => !system.mentioned[wire]).length;
  const outputs = Array.from({ length: r1cs.outputCount }, (_, at) => at + 1);
  return {
    proved: !findings.some(({ level }) => level === 'error'),
    constraints: r1cs.constraintCount,
    outputs: {
      total: r1cs.outputCount,
      determined: outputs.filter((wire) => how[wire] !== 0).length,
      ranges: outputs.filter((wire) => !given.includes(wire)).map((wire) => describeRange(wire, ranges, name)),
    },
    wires: {
      total: r1cs.wireCount,
      determined: r1cs.wireCount - undetermined.length - free.size,
      free: free.size,
      undetermined: undetermined.length,
    },
    inputs: {
      total: inputs.length,
      constrained: inputs.length - loose,
      determined: inputs.filter((wire) => how[wire] !== 0).length,
    },
    given: given.length,
    declared: {
      total: declared.length,
      proved: declared.length - findings.filter(({ code }) => code === 'RANGE_NOT_PROVED').length,
      ranges: declared,
    },
    rules: countRules(how),
    assumptions: assumed.map(({ wire, min, max }) => `${name(wire)} lies in [${min}, ${max}]`),
    findings: findings.slice(0, limit),
    omitted: Math.max(0, findings.length - limit) + explained.omitted,
    undetermined,
    free: explained.free,
  };
}

function listInputs(r1cs: R1cs): number[] {
  const count = r1cs.publicInputCount + r1cs.privateInputCount;
  return Array.from({ length: count }, (_, at) => 1 + r1cs.outputCount + at);
}

function listUndetermined(how: Uint8Array, wireCount: number): number[] {
  const found: number[] = [];
  for (let wire = 0; wire < wireCount; wire++) if (how[wire] === 0) found.push(wire);
  return found;
}

function countRules(how: Uint8Array): Partial<Record<Rule, number>> {
  const counts: Partial<Record<Rule, number>> = {};
  for (const at of how) counts[RULES[at]] = (counts[RULES[at]] ?? 0) + 1;
  return counts;
}

function describeRange(wire: number, ranges: Ranges, name: (wire: number) => string): SignalRange {
  const range = ranges.has(wire) ? ranges.get(wire) : null;
  return { wire, signal: name(wire), range: range && { min: `${range[0]}`, max: `${range[1]}` } };
}

function checkDeclared(declared: readonly DeclaredRange[], ranges: Ranges, name: (wire: number) => string): Finding[] {
  const findings: Finding[] = [];
  for (const { wire, min, max } of declared) {
    const range = ranges.has(wire) ? ranges.get(wire) : null;
    if (range && range[0] >= BigInt(min) && range[1] <= BigInt(max)) continue;
    const shown = range ? `only [${range[0]}, ${range[1]}] follows from the constraints` : 'no constraint bounds it';
    findings.push({
      code: 'RANGE_NOT_PROVED',
      level: 'error',
      wire,
      signal: name(wire),
      message: `${name(wire)} is declared to lie in [${min}, ${max}], but ${shown}`,
    });
  }
  return findings;
}

function findImpossible(impossible: readonly number[], ranges: Ranges, name: (wire: number) => string): Finding[] {
  const findings = impossible.map(
    (constraint): Finding => ({
      code: 'UNSATISFIABLE',
      level: 'error',
      constraint,
      message: 'no assignment satisfies this constraint, so there is nothing to prove about the others',
    }),
  );
  if (ranges.contradiction < 0) return findings;
  const signal = name(ranges.contradiction);
  return [
    ...findings,
    {
      code: 'UNSATISFIABLE',
      level: 'error',
      wire: ranges.contradiction,
      signal,
      message: `the constraints bound ${signal} by two ranges that exclude each other: nothing satisfies them`,
    },
  ];
}

function readNames(names: AuditOptions['names']): (wire: number) => string {
  if (typeof names === 'function') return names;
  return (wire) => names?.[wire] ?? `wire ${wire}`;
}

function checkWire(r1cs: R1cs, wire: number): void {
  if (Number.isInteger(wire) && wire > 0 && wire < r1cs.wireCount) return;
  throw new ZkinferError({
    code: 'AUDIT_WIRE_UNKNOWN',
    kind: 'usage',
    message: `The options name wire ${wire}, which the constraint system does not have`,
    facts: [`wires: ${r1cs.wireCount}`],
  });
}

function checkShape(r1cs: R1cs): void {
  const problems: string[] = [];
  const named = 1 + r1cs.outputCount + r1cs.publicInputCount + r1cs.privateInputCount;
  if (named > r1cs.wireCount) problems.push(`${named} public wires and inputs, but only ${r1cs.wireCount} wires`);
  const check = (label: string, { start, wire, coefficient }: SparseMatrix): void => {
    if (start.length < r1cs.constraintCount + 1) problems.push(`matrix ${label} has ${start.length - 1} rows`);
    for (let row = 0; row < r1cs.constraintCount; row++) {
      if (start[row] > start[row + 1]) problems.push(`matrix ${label} row ${row} ends before it starts`);
    }
    for (let at = 0; at < (start[r1cs.constraintCount] ?? 0); at++) {
      if (wire[at] < r1cs.wireCount && coefficient[at] < r1cs.coefficients.length) continue;
      problems.push(`matrix ${label} term ${at} names wire ${wire[at]} and coefficient ${coefficient[at]}`);
      break;
    }
  };
  check('A', r1cs.a);
  check('B', r1cs.b);
  check('C', r1cs.c);
  if (problems.length === 0) return;
  throw new ZkinferError({
    code: 'AUDIT_R1CS_MALFORMED',
    kind: 'artifact',
    message: 'The constraint system is not well formed',
    facts: problems.slice(0, 10),
  });
}
