import type { Component } from './component.js';
import type { Wire } from './constraints.js';

/** One use of a component: its input wires, where its outputs begin and where the rest of its own wires begin. */
export interface Block {
  readonly component: Component;
  readonly inputs: Int32Array;
  readonly outputsAt: Wire;
  readonly hintsAt: Wire;
}

/** Blocks that depend on earlier layers only: one template of the circom text. */
export interface ProgramLayer {
  /** Identifier in the circom text and in wire names, as `layer_3_requantize`; never holds a model's own words. */
  readonly name: string;
  /** What the cost table shows: the ONNX node's name. */
  readonly label: string;
  readonly kind: string;
  readonly blocks: readonly Block[];
}

/** A named array of consecutive wires that the circuit's user sees. */
export interface Port {
  readonly name: string;
  readonly firstWire: Wire;
  /** Undefined is a single signal, not an array. */
  readonly count: number | undefined;
}

/** A model input's wires. */
export interface InputPort extends Port {
  readonly modelInput: string;
  readonly count: number;
}

/** How one element of a model output is obtained from the wires: `factor · wire + offset`. */
export interface OutputAtoms {
  readonly modelOutput: string;
  readonly wire: Int32Array;
  readonly factor: Float64Array;
  readonly offset: Float64Array;
}

/** A circuit as components joined by wires: what text, constraints, witness and cost are all made from. */
export interface CircuitProgram {
  /** snarkjs' wire order: one, public outputs, public inputs, private inputs, the rest. */
  readonly publicOutputs: readonly Port[];
  readonly publicInputs: readonly Port[];
  readonly privateInputs: readonly Port[];
  readonly inputs: readonly InputPort[];
  /** Wires of the input's limbs, which the statement is about; none where it says nothing of the input. */
  readonly inputLimbs: readonly Wire[];
  readonly outputs: readonly OutputAtoms[];
  /** Where the wires of QuantGraph values ended up, for comparing a witness with the evaluator; pending sums are left out. */
  readonly values: ReadonlyMap<number, Omit<OutputAtoms, 'modelOutput'>>;
  readonly layers: readonly ProgramLayer[];
  readonly wireCount: number;
  readonly constraintCount: number;
}

/** The blocks of a layer by component, in order of first appearance: an array of components each in the circom text. */
export function groupBlocks(layer: ProgramLayer): { component: Component; blocks: Block[] }[] {
  const groups = new Map<Component, Block[]>();
  for (const block of layer.blocks) {
    const group = groups.get(block.component);
    if (group) group.push(block);
    else groups.set(block.component, [block]);
  }
  return [...groups].map(([component, blocks]) => ({ component, blocks }));
}

/** Wire of a component's local number: 0 is one, then the inputs, then the own wires. */
export function blockWire(block: Block, local: number): Wire {
  if (local === 0) return 0;
  const { inputs, outputs } = block.component;
  if (local <= inputs) return block.inputs[local - 1];
  const own = local - 1 - inputs;
  return own < outputs ? block.outputsAt + own : block.hintsAt + own - outputs;
}

/** Wires that the layer's blocks read, ascending: the layer template's inputs. */
export function externalWires(layer: ProgramLayer): Wire[] {
  const wires = new Set<Wire>();
  for (const block of layer.blocks) for (const wire of block.inputs) wires.add(wire);
  return [...wires].sort((a, b) => a - b);
}
