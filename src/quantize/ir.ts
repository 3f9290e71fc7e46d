import type { IntRange } from '../core/range.js';
import type { Shape } from '../core/tensor.js';
import type { ProductSums, TreeSums, WindowArgMaxima, WindowMaxima, WindowTopK } from '../graph/ir.js';
import type { LinearMap } from '../graph/linear-map.js';

/** Identifies a value (edge) of a QuantGraph. */
export type QuantValueId = number;

/**
 * An integer tensor. `real = scale · (q - zeroPoint)`, per element where the arrays are as long as the tensor, per tensor
 * where they have one entry. `min` and `max` bound each element (or all, with one entry) over every input in the declared
 * input ranges: derived by interval arithmetic, never assumed.
 */
export interface QuantValue {
  readonly id: QuantValueId;
  readonly name: string;
  readonly shape: Shape;
  readonly scale: Float64Array;
  readonly zeroPoint: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

interface QuantNodeBase {
  /** ONNX node this serves, for reports: one layer of the cost table per distinct name. */
  readonly layer: string;
  readonly output: QuantValueId;
}

/** Integer linear map over the concatenated inputs; kernels and bias are integers. Free in the circuit. */
export interface QuantLinear extends QuantNodeBase {
  readonly kind: 'linear';
  readonly inputs: readonly QuantValueId[];
  readonly map: LinearMap;
}

/** Moves elements, as the float graph's gather; constants are integers. Free. */
export interface QuantGather extends QuantNodeBase {
  readonly kind: 'gather';
  readonly inputs: readonly QuantValueId[];
  readonly index: Int32Array;
  readonly constants: Float64Array;
}

/**
 * `y = clamp(floor((x + 2^(shift-1)) / 2^shift), 0, 2^bits - 1)`, half-up; `shift` 0 adds nothing. A row whose range shows
 * that saturation cannot happen on a side needs no check on that side. `shift` and `bits` are per element or per tensor.
 */
export interface QuantRequantize extends QuantNodeBase {
  readonly kind: 'requantize';
  readonly inputs: readonly [QuantValueId];
  readonly shift: Int32Array;
  readonly bits: Int32Array;
}

/** `y = max(x, 0)`, no rescale, no upper saturation. */
export interface QuantRelu extends QuantNodeBase {
  readonly kind: 'relu';
  readonly inputs: readonly [QuantValueId];
}

/** `y = tables[which[i]][x - offset[which[i]]]`; each table covers the whole range of x. `which` null is table 0. */
export interface QuantLookup extends QuantNodeBase {
  readonly kind: 'lookup';
  readonly inputs: readonly [QuantValueId];
  readonly tables: readonly { readonly offset: number; readonly values: Float64Array }[];
  readonly which: Int32Array | null;
}

/** `y = base + #{t : thresholds[which[i]][t] <= x}`, thresholds strictly ascending integers: any monotone function, exactly. */
export interface QuantStaircase extends QuantNodeBase {
  readonly kind: 'staircase';
  readonly inputs: readonly [QuantValueId];
  readonly steps: readonly { readonly base: number; readonly thresholds: Float64Array }[];
  readonly which: Int32Array | null;
}

/** `y = [x >= 0]`. */
export interface QuantNonNegative extends QuantNodeBase {
  readonly kind: 'nonNegative';
  readonly inputs: readonly [QuantValueId];
}

/** `y = [x = 0]`. */
export interface QuantIsZero extends QuantNodeBase {
  readonly kind: 'isZero';
  readonly inputs: readonly [QuantValueId];
}

/** Sums of products of two integer tensors; layout as the float graph's bilinear. One constraint per distinct product. */
export type QuantBilinear = QuantNodeBase & ProductSums;

/** Maximum over windows of the concatenated inputs; -1 is left out. */
export type QuantMax = QuantNodeBase & WindowMaxima;

/** Position of the maximum in each window, lowest on a tie, highest with `last`. */
export type QuantArgMax = QuantNodeBase & WindowArgMaxima;

/** As the float graph's topk: output `[windows, 2, k]`. */
export type QuantTopK = QuantNodeBase & WindowTopK;

/** As the float graph's trees, with integer thresholds (`x <= threshold`), leaf weights and base. */
export type QuantTrees = QuantNodeBase & TreeSums;

export type QuantNode =
  | QuantLinear
  | QuantGather
  | QuantRequantize
  | QuantRelu
  | QuantLookup
  | QuantStaircase
  | QuantNonNegative
  | QuantIsZero
  | QuantBilinear
  | QuantMax
  | QuantArgMax
  | QuantTopK
  | QuantTrees;

export type QuantKind = QuantNode['kind'];

/** A model input: `q = clamp(roundHalfEven(real / scale) + zeroPoint, 0, 2^bits - 1)`; every element non-negative. */
export interface QuantInput {
  readonly name: string;
  readonly value: QuantValueId;
  /** Bits of every element, 1 to 32. Its range `[min, max]` is that of its QuantValue and may be narrower than 2^bits. */
  readonly bits: number;
}

/** A model output. Non-negative; its QuantValue's range says how many bytes an element takes in the statement. */
export interface QuantOutput {
  readonly name: string;
  readonly value: QuantValueId;
  readonly labels?: readonly (string | number)[];
  /** Operator left out at the end of the model: the output is what went into it. */
  readonly cut?: string;
}

/** The integer model: its semantics are the specification that the circuit is held to. Nodes are in execution order. */
export interface QuantGraph {
  readonly values: readonly QuantValue[];
  readonly inputs: readonly QuantInput[];
  readonly nodes: readonly QuantNode[];
  readonly outputs: readonly QuantOutput[];
}

/** Bounds of one element. */
export function rangeAt(value: QuantValue, index: number): IntRange {
  return {
    min: value.min[value.min.length === 1 ? 0 : index],
    max: value.max[value.max.length === 1 ? 0 : index],
  };
}
