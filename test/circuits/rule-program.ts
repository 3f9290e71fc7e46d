import type { Elements } from '../../src/circuit/elements.js';
import { defineLinear } from '../../src/circuit/gadgets/linear.js';
import { Lowering } from '../../src/circuit/lowering.js';
import { lowerRules } from '../../src/circuit/ops/registry.js';
import type { Rule } from '../../src/circuit/ops/rule.js';
import type { CircuitProgram } from '../../src/circuit/program.js';
import { checkInputs, inputElements } from '../../src/circuit/statement/packed.js';
import { toSparseRow } from '../../src/circuit/sums.js';
import { sizeOf } from '../../src/core/tensor.js';
import type { QuantGraph, QuantKind, QuantNode } from '../../src/quantize/ir.js';
import { affineRows } from './affine-rows.js';
import { layOutPorts } from './component-program.js';

/**
 * What the compiler makes of a model of one input and one output, without a statement: input and output elements have wires of
 * their own, outputs first. Inputs are held to their ranges.
 */
export function buildRuleProgram(graph: QuantGraph): CircuitProgram {
  const [input] = graph.inputs;
  const { min, max } = graph.values[input.value];
  const out = graph.outputs[0].value;
  const [count, outputs] = [input.value, out].map((id) => sizeOf(graph.values[id].shape));
  const firstInput = 1 + outputs;
  const lowering = new Lowering(firstInput + count);
  const x = inputElements(firstInput, count, min, max);
  x.wire.forEach((wire, i) => {
    lowering.setRange(wire, min[i], max[i]);
  });
  checkInputs(lowering, [x]);
  const known = new Map<number, Elements>([[input.value, x]]);
  for (const node of graph.nodes) {
    const rule = lowerRules[node.kind] as Rule<QuantKind>;
    const inputsOf = node.inputs.map((id) => known.get(id)!);
    known.set(node.output, rule(lowering, node as QuantNode as never, inputsOf, { overflow: 'saturate' }));
  }
  placeOutputs(lowering, known.get(out)!, outputs);
  return {
    ...layOutPorts(input.name, count, outputs),
    layers: lowering.layers,
    wireCount: lowering.wireCount,
    constraintCount: lowering.constraintCount,
  };
}

/** Gives every output element a wire, by one linear constraint each. */
function placeOutputs(lowering: Lowering, elements: Elements, count: number): void {
  lowering.layer('output', 'output', () => {
    for (let i = 0; i < count; i++) {
      const { wires, coefficients, constant } = toSparseRow(lowering.sumOf(elements, i));
      const component = defineLinear(affineRows([[...coefficients]], [constant]));
      lowering.place(component, Int32Array.from(wires), () => [elements.min[i], elements.max[i]], 1 + i);
    }
  });
}
