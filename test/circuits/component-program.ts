import type { Component } from '../../src/circuit/component.js';
import { defineRangeCheck } from '../../src/circuit/gadgets/range-check.js';
import type { Block, CircuitProgram } from '../../src/circuit/program.js';

/**
 * A component as a circuit of its own: its outputs are public, wires 1 up, its inputs follow.
 * @param outputRange bounds that a range check beside it holds every output to
 */
export function buildComponentProgram(component: Component, outputRange?: readonly [number, number]): CircuitProgram {
  const { inputs, outputs } = component;
  const firstInput = 1 + outputs;
  let wireCount = firstInput + inputs;
  const place = (own: Component, from: Int32Array, outputsAt: number): Block => {
    const block = { component: own, inputs: from, outputsAt, hintsAt: wireCount };
    wireCount += own.ownWires - own.outputs;
    return block;
  };
  const wires = (first: number, count: number) => Int32Array.from({ length: count }, (_, i) => first + i);
  const blocks = [place(component, wires(firstInput, inputs), 1)];
  if (outputRange) {
    const [low, high] = outputRange.map((end) => new Array<number>(outputs).fill(end));
    blocks.push(place(defineRangeCheck(low, high), wires(1, outputs), 0));
  }
  return {
    ...layOutPorts('x', inputs, outputs),
    layers: blocks.map((block, i) => ({ name: `layer_${i}_gadget`, label: 'gadget', kind: 'gadget', blocks: [block] })),
    wireCount,
    constraintCount: blocks.reduce((sum, block) => sum + block.component.constraints, 0),
  };
}

/** Ports of a circuit without a statement: public outputs from wire 1 on, then one private input. */
export function layOutPorts(
  modelInput: string,
  inputs: number,
  outputs: number,
): Omit<CircuitProgram, 'layers' | 'wireCount' | 'constraintCount'> {
  const port = { name: 'in_0', modelInput, firstWire: 1 + outputs, count: inputs };
  return {
    publicOutputs: outputs > 0 ? [{ name: 'y', firstWire: 1, count: outputs }] : [],
    publicInputs: [],
    privateInputs: [port],
    inputs: [port],
    inputLimbs: [],
    outputs: [],
    values: new Map(),
  };
}
