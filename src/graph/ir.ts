import type { ElementType, Shape } from '../core/tensor.js';
import type { LinearMap } from './linear-map.js';
import type { ScalarFunction } from './scalar.js';

/** Identifies a value (edge) of a Graph. */
export type ValueId = number;

/** A dynamic tensor: a model input or what a node computes. Constants are not values; they live inside nodes. */
export interface GraphValue {
  readonly id: ValueId;
  /** Name in the ONNX file where it has one, else derived from the node; for people only. */
  readonly name: string;
  readonly shape: Shape;
  readonly type: ElementType;
}

interface NodeBase {
  /** Name of the ONNX node this came from and its operator, for reports. */
  readonly origin: { readonly name: string; readonly op: string };
  readonly output: ValueId;
}

/** `y = map(concat(inputs))`. */
export interface LinearNode extends NodeBase {
  readonly kind: 'linear';
  readonly inputs: readonly ValueId[];
  readonly map: LinearMap;
}

/** Moves elements: `y[i] = index[i] >= 0 ? concat(inputs)[index[i]] : constants[-1 - index[i]]`. */
export interface GatherNode extends NodeBase {
  readonly kind: 'gather';
  readonly inputs: readonly ValueId[];
  readonly index: Int32Array;
  readonly constants: Float64Array;
}

/** Element-wise function of one tensor: `y[i] = functions[which ? which[i] : 0](x[i])`. */
export interface UnaryNode extends NodeBase {
  readonly kind: 'unary';
  readonly inputs: readonly [ValueId];
  readonly functions: readonly ScalarFunction[];
  readonly which: Int32Array | null;
}

/** Sums of products of two activations: `y[r] = Σ_{t in [start[r], start[r+1])} a[left[t]] · b[right[t]]`. */
export interface ProductSums {
  readonly kind: 'bilinear';
  readonly inputs: readonly [ValueId, ValueId];
  readonly start: Int32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
}
export type BilinearNode = NodeBase & ProductSums;

/** Maximum over windows of the concatenated inputs: `y[r] = max_t x[windows[r][t]]`, -1 is left out. */
export interface WindowMaxima {
  readonly kind: 'max';
  readonly inputs: readonly ValueId[];
  readonly windows: readonly Int32Array[];
}
export type MaxNode = NodeBase & WindowMaxima;

/** Position within its window of the maximum: the lowest on a tie, or the highest with `last`. Integer output. */
export interface WindowArgMaxima {
  readonly kind: 'argmax';
  readonly inputs: readonly [ValueId];
  readonly windows: readonly Int32Array[];
  readonly last: boolean;
}
export type ArgMaxNode = NodeBase & WindowArgMaxima;

/**
 * The k largest of each window, in descending order, ties by lowest position. Output `[windows, 2, k]` flattened: for each
 * window its k values, then their k positions. Consumers read it through a gather.
 */
export interface WindowTopK {
  readonly kind: 'topk';
  readonly inputs: readonly [ValueId];
  readonly windows: readonly Int32Array[];
  readonly k: number;
}
export type TopKNode = NodeBase & WindowTopK;

/**
 * A sum of decision trees: `y[t] = base[t] + Σ_trees leafWeights[leaf reached][t]`.
 * Inner node n goes to `yes[n]` when `x[feature[n]] <= threshold[n]`, else to `no[n]`; a negative child c is leaf `-1 - c`.
 */
export interface TreeSums {
  readonly kind: 'trees';
  readonly inputs: readonly [ValueId];
  readonly roots: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly yes: Int32Array;
  readonly no: Int32Array;
  /** One row per leaf, `targets` wide. */
  readonly leafWeights: readonly Float64Array[];
  readonly base: Float64Array;
}
export type TreesNode = NodeBase & TreeSums;

export type GraphNode =
  | LinearNode
  | GatherNode
  | UnaryNode
  | BilinearNode
  | MaxNode
  | ArgMaxNode
  | TopKNode
  | TreesNode;

export type NodeKind = GraphNode['kind'];

/** What a model output means, where its ONNX form told: labels of classes, or that a final softmax was cut. */
export interface GraphOutput {
  readonly name: string;
  readonly value: ValueId;
  /** Class labels by index, where the model maps an index to a label (LabelEncoder, classlabels_strings, ZipMap). */
  readonly labels?: readonly (string | number)[];
  /**
   * The model ends in this function of each row along its last axis, and the value is its argument (the logits):
   * probabilities = softmax(value), computed by whoever reads the output.
   */
  readonly cut?: 'softmax' | 'log-softmax';
}

/** A model input. */
export interface GraphInput {
  readonly name: string;
  readonly value: ValueId;
  /** Whether a runtime gets it in double precision; single where left out. */
  readonly isDouble?: boolean;
}

/** A float graph with known shapes, batch 1, in execution order. */
export interface Graph {
  readonly values: readonly GraphValue[];
  /** Model inputs by name, in file order. */
  readonly inputs: readonly GraphInput[];
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly GraphOutput[];
}
