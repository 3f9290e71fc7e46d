import { sizeOf } from '../../core/tensor.js';
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from '../../onnx/model.js';
import { constOperand, type GraphBuilder, type Operand } from '../builder.js';
import { materialize } from './support/deferred.js';
import { refuse } from './support/problem.js';

/** What a value name stands for while a graph is imported. */
export type Binding =
  | { readonly kind: 'operand'; readonly operand: Operand }
  | { readonly kind: 'strings'; readonly shape: readonly number[]; readonly strings: readonly string[] }
  /** An output that its node's rule does not compute: whoever reads it is refused. */
  | { readonly kind: 'missing'; readonly of: string }
  /** The output of a node that was refused: whoever reads it is skipped without another report. */
  | { readonly kind: 'unknown' };

/** Thrown when a rule reads an unknown value; the importer marks the node's outputs unknown and says nothing more. */
export class UnknownValue extends Error {}

/** Says that an output which somebody reads is not computed. */
export function describeMissing(name: string, of: string): string {
  return `"${name}" is read, an output of ${of} that is not supported`;
}

/** What the importer lends to a rule for one node. */
export interface RuleScope {
  lookup(name: string): Binding | undefined;
  /** TensorProto.DataType of a name, where the file says it (initializers, inputs, value_info, Constant nodes). */
  elemType(name: string): number | undefined;
  /** Imports a subgraph (Scan, If, Loop bodies) with its inputs bound, in order; outer names stay visible. */
  inline(graph: OnnxGraph, inputs: readonly Operand[]): Operand[];
  /** True where a name is an output of the model itself. */
  isModelOutput(name: string): boolean;
  /** Adds a note or a warning; errors go through `unsupported`. */
  warn(message: string, hint?: string): void;
}

/**
 * One ONNX operator: reads operands and attributes from the context, builds canonical nodes with `context.builder` and
 * the helpers of `support/`, and returns one operand per ONNX output (fewer when the rest are unused).
 * A rule never mutates anything but the builder and refuses by `context.unsupported(reason, hint)`.
 */
export type ImportRule = (context: RuleContext) => Operand | readonly (Operand | undefined)[];

/** Rules by operator: `Conv` for ai.onnx, `domain.Op` for others, e.g. `ai.onnx.ml.Scaler`. */
export type RuleRecord = Readonly<Record<string, ImportRule>>;

/** Typed access to one node: operands, constants, attributes. */
export class RuleContext {
  constructor(
    readonly node: OnnxNode,
    /** Opset version of the node's domain. */
    readonly version: number,
    readonly builder: GraphBuilder,
    readonly scope: RuleScope,
  ) {}

  /** How many inputs are written, omitted ones in the middle included. */
  get inputCount(): number {
    return this.node.inputs.length;
  }

  /** The same node with another operand for an input: for rules built on other rules. */
  withInput(index: number, operand: Operand): RuleContext {
    const name = this.node.inputs[index];
    const lookup = (wanted: string): Binding | undefined =>
      wanted === name ? { kind: 'operand', operand } : this.scope.lookup(wanted);
    return new RuleContext(this.node, this.version, this.builder, { ...this.scope, lookup });
  }

  /** The context of another node in the place of this one. */
  withNode(node: OnnxNode): RuleContext {
    return new RuleContext(node, this.version, this.builder, this.scope);
  }

  has(index: number): boolean {
    return index < this.node.inputs.length && this.node.inputs[index] !== '';
  }

  /** True where the ONNX output is named (so that somebody may read it). */
  wants(index: number): boolean {
    return index < this.node.outputs.length && this.node.outputs[index] !== '';
  }

  /** Operand number `index`, computed in full: class labels become numbers, a deferred softmax is built. */
  input(index: number): Operand {
    return materialize(this.builder, this.raw(index));
  }

  /** As `input`, but labels and a deferred softmax stay attached: for rules that only pass elements on (`{...x, shape}`). */
  raw(index: number): Operand {
    const binding = this.binding(index);
    if (binding.kind !== 'operand') return this.unsupported(`input ${index} is a tensor of strings`);
    return binding.operand;
  }

  optional(index: number): Operand | undefined {
    return this.has(index) ? this.input(index) : undefined;
  }

