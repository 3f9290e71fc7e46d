import type { Manifest } from '../bundle/manifest.js';
import type { CircuitOptions } from '../circuit/lower.js';

/** How the circuit of a bundle was lowered. */
export function circuitOptionsOf({ statement, circuit }: Manifest): CircuitOptions {
  return {
    statement: statement.form,
    input: statement.visibility,
    overflow: circuit.overflow,
    weights: circuit.weights,
  };
}
