import type { QuantGraph } from '../quantize/ir.js';
import { type CircuitOptions, lowerCircuit } from './lower.js';
import type { CircuitProgram } from './program.js';

/** One line of the cost table. */
export interface LayerCost {
  /** The ONNX node's name; `input` and `statement` for what belongs to no node. */
  readonly layer: string;
  readonly kind: string;
  readonly blocks: number;
  readonly constraints: number;
}

/** What a circuit costs, to the unit. */
export interface CircuitCost {
  readonly layers: readonly LayerCost[];
  readonly constraints: number;
  readonly wires: number;
  /** Public signals, in snarkjs' sense: public outputs and public inputs. */
  readonly publicSignals: number;
  /** The prover's domain has `2^domainPower` points: constraints + public signals + 1 fit in it. */
  readonly domainPower: number;
  /** How many more constraints the same domain would hold. */
  readonly toNextPower: number;
}

/** Cost of a program that is lowered already. */
export function measureCost(program: CircuitProgram): CircuitCost {
  const layers = program.layers.map(({ label, kind, blocks }) => ({
    layer: label,
    kind,
    blocks: blocks.length,
    constraints: blocks.reduce((sum, block) => sum + block.component.constraints, 0),
  }));
  const publicSignals = [...program.publicOutputs, ...program.publicInputs].reduce(
    (sum, port) => sum + (port.count ?? 1),
    0,
  );
  const rows = program.constraintCount + publicSignals + 1;
  let domainPower = 0;
  while (2 ** domainPower < rows) domainPower++;
  return {
    layers,
    constraints: program.constraintCount,
    wires: program.wireCount,
    publicSignals,
    domainPower,
    toNextPower: 2 ** domainPower - rows,
  };
}

/** Predicts the cost of a model: the count that circom reports, without emitting anything. */
export function predictCost(graph: QuantGraph, options: CircuitOptions = {}): CircuitCost {
  return measureCost(lowerCircuit(graph, options));
}