  /** TensorProto.DataType of an input, where the file says it: 2 uint8, 3 int8, 6 int32, 7 int64, 1 float32 … */
  elemType(index: number): number | undefined {
    return this.has(index) ? this.scope.elemType(this.node.inputs[index]) : undefined;
  }

  /** All inputs from `from` on. */
  inputsFrom(from: number): Operand[] {
    const operands: Operand[] = [];
    for (let i = from; i < this.inputCount; i++) operands.push(this.input(i));
    return operands;
  }

  /** The strings of a string tensor, or undefined where the input is numeric. */
  strings(index: number): readonly string[] | undefined {
    const binding = this.binding(index);
    return binding.kind === 'strings' ? binding.strings : undefined;
  }

  /** An input that must be known at import time. @param what its role, e.g. "the axes" */
  constant(index: number, what: string): Operand & { kind: 'const' } {
    const operand = this.input(index);
    if (operand.kind !== 'const')
      return this.unsupported(`${what} must be constant`, `export the model so that ${what} is an initializer`);
    return operand;
  }

  /** Constant integers of an input, or undefined where it is omitted. */
  optionalInts(index: number, what: string): number[] | undefined {
    return this.has(index) ? Array.from(this.constant(index, what).data) : undefined;
  }

  optionalScalar(index: number, what: string): number | undefined {
    if (!this.has(index)) return undefined;
    const operand = this.constant(index, what);
    if (sizeOf(operand.shape) !== 1) return this.unsupported(`${what} must be a single number`);
    return operand.data[0];
  }

  attribute(name: string): OnnxAttribute | undefined {
    const attribute = this.node.attributes.get(name);
    if (attribute?.kind === 'reference') return undefined;
    if (attribute?.kind === 'unsupported')
      return this.unsupported(`attribute ${name} has the unsupported type ${attribute.typeName}`);
    return attribute;
  }

  int(name: string, fallback: number): number {
    const attribute = this.typed(name, 'int');
    return attribute === undefined ? fallback : attribute.value;
  }

  float(name: string, fallback: number): number {
    const attribute = this.attribute(name);
    if (attribute?.kind === 'int') return attribute.value;
    return this.typed(name, 'float')?.value ?? fallback;
  }

  text(name: string, fallback: string): string {
    return this.typed(name, 'string')?.value ?? fallback;
  }

  ints(name: string): readonly number[] | undefined {
    return this.typed(name, 'ints')?.values;
  }

  floats(name: string): readonly number[] | undefined {
    return this.typed(name, 'floats')?.values;
  }

  texts(name: string): readonly string[] | undefined {
    return this.typed(name, 'strings')?.values;
  }

  tensor(name: string): OnnxTensor | undefined {
    return this.typed(name, 'tensor')?.value;
  }

  /** A numeric tensor attribute as a constant operand. */
  tensorOperand(name: string): Operand | undefined {
    const tensor = this.tensor(name);
    if (tensor === undefined) return undefined;
    if (tensor.kind === 'strings') return this.unsupported(`attribute ${name} is a tensor of strings`);
    return constOperand(tensor.tensor);
  }

  graph(name: string): OnnxGraph {
    return this.typed(name, 'graph')?.value ?? this.unsupported(`attribute ${name} (a graph) is missing`);
  }

  /** Refuses this node. The importer collects every refusal and reports them together. */
  unsupported(reason: string, hint?: string): never {
    return refuse(reason, hint);
  }

  private binding(index: number): Binding & { kind: 'operand' | 'strings' } {
    if (!this.has(index)) return this.unsupported(`input ${index} is missing`);
    const name = this.node.inputs[index];
    const binding = this.scope.lookup(name);
    if (binding === undefined) return this.unsupported(`input "${name}" is not defined before this node`);
    if (binding.kind === 'unknown') throw new UnknownValue();
    if (binding.kind === 'missing') return this.unsupported(describeMissing(name, binding.of));
    return binding;
  }

  private typed<K extends OnnxAttribute['kind']>(
    name: string,
    kind: K,
  ): Extract<OnnxAttribute, { kind: K }> | undefined {
    const attribute = this.attribute(name);
    if (attribute === undefined) return undefined;
    if (attribute.kind !== kind) return this.unsupported(`attribute ${name} is ${attribute.kind}, expected ${kind}`);
    return attribute as Extract<OnnxAttribute, { kind: K }>;
  }
}
