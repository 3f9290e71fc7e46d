import type { Component } from '../../src/circuit/component.js';
import type { R1cs } from '../../src/circuit/constraints.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import type { CircuitProgram } from '../../src/circuit/program.js';
import { computeWitness } from '../../src/circuit/witness.js';
import { buildComponentProgram } from './component-program.js';
import { violatedConstraints, wireValues } from './r1cs-tester.js';
import { solveOutputs } from './uniqueness.js';

/** One component as a circuit of its own: outputs are wires 1 up, inputs follow. */
export class ComponentTester {
  readonly r1cs: R1cs;
  readonly names: readonly string[];
  readonly outputs: readonly number[];
  private readonly program: CircuitProgram;

  constructor(readonly component: Component) {
    this.program = buildComponentProgram(component);
    const { r1cs, wireNames } = emitR1cs(this.program);
    this.r1cs = r1cs;
    this.names = wireNames;
    this.outputs = Array.from({ length: component.outputs }, (_, j) => 1 + j);
  }

  /** All wires for an input, honestly computed. */
  witness(x: readonly number[]): bigint[] {
    return wireValues(computeWitness(this.program, { x }, 0n));
  }

  /** Outputs of the honest witness, which must satisfy the constraints. */
  accept(x: readonly number[]): bigint[] {
    const values = this.witness(x);
    const violated = violatedConstraints(this.r1cs, values);
    if (violated.length > 0) throw new Error(`constraint ${violated[0]} refuses the honest witness of ${x}`);
    return this.outputs.map((wire) => values[wire]);
  }

  /** Every output that any witness reaches for an input: one entry proves uniqueness, none refuses the input. */
  reachable(x: readonly number[]): string[] {
    return solveOutputs(
      this.r1cs,
      new Map(x.map((value, i) => [1 + this.outputs.length + i, BigInt(value)])),
      this.outputs,
    );
  }

  /** Whether the constraints take the honest witness of x with some wires changed. */
  takes(x: readonly number[], change: (values: bigint[], wireOf: (name: string) => number) => void): boolean {
    const values = this.witness(x);
    change(values, (name) => {
      const wire = this.names.findIndex((own) => own === `main.${name}` || own === `main.layer_0_gadget.g0.${name}`);
      if (wire < 0) throw new Error(`no wire ${name}`);
      return wire;
    });
    return violatedConstraints(this.r1cs, values).length === 0;
  }
}
