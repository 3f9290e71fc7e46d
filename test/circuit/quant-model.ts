import { bitLength } from '../../src/core/range.js';
import { sizeOf } from '../../src/core/tensor.js';
import type { LinearMap } from '../../src/graph/linear-map.js';
import { evaluateQuant } from '../../src/quantize/evaluate.js';
import type {
  QuantGraph,
  QuantInput,
  QuantNode,
  QuantOutput,
  QuantValue,
  QuantValueId,
} from '../../src/quantize/ir.js';
import { deriveBounds } from '../../src/quantize/ranges.js';

type Draft<N extends QuantNode = QuantNode> = N extends QuantNode
  ? Omit<N, 'output' | 'layer'> & { layer?: string }
  : never;

/** Builds integer models by hand, with ranges derived as the quantizer does. */
export class QuantModel {
  readonly values: QuantValue[] = [];
  readonly nodes: QuantNode[] = [];
  readonly inputs: QuantInput[] = [];
  readonly outputs: QuantOutput[] = [];

  input(name: string, size: number, bits: number, max: number | number[] = 2 ** bits - 1): QuantValueId {
    const top = Float64Array.from({ length: size }, (_, i) => (typeof max === 'number' ? max : max[i]));
    const value = this.declare([size], new Float64Array(size), top);
    this.inputs.push({ name, value, bits });
    return value;
  }

  node(draft: Draft): QuantValueId {
    const inputs = draft.inputs.map((id) => this.values[id]);
    const { min, max } = deriveBounds(draft as QuantNode, inputs);
    const output = this.declare([min.length], min, max);
    this.nodes.push({ layer: `${draft.kind}_${this.nodes.length}`, ...draft, output } as QuantNode);
    return output;
  }

  /** `kernels · x + bias`, one window of all elements. */
  dense(x: QuantValueId, kernels: readonly (readonly number[])[], bias: readonly number[]): QuantValueId {
    return this.node({ kind: 'linear', inputs: [x], map: denseMap(kernels, bias) });
  }

  requantize(x: QuantValueId, shift: number, bits: number): QuantValueId {
    return this.node({ kind: 'requantize', inputs: [x], shift: Int32Array.of(shift), bits: Int32Array.of(bits) });
  }

  /** Declares an output; shifts it up to be non-negative where its range needs it. */
  output(name: string, value: QuantValueId): void {
    const { min } = this.values[value];
    const size = sizeOf(this.values[value].shape);
    const shifted = min.some((low) => low < 0)
      ? this.node({
          kind: 'linear',
          inputs: [value],
          map: {
            windows: Array.from({ length: size }, (_, i) => Int32Array.of(i)),
            kernels: [Float64Array.of(1)],
            rowWindow: Int32Array.from({ length: size }, (_, i) => i),
            rowKernel: new Int32Array(size),
            bias: min.map((low) => Math.max(0, -low)),
          },
        })
      : value;
    this.outputs.push({ name, value: shifted });
  }

  finish(): QuantGraph {
    return { values: this.values, inputs: this.inputs, nodes: this.nodes, outputs: this.outputs };
  }

  private declare(shape: number[], min: Float64Array, max: Float64Array): QuantValueId {
    const id = this.values.length;
    const [scale, zeroPoint] = [Float64Array.of(1), Float64Array.of(0)];
    this.values.push({ id, name: `v${id}`, shape, scale, zeroPoint, min, max });
    return id;
  }
}

export function denseMap(kernels: readonly (readonly number[])[], bias: readonly number[]): LinearMap {
  return {
    windows: [Int32Array.from(kernels[0], (_, i) => i)],
    kernels: kernels.map((row) => Float64Array.from(row)),
    rowWindow: new Int32Array(kernels.length),
    rowKernel: Int32Array.from(kernels, (_, i) => i),
    bias: Float64Array.from(bias),
  };
}

/** Outputs of a model by name. */
export function runModel(graph: QuantGraph, inputs: Record<string, ArrayLike<number>>): Record<string, Float64Array> {
  const known = evaluateQuant(graph, inputs);
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, known.get(value)!]));
}

/** Bytes that an output's elements take. */
export function outputElementBytes(graph: QuantGraph, output: QuantOutput): number {
  return Math.max(1, Math.ceil(bitLength(graph.values[output.value].max.reduce((a, b) => Math.max(a, b), 0)) / 8));
}
