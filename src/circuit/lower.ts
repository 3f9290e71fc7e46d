import { countLastLimbBytes, countLimbs, joinsLastLimb } from '../core/limbs.js';
import { sizeOf } from '../core/tensor.js';
import type { QuantGraph, QuantNode, QuantValueId } from '../quantize/ir.js';
import type { Wire } from './constraints.js';
import { concatElements, type Elements } from './elements.js';
import { Lowering } from './lowering.js';
import { lowerRules } from './ops/registry.js';
import type { Overflow, Rule } from './ops/rule.js';
import type { CircuitProgram, InputPort, OutputAtoms, Port } from './program.js';
import { defineContext } from './statement/context.js';
import { readStatementOptions, type StatementOptions } from './statement/options.js';
import {
  checkInputs,
  countStringBytes,
  inputBytes,
  inputElements,
  joinLimbs,
  outputBytes,
  packElements,
  reserveLimbs,
} from './statement/packed.js';
import { placeBound, placeCommitment } from './statement/seal.js';
import { lowerPrivate } from './weights/lower-private.js';
import { countPacks, findPrivateLayers, type PrivateLayer } from './weights/private-layers.js';

/** What the circuit is to prove, beside the model. */
export interface CircuitOptions extends StatementOptions {
  /**
   * `private`: the graph is an architecture, and the weights are public inputs of the constraint system that a commitment in
   * the verification key stands for. `constants` by default.
   */
  readonly weights?: 'constants' | 'private';
  /** What happens to a value beyond its layer's calibrated range: clamped (the default), or no proof exists. */
  readonly overflow?: Overflow;
}

/** Wires fixed before lowering begins: what a verifier sees, then what the prover gives. */
interface Layout {
  readonly publicOutputs: readonly Port[];
  readonly publicInputs: readonly Port[];
  readonly inputs: readonly InputPort[];
  readonly salt: Port | undefined;
  readonly firstFreeWire: Wire;
}

/**
 * Lowers an integer model to a circuit of components.
 *
 * Public signals of a packed statement, in order: limbs of the input bytes (or the commitment to them, or nothing), limbs of
 * the output bytes, the context; a public output that fits joins the input's last limb. Of a bound one: the hash of those limbs, their sum under the challenge, the challenge.
 */
export function lowerCircuit(graph: QuantGraph, options: CircuitOptions = {}): CircuitProgram {
  const statement = readStatementOptions(options);
  const layers = options.weights === 'private' ? findPrivateLayers(graph) : [];
  const layout = layOutWires(graph, statement, options.weights === 'private' ? countPacks(layers) : undefined);
  const lowering = new Lowering(layout.firstFreeWire);
  const known = new Map<QuantValueId, Elements>();
  const inputValues = graph.inputs.map((input, i) => {
    const { min, max } = graph.values[input.value];
    const elements = inputElements(layout.inputs[i].firstWire, layout.inputs[i].count, min, max);
    elements.wire.forEach((wire, j) => {
      lowering.setRange(wire, elements.min[j], elements.max[j]);
    });
    known.set(input.value, elements);
    return elements;
  });
  checkInputs(lowering, inputValues);
  const { limbs, sealed } = placeInputSide(lowering, graph, inputValues, layout, statement);
  const packs = findPort(layout.publicInputs, 'weights')?.firstWire ?? 0;
  const isPrivate = startsOf(layers, packs);
  graph.nodes.forEach((node, at) => {
    const own = isPrivate.get(at);
    const inputs = node.inputs.map((id) => known.get(id)!);
    const elements = own
      ? lowerPrivate(lowering, own.layer, concatElements(inputs), own.first)
      : lowerNode(lowering, node, inputs, options);
    known.set(node.output, elements);
  });
  placeOutputSide(lowering, graph, known, sealed, layout, statement);
  placeBlinding(lowering, layout);
  return {
    publicOutputs: layout.publicOutputs,
    publicInputs: layout.publicInputs,
    privateInputs: [...layout.inputs, ...(layout.salt ? [layout.salt] : [])],
    inputs: layout.inputs,
    inputLimbs: limbs,
    outputs: graph.outputs.map((output) => ({ modelOutput: output.name, ...resolveAtoms(known.get(output.value)!) })),
    values: new Map([...known].map(([id, elements]) => [id, resolveAtoms(elements)])),
    layers: lowering.layers,
    wireCount: lowering.wireCount,
    constraintCount: lowering.constraintCount,
  };
}

