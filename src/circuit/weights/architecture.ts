import { bitLength } from '../../core/range.js';
import type { LinearMap } from '../../graph/linear-map.js';
import { entryAt, roundShift } from '../../quantize/evaluate.js';
import type { QuantGraph, QuantKind, QuantLinear, QuantNode, QuantRequantize, QuantValue } from '../../quantize/ir.js';
import { type Bounds, deriveBounds } from '../../quantize/ranges.js';
import { signedBits } from '../ops/compare.js';
import { findDifference } from './compare-architectures.js';
import { isPlainSum, soleReader } from './private-layers.js';
import { differs, outOfRange, unsupported } from './refusals.js';

/** What a circuit with private weights is made for, and a model that it serves. */
export interface SplitModel {
  /** The model without its weights, scales and names of values: all that the circuit depends on. Kernels and biases are 0. */
  readonly architecture: QuantGraph;
  /**
   * The same function as the given model, in the form of the architecture: rows times powers of two where its shift is larger,
   * outputs moved up where it has room for that (with their zero points).
   */
  readonly model: QuantGraph;
}

/** Kinds of nodes without parameters that a circuit would show. */
const SUPPORTED: ReadonlySet<QuantKind> = new Set([
  'linear',
  'gather',
  'requantize',
  'relu',
  'nonNegative',
  'isZero',
  'max',
  'argmax',
  'topk',
]);

/** Width of accumulators, and the shift that takes them down, in bits beyond what the first model needs. */
export const DEFAULT_ROOM = 1;

/**
 * Splits an integer model into architecture and weights.
 * @param like the architecture that the model is to fit; without it the model's own, with `room` bits to spare
 * @throws ZkinferError WEIGHTS_UNSUPPORTED, WEIGHTS_DIFFER, WEIGHTS_RANGE
 */
export function splitModel(graph: QuantGraph, like?: QuantGraph, room = DEFAULT_ROOM): SplitModel {
  refuseUnsupported(graph);
  const isShaped = like !== undefined && graph.nodes.length === like.nodes.length;
  if (like && !(isShaped && graph.nodes.every(({ kind }, i) => kind === like.nodes[i].kind)))
    throw differs(['the nodes of the model are of other kinds']);
  const splitter = new Splitter(graph, like, room);
  for (const at of graph.nodes.keys()) splitter.addNode(at);
  const split = splitter.finish();
  const difference = like && findDifference(split.architecture, like);
  if (difference) throw differs([difference]);
  return split;
}

class Splitter {
  private readonly bare: QuantValue[];
  private readonly full: QuantValue[];
  private readonly nodes: { bare: QuantNode; full: QuantNode }[] = [];
  /** Shift of the requantization that reads a private layer, by the value between them. */
  private readonly shiftOf = new Map<number, number>();

  constructor(
    private readonly graph: QuantGraph,
    private readonly like: QuantGraph | undefined,
    private readonly room: number,
  ) {
    this.bare = graph.values.map((value) => ({
      ...value,
      name: `v${value.id}`,
      scale: Float64Array.of(1),
      zeroPoint: Float64Array.of(0),
    }));
    this.full = [...graph.values];
  }

  addNode(at: number): void {
    const node = this.graph.nodes[at];
    if (node.kind === 'linear' && !isPlainSum(node.map)) {
      this.addPrivate(node, at);
      return;
    }
    const shift = node.kind === 'requantize' ? this.shiftOf.get(node.inputs[0]) : undefined;
    const plain = node.kind === 'linear' ? { ...node, map: mergeKernels(node.map) } : node;
    const shifted = shift === undefined ? plain : { ...(plain as QuantRequantize), shift: Int32Array.of(shift) };
    const kept = shifted.kind === 'requantize' ? this.freeClamp(node as QuantRequantize, shifted) : shifted;
    this.put(kept, kept, this.bound(kept));
  }

  /** Where the model never saturates the architecture has no clamp, either: the model's own width depends on its weights. */
  private freeClamp(own: QuantRequantize, kept: QuantRequantize): QuantRequantize {
    const input = this.graph.values[own.inputs[0]];
    const saturates = input.max.some((max, i) => roundShift(max, entryAt(own.shift, i)) >= 2 ** entryAt(own.bits, i));
    if (saturates) return kept;
    const { max } = this.bare[own.inputs[0]];
    const widest = max.reduce((top, value, i) => Math.max(top, roundShift(value, entryAt(kept.shift, i))), 1);
    return { ...kept, bits: Int32Array.of(bitLength(widest)) };
  }

  finish(): SplitModel {
    const { inputs, outputs } = this.graph;
    const low = outputs.find(({ value }) => this.bare[value].min.some((min) => min < 0));
    if (low) throw unsupported([`output ${JSON.stringify(low.name)} would be negative for some weights`]);
    return {
      architecture: {
        values: this.bare,
        inputs,
        nodes: this.nodes.map(({ bare }) => bare),
        outputs: outputs.map(({ name, value, cut }) => ({ name, value, ...(cut !== undefined && { cut }) })),
      },
      model: { values: this.full, inputs, nodes: this.nodes.map(({ full }) => full), outputs },
    };
  }

