import type { Tensor } from '../core/tensor.js';

/** A tensor as the file holds it: numbers, or strings (class labels). */
export type OnnxTensor =
  | { readonly kind: 'numbers'; readonly name: string; readonly elemType: number; readonly tensor: Tensor }
  | {
      readonly kind: 'strings';
      readonly name: string;
      readonly shape: readonly number[];
      readonly strings: readonly string[];
    };

export type OnnxAttribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  | { readonly kind: 'graph'; readonly value: OnnxGraph }
  | { readonly kind: 'floats'; readonly values: readonly number[] }
  | { readonly kind: 'ints'; readonly values: readonly number[] }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  /** In a function body: the attribute of this name of the calling node. */
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'unsupported'; readonly typeName: string };

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** '' is ai.onnx. */
  readonly domain: string;
  /** Value names; '' is an omitted optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** A dimension is a number, a symbol, or unknown (null). */
export interface OnnxValueInfo {
  readonly name: string;
  /** TensorProto.DataType, or 0 where the value is not a tensor. */
  readonly elemType: number;
  /** null where the rank is unknown or the value is a sequence or map. */
  readonly dims: readonly (number | string | null)[] | null;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly valueInfo: readonly OnnxValueInfo[];
}

/** A function of the model's own (FunctionProto), to be inlined. */
export interface OnnxFunction {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
  readonly attributeDefaults: ReadonlyMap<string, OnnxAttribute>;
  readonly opsets: ReadonlyMap<string, number>;
}

/** An ONNX file, decoded and otherwise untouched. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Version by domain; '' is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: OnnxGraph;
  readonly functions: readonly OnnxFunction[];
}