/** Each private layer, with the wire of its first pack, by node. */
function startsOf(layers: readonly PrivateLayer[], first: Wire): Map<number, { layer: PrivateLayer; first: Wire }> {
  let next = first;
  return new Map(
    layers.map((layer) => {
      const own = { layer, first: next };
      next += countPacks([layer]);
      return [layer.node, own];
    }),
  );
}

/** @param packs elements that private weights take; undefined where weights are constants */
function layOutWires(
  graph: QuantGraph,
  { input, statement }: Required<StatementOptions>,
  packs: number | undefined,
): Layout {
  let next = 1;
  const port = (name: string, count?: number): Port => {
    const firstWire = next;
    next += count ?? 1;
    return { name, firstWire, count };
  };
  const sum = (widths: Int32Array) => widths.reduce((total, n) => total + n, 0);
  const inputSize = sum(byteWidths(graph, graph.inputs, inputBytes));
  const outputSize = sum(byteWidths(graph, graph.outputs, (output) => outputBytes(graph, output)));
  const packed = () => {
    if (input === 'public' && joinsLastLimb(inputSize, outputSize)) {
      const before = countLimbs(inputSize) - 1;
      return [...(before > 0 ? [port('input_limb', before)] : []), port('input_and_output')];
    }
    return [
      ...(input === 'public' ? [port('input_limb', countLimbs(inputSize))] : []),
      ...(input === 'committed' ? [port('input_commitment')] : []),
      port('output_limb', countLimbs(outputSize)),
    ];
  };
  const isBound = statement === 'bound';
  const publicOutputs = isBound ? [port('limb_hash'), port('limb_sum')] : packed();
  const publicInputs = [
    port(isBound ? 'challenge' : 'context'),
    ...(packs === undefined ? [] : [port('weights', packs), port('blinding')]),
  ];
  const inputs = graph.inputs.map((modelInput, i): InputPort => {
    const count = sizeOf(graph.values[modelInput.value].shape);
    return { ...port(`in_${i}`, count), count, modelInput: modelInput.name };
  });
  const salt = input === 'committed' ? port('salt') : undefined;
  return { publicOutputs, publicInputs, inputs, salt, firstFreeWire: next };
}

/** Bytes of each element of the tensors of one side, in order. */
function byteWidths<T extends { readonly value: QuantValueId }>(
  graph: QuantGraph,
  side: readonly T[],
  bytesOf: (tensor: T) => number,
): Int32Array {
  const widths = side.flatMap((tensor) =>
    new Array<number>(sizeOf(graph.values[tensor.value].shape)).fill(bytesOf(tensor)),
  );
  return Int32Array.from(widths);
}

function findPort(ports: readonly Port[], name: string): Port | undefined {
  return ports.find((port) => port.name === name);
}

/** The wires of a port, in order. */
function wiresOf(port: Port): readonly Wire[] {
  return Array.from({ length: port.count ?? 1 }, (_, k) => port.firstWire + k);
}

