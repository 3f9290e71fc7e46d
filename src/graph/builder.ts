import { type ElementType, type Shape, shapesEqual, sizeOf, type Tensor } from '../core/tensor.js';
import { absorbIntoBias, absorbIntoConstants, bilinearAsLinear, isConst, layOut } from './absorb.js';
import { evaluateNode } from './evaluate.js';
import type { Graph, GraphInput, GraphNode, GraphOutput, GraphValue, TreesNode, ValueId } from './ir.js';
import type { LinearMap } from './linear-map.js';
import type { ScalarFunction } from './scalar.js';

/** What an operator works on: a tensor known at import time, or a dynamic value. */
export type Operand =
  | { readonly kind: 'const'; readonly shape: Shape; readonly type: ElementType; readonly data: Float64Array }
  | {
      readonly kind: 'value';
      readonly shape: Shape;
      readonly type: ElementType;
      readonly id: ValueId;
      /** Class labels by index: the elements are indices into them, or one score per label. */
      readonly labels?: readonly (string | number)[];
      /** How this was computed from another value along its last axis, so that a softmax spelled out can be recognised. */
      readonly derived?: {
        readonly kind: 'logSumExp' | 'max' | 'shifted' | 'exp' | 'sum';
        readonly of: ValueOperand;
      };
      /** These are logits that stand for their softmax, which `build` computes when somebody needs it. */
      readonly deferred?: {
        readonly kind: 'softmax' | 'log-softmax';
        /** The softmax runs over consecutive runs of this many elements. */
        readonly size: number;
        readonly build: () => Operand;
      };
    };

export type ConstOperand = Extract<Operand, { kind: 'const' }>;
export type ValueOperand = Extract<Operand, { kind: 'value' }>;

export function constOperand(tensor: Tensor): Operand {
  return { kind: 'const', ...tensor };
}

type Draft<K extends GraphNode['kind']> = Omit<
  Extract<GraphNode, { kind: K }>,
  'kind' | 'inputs' | 'output' | 'origin'
>;

/**
 * Builds a Graph node by node. An operation whose operands are all constants is computed at once, so that the chains of
 * Shape, Gather and Concat that exporters put before a Reshape never become nodes.
 */
export class GraphBuilder {
  readonly values: GraphValue[] = [];
  readonly nodes: GraphNode[] = [];
  readonly inputs: GraphInput[] = [];
  /** Set by the importer before each rule runs. */
  origin = { name: '', op: '' };

  input(name: string, shape: Shape, type: ElementType, isDouble = false): Operand {
    const operand = this.declare(name, shape, type);
    this.inputs.push({ name, value: operand.id, ...(isDouble && { isDouble }) });
    return operand;
  }

  /** Constants among the inputs are added to the bias. */
  linear(inputs: readonly Operand[], map: LinearMap, shape: Shape, type: ElementType = 'float'): Operand {
    if (inputs.every(isConst) || !inputs.some(isConst)) return this.emit('linear', inputs, { map }, shape, type);
    const layout = layOut(inputs);
    return this.emit('linear', layout.dynamic, { map: absorbIntoBias(map, layout) }, shape, type);
  }

  /**
   * Moves elements; constants among the operands are moved into the node, operands nobody reads are dropped, and a gather
   * that changes nothing is the operand itself under the new shape.
   */
  gather(
    inputs: readonly Operand[],
    index: Int32Array,
    constants: Float64Array,
    shape: Shape,
    type: ElementType = inputs[0]?.type ?? 'float',
  ): Operand {
    const layout = layOut(inputs);
    const moved = absorbIntoConstants(index, constants, layout);
    const pruned = pruneInputs(layout.dynamic, moved.index);
    if (pruned.inputs.length === 1 && isIdentity(pruned.index, sizeOf(pruned.inputs[0].shape)))
      return { kind: 'value', id: pruned.inputs[0].id, shape, type };
    return this.emit('gather', pruned.inputs, { index: pruned.index, constants: moved.constants }, shape, type);
  }

  unary(
    x: Operand,
    functions: readonly ScalarFunction[],
    which: Int32Array | null = null,
    type: ElementType = 'float',
  ): Operand {
    return this.emit('unary', [x], { functions, which }, x.shape, type);
  }

  bilinear(
    a: Operand,
    b: Operand,
    terms: { start: Int32Array; left: Int32Array; right: Int32Array },
    shape: Shape,
    type: ElementType = 'float',
  ): Operand {
    if (a.kind === 'const' && b.kind === 'value')
      return this.linear([b], bilinearAsLinear(terms, 'left', a.data), shape, type);
    if (b.kind === 'const' && a.kind === 'value')
      return this.linear([a], bilinearAsLinear(terms, 'right', b.data), shape, type);
    return this.emit('bilinear', [a, b], terms, shape, type);
  }

  max(inputs: readonly Operand[], windows: readonly Int32Array[], shape: Shape): Operand {
    return this.emit('max', inputs, { windows }, shape, inputs[0].type);
  }

  argmax(x: Operand, windows: readonly Int32Array[], last: boolean, shape: Shape): Operand {
    return this.emit('argmax', [x], { windows, last }, shape, 'int');
  }

