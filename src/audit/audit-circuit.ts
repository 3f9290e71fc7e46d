import type { R1cs } from '../circuit/constraints.js';
import type { CircuitProgram } from '../circuit/program.js';
import { inputBytes } from '../circuit/statement/packed.js';
import { countLastLimbBytes } from '../core/limbs.js';
import { sizeOf } from '../core/tensor.js';
import { type QuantGraph, rangeAt } from '../quantize/ir.js';
import { auditR1cs } from './audit.js';
import type { AuditOptions, AuditReport, DeclaredRange } from './report.js';

/** A compiled model: its constraints with what they are to mean. */
export interface CompiledCircuit {
  readonly graph: QuantGraph;
  readonly program: CircuitProgram;
  readonly r1cs: R1cs;
  readonly wireNames: readonly string[];
}

/**
 * Audits a compiled model as its statement is used: the limbs of the input (public, or what the commitment or the hash in
 * the statement is of), and nothing else, must determine the model's inputs and every output, and each model input must be
 * held to the range that the integer model was built for. Where input and output share a public signal, the input's part must
 * be held to its bytes, so that the signal has one reading.
 */
export function auditCircuit(
  { graph, program, r1cs, wireNames }: CompiledCircuit,
  options: Pick<AuditOptions, 'onProgress' | 'maxFindings'> = {},
): AuditReport {
  return auditR1cs(r1cs, {
    ...options,
    names: wireNames,
    given: listStatementInputs(program),
    declared: [...listInputRanges(graph, program), ...listSharedLimbs(graph, program)],
  });
}

/**
 * The wires that fix a statement: the input's limbs, the salt of a commitment to them and the public input (context or
 * challenge). Where the statement says nothing of the input, its elements themselves.
 */
export function listStatementInputs(program: CircuitProgram): number[] {
  const isSilent = program.inputLimbs.length === 0;
  const isModelInput = new Set(program.inputs.map(({ name }) => name));
  const ports = [
    ...program.publicInputs,
    ...program.privateInputs.filter(({ name }) => isSilent || !isModelInput.has(name)),
  ];
  const wires = ports.flatMap(({ firstWire, count }) => Array.from({ length: count ?? 1 }, (_, at) => firstWire + at));
  return [...program.inputLimbs, ...wires];
}

/** The range of every element of the model's inputs, by wire. */
export function listInputRanges(graph: QuantGraph, program: CircuitProgram): DeclaredRange[] {
  return program.inputs.flatMap(({ firstWire, count }, at) => {
    const value = graph.values[graph.inputs[at].value];
    return Array.from({ length: count }, (_, k) => ({ wire: firstWire + k, ...rangeAt(value, k) }));
  });
}

/**
 * The range of the limb that shares its public signal with the output; none where no signal is shared. What the output's half
 * can be follows: it is a function of inputs in range, so it is what the integer model gives, which fits its bytes.
 */
export function listSharedLimbs(graph: QuantGraph, program: CircuitProgram): DeclaredRange[] {
  if (!program.publicOutputs.some(({ name }) => name === 'input_and_output')) return [];
  const size = graph.inputs.reduce(
    (sum, input) => sum + sizeOf(graph.values[input.value].shape) * inputBytes(input),
    0,
  );
  const wire = program.inputLimbs[program.inputLimbs.length - 1];
  return [{ wire, min: 0, max: 256n ** BigInt(countLastLimbBytes(size)) - 1n }];
}