/** Packs and, where asked for, commits to the input. Returns its limbs and the wires that the statement speaks of. */
function placeInputSide(
  lowering: Lowering,
  graph: QuantGraph,
  inputs: readonly Elements[],
  layout: Layout,
  { input }: Required<StatementOptions>,
): { limbs: readonly Wire[]; sealed: readonly Wire[] } {
  if (input === 'private') return { limbs: [], sealed: [] };
  const string = { elements: concatElements(inputs), bytes: byteWidths(graph, graph.inputs, inputBytes) };
  const own = findPort(layout.publicOutputs, 'input_limb');
  const at = [
    ...(own ? wiresOf(own) : []),
    ...(findPort(layout.publicOutputs, 'input_and_output') ? reserveLimbs(lowering, 1) : []),
  ];
  const limbs = packElements(lowering, 'statement', string, at.length > 0 ? at : undefined);
  if (!layout.salt) return { limbs, sealed: limbs };
  const commitment = findPort(layout.publicOutputs, 'input_commitment')?.firstWire;
  return { limbs, sealed: [placeCommitment(lowering, limbs, layout.salt.firstWire, commitment)] };
}

/** Makes the blinding of the commitment to private weights a part of the relation. */
function placeBlinding(lowering: Lowering, { publicInputs }: Layout): void {
  const blinding = findPort(publicInputs, 'blinding');
  if (!blinding) return;
  lowering.layer('blinding', 'weights', () => {
    lowering.place(lowering.component('context', defineContext), Int32Array.of(blinding.firstWire), () => [0, 0]);
  });
}

/** Packs the output and closes the statement over both sides. */
function placeOutputSide(
  lowering: Lowering,
  graph: QuantGraph,
  known: ReadonlyMap<QuantValueId, Elements>,
  sealed: readonly Wire[],
  layout: Layout,
  { statement }: Required<StatementOptions>,
): void {
  const string = {
    elements: concatElements(graph.outputs.map((output) => known.get(output.value)!)),
    bytes: byteWidths(graph, graph.outputs, (output) => outputBytes(graph, output)),
  };
  const own = findPort(layout.publicOutputs, 'output_limb');
  const limbs = packElements(lowering, 'statement', string, own && wiresOf(own));
  const joined = findPort(layout.publicOutputs, 'input_and_output');
  if (joined) {
    const inputSize = byteWidths(graph, graph.inputs, inputBytes).reduce((sum, n) => sum + n, 0);
    const high = { wire: sealed[sealed.length - 1], bytes: countLastLimbBytes(inputSize) };
    joinLimbs(lowering, high, { wire: limbs[0], bytes: countStringBytes(string) }, joined.firstWire);
  }
  const [{ firstWire: publicInput }] = layout.publicInputs;
  if (statement === 'packed') {
    lowering.layer('context', 'statement', () => {
      lowering.place(lowering.component('context', defineContext), Int32Array.of(publicInput), () => [0, 0]);
    });
    return;
  }
  const [hash, sum] = layout.publicOutputs;
  placeBound(lowering, [...sealed, ...limbs], publicInput, hash.firstWire, sum.firstWire);
}

function lowerNode(
  lowering: Lowering,
  node: QuantNode,
  inputs: readonly Elements[],
  options: CircuitOptions,
): Elements {
  const rule = lowerRules[node.kind] as Rule<QuantNode['kind']>;
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

const SIGNAL_NAMES: Readonly<Record<string, string>> = {
  input_limb: 'input',
  output_limb: 'output',
  input_and_output: 'inputAndOutput',
  input_commitment: 'inputCommitment',
  limb_hash: 'limbHash',
  limb_sum: 'limbSum',
};

/**
 * Names of the public signals in snarkjs' order, as a manifest lists them: `input[0]`, `output[0]`, …, `context`. Private
 * weights are not among them: the verification key stands for those.
 */
export function namePublicSignals(program: CircuitProgram): string[] {
  const stated = program.publicInputs.filter(({ name }) => name !== 'weights' && name !== 'blinding');
  return [...program.publicOutputs, ...stated].flatMap(({ name, count }) => {
    const word = SIGNAL_NAMES[name] ?? name;
    return count === undefined ? [word] : Array.from({ length: count }, (_, k) => `${word}[${k}]`);
  });
}
