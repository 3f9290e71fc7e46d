import { sizeOf } from '../core/tensor.js';
import type { Graph, GraphNode, ValueId } from '../graph/ir.js';
import type { QuantBuilder } from './builder.js';
import type { ChannelClip } from './clip.js';
import { evaluateQuantNode } from './evaluate.js';
import type { QuantValue, QuantValueId } from './ir.js';
import type { QuantizeOptions } from './options.js';

/** What the rules share: the graph being read, the one being built, and both evaluated on the calibration rows. */
export class QuantizeContext {
  /** The integer value that stands for a float value. */
  readonly stands = new Map<ValueId, QuantValueId>();
  /** Channel of every element of a float value: elements that share a kernel share a scale. */
  readonly channels = new Map<ValueId, Int32Array>();
  /** Memo of clipping decisions per float value. */
  readonly clips = new Map<ValueId, Map<string, ChannelClip>>();
  /** Narrowed versions of a float value, by value and width. */
  readonly narrowed = new Map<string, QuantValueId>();
  private readonly integers = new Map<QuantValueId, readonly Float64Array[]>();
  private readonly consumers = new Map<ValueId, GraphNode[]>();
  private readonly outputs: ReadonlySet<ValueId>;

  constructor(
    readonly graph: Graph,
    readonly builder: QuantBuilder,
    readonly options: QuantizeOptions,
    /** Elements of every float value, per calibration row. */
    readonly floats: ReadonlyMap<ValueId, readonly Float64Array[]>,
  ) {
    for (const node of graph.nodes)
      for (const input of new Set(node.inputs)) this.consumers.set(input, [...(this.consumers.get(input) ?? []), node]);
    this.outputs = new Set(graph.outputs.map((output) => output.value));
  }

  /** The same integers on other rows, whose inputs are yet to be seeded. */
  withRows(floats: ReadonlyMap<ValueId, readonly Float64Array[]>): QuantizeContext {
    const other = new QuantizeContext(this.graph, this.builder, this.options, floats);
    for (const [id, stand] of this.stands) other.stands.set(id, stand);
    return other;
  }

  consumersOf(id: ValueId): readonly GraphNode[] {
    return this.consumers.get(id) ?? [];
  }

  /** Number of calibration rows. */
  private get rowCount(): number {
    return this.floats.values().next().value?.length ?? 0;
  }

  isOutput(id: ValueId): boolean {
    return this.outputs.has(id);
  }

  /** Width of the activation that a node gives. */
  bitsOf(node: GraphNode): number {
    return this.options.layerBits?.[node.origin.name] ?? this.options.activationBits;
  }

  /** Calibration values of a float value, per row. */
  rowsOf(id: ValueId): readonly Float64Array[] {
    return this.floats.get(id) as readonly Float64Array[];
  }

  /** Sets the integers of a model input on each calibration row. */
  seedInput(id: QuantValueId, rows: readonly Float64Array[]): void {
    this.integers.set(id, rows);
  }

  standIn(id: ValueId): QuantValueId {
    const found = this.stands.get(id);
    if (found === undefined) throw new Error(`internal: value ${id} is read before it is quantized`);
    return found;
  }

  value(id: QuantValueId): QuantValue {
    return this.builder.values[id];
  }

  size(id: QuantValueId): number {
    return sizeOf(this.value(id).shape);
  }

  /** Integers of a value on each calibration row, computed when first asked for. */
  integersOf(id: QuantValueId): readonly Float64Array[] {
    const known = this.integers.get(id);
    if (known) return known;
    const node = this.builder.producerOf(id);
    if (!node) throw new Error(`internal: no producer of integer value ${id}`);
    const inputs = node.inputs.map((input) => this.integersOf(input));
    const rows = Array.from({ length: this.rowCount }, (_, row) =>
      evaluateQuantNode(
        node,
        inputs.map((input) => input[row]),
      ),
    );
    this.integers.set(id, rows);
    return rows;
  }

  /** Channel of each element; all 0 where nothing told channels apart. */
  channelsOf(id: ValueId): Int32Array {
    return this.channels.get(id) ?? new Int32Array(sizeOf(this.graph.values[id].shape));
  }
}