  private addPrivate(node: QuantLinear, at: number): void {
    requireOneBias(node);
    const reader = soleReader(this.graph, node.output);
    const isOutput = this.graph.outputs.some(({ value }) => value === node.output);
    let map = node.map;
    let half = 0;
    if (reader?.kind === 'requantize') {
      const shift = this.chooseShift(reader, node.layer);
      this.shiftOf.set(node.output, shift);
      half = shift > 0 ? 2 ** (shift - 1) : 0;
      map = scaleRows(node, reader, shift);
    }
    const bounds = this.bound({ ...node, map });
    let [min, max] = [least(bounds.min), most(bounds.max)];
    const lift = isOutput ? Math.max(0, -min) : 0;
    if (lift > 0) {
      map = { ...map, bias: map.bias.map((bias) => bias + lift) };
      [min, max] = [min + lift, max + lift];
      const value = this.full[node.output];
      this.full[node.output] = { ...value, zeroPoint: value.zeroPoint.map((zero) => zero + lift) };
    }
    const range = this.like ? rangeOf(this.like, at) : this.chooseRange(min, max, half, isOutput);
    if (min < range.min || max > range.max)
      throw outOfRange(
        node.layer,
        `accumulators reach [${min}, ${max}], the architecture holds [${range.min}, ${range.max}]`,
      );
    const bare = {
      ...map,
      kernels: map.kernels.map((kernel) => new Float64Array(kernel.length)),
      bias: new Float64Array(map.bias.length),
    };
    const held = { min: Float64Array.of(range.min), max: Float64Array.of(range.max) };
    this.put({ ...node, map: bare }, { ...node, map }, held);
  }

  private chooseShift(reader: QuantRequantize, layer: string): number {
    const own = most(reader.shift);
    if (!this.like) return own + this.room;
    const theirs = this.like.nodes[this.graph.nodes.indexOf(reader)] as QuantRequantize;
    if (theirs.shift.length === 1 && theirs.shift[0] >= own) return theirs.shift[0];
    throw outOfRange(layer, `its accumulators shift by ${own} bits, those of the architecture by ${theirs.shift[0]}`);
  }

  /** A slot for accumulators: `[0, 2^b)`, or so that their rounded sums lie in `[2^shift - 2^p, 2^p)`, as a requantization wants. */
  private chooseRange(min: number, max: number, half: number, isOutput: boolean): { min: number; max: number } {
    if (isOutput && min >= 0) return { min: 0, max: 2 ** (Math.max(1, bitLength(max)) + this.room) - 1 };
    const step = Math.max(1, 2 * half);
    const least = Math.min(min + half, -1) - step;
    const bits = Math.max(signedBits(least, max + half) + this.room, bitLength(2 * half) + 1, 2);
    return { min: step - 2 ** bits - half, max: 2 ** bits - 1 - half };
  }

  private bound(node: QuantNode): Bounds {
    try {
      return deriveBounds(
        node,
        node.inputs.map((id) => this.bare[id]),
      );
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw outOfRange(node.layer, cause.message);
    }
  }

  private put(bare: QuantNode, full: QuantNode, { min, max }: Bounds): void {
    this.nodes.push({ bare, full });
    for (const values of [this.bare, this.full]) values[full.output] = { ...values[full.output], min, max };
  }
}

/** Sums with one kernel for each number of terms, however many a model's scales called for. */
function mergeKernels(map: LinearMap): LinearMap {
  const byLength = new Map<number, number>();
  const kernels: Float64Array[] = [];
  const rowKernel = map.rowKernel.map((kernel) => {
    const { length } = map.kernels[kernel];
    const at = byLength.get(length) ?? kernels.push(map.kernels[kernel]) - 1;
    byLength.set(length, at);
    return at;
  });
  return { ...map, kernels, rowKernel };
}

function rangeOf(like: QuantGraph, at: number): { min: number; max: number } {
  const { min, max } = like.values[like.nodes[at].output];
  return { min: min[0], max: max[0] };
}

/** Every row times `2^(shift - own shift)`: what the requantization behind it gives stays the same, for every sum. */
function scaleRows(node: QuantLinear, reader: QuantRequantize, shift: number): LinearMap {
  const { map } = node;
  const own = (row: number) => reader.shift[reader.shift.length === 1 ? 0 : row];
  const factor = new Map<number, number>();
  map.rowKernel.forEach((kernel, row) => {
    const wanted = 2 ** (shift - own(row));
    if ((factor.get(kernel) ?? wanted) !== wanted)
      throw unsupported([`layer ${JSON.stringify(node.layer)}: one kernel is read at two scales`]);
    factor.set(kernel, wanted);
  });
  return {
    ...map,
    kernels: map.kernels.map((kernel, k) => kernel.map((weight) => weight * (factor.get(k) ?? 1))),
    bias: map.bias.map((bias, row) => bias * 2 ** (shift - own(row))),
  };
}

function refuseUnsupported(graph: QuantGraph): void {
  const bad = graph.nodes.filter(({ kind }) => !SUPPORTED.has(kind));
  if (bad.length > 0)
    throw unsupported([...new Set(bad.map(({ kind, layer }) => `layer ${JSON.stringify(layer)}: ${kind}`))]);
}

function requireOneBias({ map, layer }: QuantLinear): void {
  const seen = new Map<number, number>();
  map.rowKernel.forEach((kernel, row) => {
    const bias = seen.get(kernel) ?? map.bias[row];
    if (bias !== map.bias[row])
      throw unsupported([
        `layer ${JSON.stringify(layer)}: the bias of a kernel depends on the position (padding of an input with a zero point)`,
      ]);
    seen.set(kernel, bias);
  });
}

const least = (numbers: Float64Array) => numbers.reduce((a, b) => Math.min(a, b));
const most = (numbers: Float64Array | Int32Array) => (numbers as Float64Array).reduce((a, b) => Math.max(a, b));
