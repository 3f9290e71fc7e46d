import { type ElementType, type Shape, sizeOf } from '../../core/tensor.js';
import { elementFormats } from '../../onnx/element-types.js';
import type { Operand } from '../builder.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { refuse } from './support/problem.js';

const MAX_CONSTANT = 2 ** 24;

/** A constant operand; refuses absurd sizes before anything is allocated. */
export function constantOf(shape: Shape, type: ElementType, fill: (index: number) => number): Operand {
  const size = sizeOf(shape);
  if (!(size <= MAX_CONSTANT)) return refuse(`a constant of ${size} elements is too large`);
  return { kind: 'const', shape, type, data: Float64Array.from({ length: size }, (_, i) => fill(i)) };
}

export function intsOf(values: readonly number[]): Operand {
  return { kind: 'const', shape: [values.length], type: 'int', data: Float64Array.from(values) };
}

const constantRule: ImportRule = (context) => {
  const tensor = context.tensorOperand('value');
  if (tensor !== undefined) return tensor;
  const single = (value: number, type: ElementType) => constantOf([], type, () => value);
  for (const [name, attribute] of context.node.attributes) {
    if (name === 'value_float' && attribute.kind === 'float') return single(attribute.value, 'float');
    if (name === 'value_int' && attribute.kind === 'int') return single(attribute.value, 'int');
    if (name === 'value_ints' && attribute.kind === 'ints') return intsOf(attribute.values);
    if (name === 'value_floats' && attribute.kind === 'floats')
      return {
        kind: 'const',
        shape: [attribute.values.length],
        type: 'float',
        data: Float64Array.from(attribute.values),
      };
  }
  return context.unsupported('a constant without a dense numeric value');
};

const constantOfShape: ImportRule = (context) => {
  const value = context.tensorOperand('value');
  const fill = value?.kind === 'const' ? value.data[0] : 0;
  const shape = Array.from(context.constant(0, 'the shape').data);
  return constantOf(shape, value?.type ?? 'float', () => fill);
};

const range: ImportRule = (context) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => context.constant(i, 'each bound').data[0]);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  return constantOf([count], context.input(0).type, (i) => start + i * delta);
};

const shapeRule: ImportRule = (context) => {
  const shape = context.raw(0).shape;
  const bound = (value: number) => Math.min(Math.max(value < 0 ? value + shape.length : value, 0), shape.length);
  return intsOf(shape.slice(bound(context.int('start', 0)), bound(context.int('end', shape.length))));
};

/** `a - b·cos(2πi/n) + c·cos(4πi/n)`, n the size or, where not periodic, one less. */
const cosineWindow =
  (a: number, b: number, c: number): ImportRule =>
  (context) => {
    const size = context.constant(0, 'the size').data[0];
    const n = context.int('periodic', 1) !== 0 ? size : size - 1;
    const turn = (2 * Math.PI) / n;
    return constantOf([size], 'float', (i) => a - b * Math.cos(turn * i) + c * Math.cos(2 * turn * i));
  };

function matrixOf(context: RuleContext): readonly [rows: number, columns: number] {
  const shape = context.raw(0).shape;
  return shape.length === 2 ? [shape[0], shape[1]] : context.unsupported('a matrix is expected');
}

export const constantRules: RuleRecord = {
  Constant: constantRule,
  ConstantOfShape: constantOfShape,
  Range: range,
  Shape: shapeRule,
  Size: (context) => constantOf([], 'int', () => sizeOf(context.raw(0).shape)),
  HannWindow: cosineWindow(0.5, 0.5, 0),
  HammingWindow: cosineWindow(25 / 46, 21 / 46, 0),
  BlackmanWindow: cosineWindow(0.42, 0.5, 0.08),
  EyeLike: (context) => {
    const [rows, columns] = matrixOf(context);
    const type = elementFormats[context.int('dtype', 1)]?.type ?? 'float';
    const k = context.int('k', 0);
    return constantOf([rows, columns], type, (i) => ((i % columns) - Math.floor(i / columns) === k ? 1 : 0));
  },
};
