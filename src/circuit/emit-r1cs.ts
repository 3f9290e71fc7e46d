import type { Component } from './component.js';
import { type R1cs, R1csBuilder, type Wire } from './constraints.js';
import { addCoefficients, type Coefficient, type EmitConstraint, Lc } from './lc.js';
import { type Block, blockWire, type CircuitProgram, groupBlocks, type Port } from './program.js';
import { nameWires } from './wire-names.js';

/** Writes a program's constraints and the name of each wire, as circom would call it. */
export function emitR1cs(program: CircuitProgram): { r1cs: R1cs; wireNames: readonly string[] } {
  const builder = new R1csBuilder();
  const merge = createMerger(program.wireCount);
  for (const layer of program.layers) {
    for (const { component, blocks } of groupBlocks(layer)) {
      const emitFor =
        (block: Block): EmitConstraint =>
        (a, b, c) =>
          builder.addTerms(merge(a, block), merge(b, block), merge(c, block));
      if (blocks.length === 1) component.constrain(emitFor(blocks[0]));
      else {
        const constraints = collectConstraints(component);
        for (const block of blocks) {
          const emit = emitFor(block);
          for (const [a, b, c] of constraints) emit(a, b, c);
        }
      }
    }
  }
  const count = (ports: readonly Port[]) => ports.reduce((sum, port) => sum + (port.count ?? 1), 0);
  const r1cs = builder.finish({
    wireCount: program.wireCount,
    outputCount: count(program.publicOutputs),
    publicInputCount: count(program.publicInputs),
    privateInputCount: count(program.privateInputs),
  });
  if (r1cs.constraintCount !== program.constraintCount)
    throw new Error(`internal: ${r1cs.constraintCount} constraints emitted, ${program.constraintCount} counted`);
  return { r1cs, wireNames: nameWires(program) };
}

function collectConstraints(component: Component): [Lc, Lc, Lc][] {
  const constraints: [Lc, Lc, Lc][] = [];
  component.constrain((a, b, c) => constraints.push([a, b, c]));
  return constraints;
}

/** Maps a component's local combination to the block's wires and adds up what falls on the same wire. */
function createMerger(wireCount: number): (lc: Lc, block: Block) => Lc {
  const stamp = new Int32Array(wireCount).fill(-1);
  const slot = new Int32Array(wireCount);
  let round = 0;
  return (lc, block) => {
    const merged = new Lc();
    const { wires, coefficients } = merged as { wires: Wire[]; coefficients: Coefficient[] };
    round++;
    for (let t = 0; t < lc.wires.length; t++) {
      const wire = blockWire(block, lc.wires[t]);
      if (stamp[wire] === round) {
        coefficients[slot[wire]] = addCoefficients(coefficients[slot[wire]], lc.coefficients[t]);
      } else {
        stamp[wire] = round;
        slot[wire] = wires.length;
        wires.push(wire);
        coefficients.push(lc.coefficients[t]);
      }
    }
    return merged;
  };
}
