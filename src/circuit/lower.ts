import { countLimbs } from '../core/limbs.js';
import { sizeOf } from '../core/tensor.js';
import type { QuantGraph, QuantNode, QuantValueId } from '../quantize/ir.js';
import { concatElements, type Elements } from './elements.js';
import { Lowering } from './lowering.js';
import { lowerRules } from './ops/registry.js';
import type { Overflow, Rule } from './ops/rule.js';
import type { CircuitProgram, InputPort, OutputAtoms, Port } from './program.js';
import { defineContext } from './statement/context.js';
import { checkInputs, inputBytes, inputElements, outputBytes, packElements } from './statement/packed.js';

/** What the circuit is to prove, beside the model. */
export interface CircuitOptions {
  /** What happens to a value beyond its layer's calibrated range: clamped (the default), or no proof exists. */
  readonly overflow?: Overflow;
}

/**
 * Lowers an integer model to a circuit of components. Public signals, in order: limbs of the input bytes, limbs of the output
 * bytes, the context.
 */
export function lowerCircuit(graph: QuantGraph, options: CircuitOptions = {}): CircuitProgram {
  const inputWidths = graph.inputs.map((input) => sizeOf(graph.values[input.value].shape));
  const outputWidths = graph.outputs.map((output) => sizeOf(graph.values[output.value].shape));
  const inputLimbs = countLimbs(graph.inputs.reduce((sum, input, i) => sum + inputWidths[i] * inputBytes(input), 0));
  const outputLimbs = countLimbs(
    graph.outputs.reduce((sum, output, i) => sum + outputWidths[i] * outputBytes(graph, output), 0),
  );
  const inputLimbAt = 1;
  const outputLimbAt = inputLimbAt + inputLimbs;
  const contextAt = outputLimbAt + outputLimbs;
  let next = contextAt + 1;
  const inputs = graph.inputs.map((input, i): InputPort => {
    const port = { name: `in_${i}`, modelInput: input.name, firstWire: next, count: inputWidths[i] };
    next += inputWidths[i];
    return port;
  });
  const lowering = new Lowering(next);
  const known = new Map<QuantValueId, Elements>();
  graph.inputs.forEach((input, i) => {
    const { min, max } = graph.values[input.value];
    const elements = inputElements(inputs[i].firstWire, inputs[i].count, min, max);
    elements.wire.forEach((wire, j) => {
      lowering.setRange(wire, elements.min[j], elements.max[j]);
    });
    known.set(input.value, elements);
  });
  const inputValues = graph.inputs.map((input) => ({ name: input.name, elements: known.get(input.value)! }));
  checkInputs(lowering, inputValues);
  const inputString = {
    elements: concatElements(inputValues.map(({ elements }) => elements)),
    bytes: repeatEach(graph.inputs.map(inputBytes), inputWidths),
  };
  packElements(lowering, 'statement', inputString, inputLimbAt);
  for (const node of graph.nodes) known.set(node.output, lowerNode(lowering, node, known, options));
  const outputString = {
    elements: concatElements(graph.outputs.map((output) => known.get(output.value)!)),
    bytes: repeatEach(
      graph.outputs.map((output) => outputBytes(graph, output)),
      outputWidths,
    ),
  };
  packElements(lowering, 'statement', outputString, outputLimbAt);
  lowering.layer('context', 'statement', () => {
    lowering.place(lowering.component('context', defineContext), Int32Array.of(contextAt), () => [0, 0]);
  });
  const publicOutputs: Port[] = [
    { name: 'input_limb', firstWire: inputLimbAt, count: inputLimbs },
    { name: 'output_limb', firstWire: outputLimbAt, count: outputLimbs },
  ];
  return {
    publicOutputs,
    publicInputs: [{ name: 'context', firstWire: contextAt, count: undefined }],
    privateInputs: inputs,
    inputs,
    outputs: graph.outputs.map((output) => ({ modelOutput: output.name, ...resolveAtoms(known.get(output.value)!) })),
    values: new Map([...known].map(([id, elements]) => [id, resolveAtoms(elements)])),
    layers: lowering.layers,
    wireCount: lowering.wireCount,
    constraintCount: lowering.constraintCount,
  };
}

function lowerNode(
  lowering: Lowering,
  node: QuantNode,
  known: ReadonlyMap<QuantValueId, Elements>,
  options: CircuitOptions,
): Elements {
  const rule = lowerRules[node.kind] as Rule<QuantNode['kind']>;
  const inputs = node.inputs.map((id) => known.get(id)!);
  return rule(lowering, node as never, inputs, { overflow: options.overflow ?? 'saturate' });
}

/** Elements as wires where they have one; wire -1 for sums that never got one. */
function resolveAtoms(elements: Elements): Omit<OutputAtoms, 'modelOutput'> {
  const wire = Int32Array.from(elements.wire);
  const factor = Float64Array.from(elements.factor);
  const offset = Float64Array.from(elements.offset);
  elements.source.forEach((source, i) => {
    if (wire[i] >= 0 || !source || source.wireOf[elements.row[i]] < 0) return;
    wire[i] = source.wireOf[elements.row[i]];
    factor[i] = 1;
    offset[i] = source.offsetOf[elements.row[i]];
  });
  return { wire, factor, offset };
}

/** `values[i]` repeated `counts[i]` times. */
function repeatEach(values: readonly number[], counts: readonly number[]): Int32Array {
  return Int32Array.from(values.flatMap((value, i) => new Array<number>(counts[i]).fill(value)));
}