  topk(x: Operand, windows: readonly Int32Array[], k: number): Operand {
    return this.emit('topk', [x], { windows, k }, [windows.length, 2, k], x.type);
  }

  trees(x: Operand, ensemble: Omit<TreesNode, 'kind' | 'inputs' | 'output' | 'origin'>, shape: Shape): Operand {
    return this.emit('trees', [x], ensemble, shape, 'float');
  }

  /**
   * A value of exactly this shape for a model output: the operand's own where it may take the shape, otherwise a copy
   * (a model input passed on, or a value that is another output under another shape).
   */
  nameOutput(operand: ValueOperand, taken: ReadonlySet<ValueId>): ValueId {
    const value = this.values[operand.id];
    if (shapesEqual(value.shape, operand.shape)) return operand.id;
    const fixed = taken.has(operand.id) || this.inputs.some((input) => input.value === operand.id);
    if (!fixed) {
      this.values[operand.id] = { ...value, shape: operand.shape };
      return operand.id;
    }
    const copy = this.declare(value.name, operand.shape, value.type);
    const index = Int32Array.from({ length: sizeOf(operand.shape) }, (_, i) => i);
    const constants = new Float64Array();
    this.nodes.push({ kind: 'gather', inputs: [operand.id], origin: this.origin, output: copy.id, index, constants });
    return copy.id;
  }

  /** A constant as a value, for a model output that depends on no input. */
  materializeConstant(operand: ConstOperand, name: string): ValueOperand {
    const { data, shape, type } = operand;
    const output = this.declare(name, shape, type);
    const index = Int32Array.from(data, (_, i) => -1 - i);
    this.nodes.push({ kind: 'gather', inputs: [], origin: this.origin, output: output.id, index, constants: data });
    return output;
  }

  /** Gives a value the name it has in the model. */
  rename(id: ValueId, name: string): void {
    this.values[id] = { ...this.values[id], name };
  }

  finish(outputs: readonly GraphOutput[]): Graph {
    return { values: this.values, inputs: this.inputs, nodes: this.nodes, outputs };
  }

  private declare(name: string, shape: Shape, type: ElementType): ValueOperand {
    const id = this.values.length;
    this.values.push({ id, name, shape, type });
    return { kind: 'value', shape, type, id };
  }

  private emit<K extends GraphNode['kind']>(
    kind: K,
    inputs: readonly Operand[],
    draft: Draft<K>,
    shape: Shape,
    type: ElementType,
  ): Operand {
    const node = { kind, inputs: [], output: -1, origin: this.origin, ...draft } as unknown as GraphNode;
    if (inputs.every((operand) => operand.kind === 'const')) {
      const data = evaluateNode(
        node,
        inputs.map((operand) => (operand as Operand & { kind: 'const' }).data),
      );
      return { kind: 'const', shape, type, data };
    }
    const ids = inputs.map((operand) => {
      if (operand.kind === 'const')
        throw new Error(`internal: constant operand in a dynamic ${kind} (absorb it first)`);
      return operand.id;
    });
    const output = this.declare(`${this.origin.name || this.origin.op}`, shape, type);
    const rows = rowsOf(node);
    if (!Number.isNaN(rows) && sizeOf(shape) !== rows)
      throw new Error(`internal: ${kind} of ${rows} elements declared as ${sizeOf(shape)}`);
    this.nodes.push({ ...node, inputs: ids, output: output.id } as unknown as GraphNode);
    return output;
  }
}

/** How many elements a node computes, where the node itself says. */
function rowsOf(node: GraphNode): number {
  switch (node.kind) {
    case 'linear':
      return node.map.rowWindow.length;
    case 'gather':
      return node.index.length;
    case 'bilinear':
      return node.start.length - 1;
    case 'max':
    case 'argmax':
      return node.windows.length;
    case 'topk':
      return node.windows.length * 2 * node.k;
    case 'trees':
      return node.base.length;
    case 'unary':
      return node.which?.length ?? Number.NaN;
  }
}

function isIdentity(index: Int32Array, size: number): boolean {
  return index.length === size && index.every((source, i) => source === i);
}

/** Leaves out the inputs that no element is read from. */
function pruneInputs(
  inputs: readonly ValueOperand[],
  index: Int32Array,
): { inputs: ValueOperand[]; index: Int32Array } {
  const bounds = [0];
  for (const input of inputs) bounds.push(bounds[bounds.length - 1] + sizeOf(input.shape));
  const total = bounds[bounds.length - 1];
  const used = new Uint8Array(total);
  for (const i of index) if (i >= 0) used[i] = 1;
  const keep = inputs.map((_, n) => used.subarray(bounds[n], bounds[n + 1]).includes(1));
  if (keep.every((kept) => kept)) return { inputs: [...inputs], index };
  const shift = new Int32Array(total);
  let dropped = 0;
  inputs.forEach((_, n) => {
    if (!keep[n]) dropped += bounds[n + 1] - bounds[n];
    else shift.fill(dropped, bounds[n], bounds[n + 1]);
  });
  return { inputs: inputs.filter((_, n) => keep[n]), index: index.map((i) => (i >= 0 ? i - shift[i] : i)) };
}
