import { type ElementType, sizeOf } from '../../src/core/tensor.js';
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor } from '../../src/onnx/model.js';

type Plain = number | string | readonly number[] | readonly string[] | OnnxAttribute;

/** Numbers that must be written as `float` or `floats` attributes. */
export function floats(...values: number[]): OnnxAttribute {
  return { kind: 'floats', values };
}

function attributeOf(value: Plain): OnnxAttribute {
  if (typeof value === 'number') return { kind: Number.isInteger(value) ? 'int' : 'float', value };
  if (typeof value === 'string') return { kind: 'string', value };
  if (!Array.isArray(value)) return value as OnnxAttribute;
  if (typeof value[0] === 'string') return { kind: 'strings', values: value as string[] };
  return { kind: 'ints', values: value as number[] };
}

/** A node; `domain.Op` or plain `Op`. */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Plain>> = {},
): OnnxNode {
  const dot = op.lastIndexOf('.');
  const entries = Object.entries(attributes).map(([name, value]) => [name, attributeOf(value)] as const);
  return {
    name: outputs[0],
    opType: op.slice(dot + 1),
    domain: op.slice(0, Math.max(0, dot)),
    inputs,
    outputs,
    attributes: new Map(entries),
  };
}

const ELEM_TYPES = { float: 1, int: 7, bool: 9 } as const;

/** A numeric tensor; `elemType` is float32 or int64 by default. */
export function tensor(name: string, shape: readonly number[], data: readonly number[], elemType = 1): OnnxTensor {
  const type: ElementType = elemType === 1 ? 'float' : 'int';
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} elements for ${shape}`);
  return { kind: 'numbers', name, elemType, tensor: { shape, type, data: Float64Array.from(data) } };
}

/** A model of inputs `[name, shape, type]`, nodes and named outputs. */
export function model(
  inputs: readonly (readonly [string, readonly number[], ElementType?])[],
  nodes: readonly OnnxNode[],
  outputs: readonly string[],
  initializers: readonly OnnxTensor[] = [],
): OnnxModel {
  return {
    irVersion: 8,
    producer: 'test',
    opsets: new Map([
      ['', 17],
      ['ai.onnx.ml', 3],
    ]),
    functions: [],
    graph: {
      name: 'g',
      nodes,
      initializers: new Map(initializers.map((init) => [init.name, init])),
      inputs: inputs.map(([name, dims, type = 'float']) => ({ name, elemType: ELEM_TYPES[type], dims })),
      outputs: outputs.map((name) => ({ name, elemType: 0, dims: null })),
      valueInfo: [],
    },
  };
}
