import type { Shape } from '../core/tensor.js';
import type { QuantGraph, QuantInput, QuantNode, QuantOutput, QuantValue, QuantValueId } from './ir.js';
import { deriveBounds } from './ranges.js';

/** How integers map to reals: `real = scale · (q - zeroPoint)`, one entry or one per element. */
export interface Affine {
  readonly scale: Float64Array;
  readonly zeroPoint: Float64Array;
}

/** `scale · q`, per tensor. */
export function plainScale(scale: number): Affine {
  return { scale: Float64Array.of(scale), zeroPoint: Float64Array.of(0) };
}

type Draft = QuantNode extends infer N ? (N extends QuantNode ? Omit<N, 'output'> : never) : never;

/** Builds a QuantGraph; the bounds of every value are derived as it is added. */
export class QuantBuilder {
  readonly values: QuantValue[] = [];
  readonly nodes: QuantNode[] = [];
  readonly inputs: QuantInput[] = [];
  private readonly producers = new Map<QuantValueId, QuantNode>();

  input(name: string, shape: Shape, affine: Affine, bits: number, min: number, max: number): QuantValueId {
    const id = this.values.length;
    this.values.push({ id, name, shape, ...affine, min: Float64Array.of(min), max: Float64Array.of(max) });
    this.inputs.push({ name, value: id, bits });
    return id;
  }

  add(draft: Draft, name: string, shape: Shape, affine: Affine): QuantValueId {
    const id = this.values.length;
    const node = { ...draft, output: id } as QuantNode;
    const bounds = deriveBounds(
      node,
      node.inputs.map((input) => this.values[input]),
    );
    this.values.push({ id, name, shape, ...affine, ...bounds });
    this.nodes.push(node);
    this.producers.set(id, node);
    return id;
  }

  /** The node that computes a value; undefined for an input. */
  producerOf(id: QuantValueId): QuantNode | undefined {
    return this.producers.get(id);
  }

  /** The graph of what the outputs need, renumbered. */
  finish(outputs: readonly QuantOutput[]): QuantGraph {
    const needed = new Set<QuantValueId>([...outputs.map((o) => o.value), ...this.inputs.map((i) => i.value)]);
    const kept = this.nodes
      .slice()
      .reverse()
      .filter((node) => {
        if (!needed.has(node.output)) return false;
        for (const input of node.inputs) needed.add(input);
        return true;
      })
      .reverse();
    const renumbered = new Map<QuantValueId, QuantValueId>();
    const values = this.values.filter((value) => needed.has(value.id));
    for (const [index, value] of values.entries()) renumbered.set(value.id, index);
    const at = (id: QuantValueId) => renumbered.get(id) as QuantValueId;
    return {
      values: values.map((value) => ({ ...value, id: at(value.id) })),
      inputs: this.inputs.map((input) => ({ ...input, value: at(input.value) })),
      nodes: kept.map((node) => ({ ...node, inputs: node.inputs.map(at), output: at(node.output) }) as QuantNode),
      outputs: outputs.map((output) => ({ ...output, value: at(output.value) })),
    };
  }
}
