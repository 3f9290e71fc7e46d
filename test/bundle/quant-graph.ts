import type { QuantGraph, QuantNode, QuantValue } from '../../src/quantize/ir.js';

const f = (...numbers: number[]) => Float64Array.from(numbers);
const i = (...numbers: number[]) => Int32Array.from(numbers);

function value(id: number, size: number, min: number[], max: number[]): QuantValue {
  return {
    id,
    name: `v${id}`,
    shape: [1, size],
    scale: f(0.1 * (id + 1)),
    zeroPoint: f(0),
    min: f(...min),
    max: f(...max),
  };
}

/** An integer graph with every kind of node, small enough to check by hand. */
export function makeEveryKind(): QuantGraph {
  const layer = 'layer';
  const nodes: QuantNode[] = [
    {
      kind: 'linear',
      layer,
      inputs: [0],
      output: 1,
      map: {
        windows: [i(0, 1, -1), i(2)],
        kernels: [f(2, -3, 9), f(5)],
        rowWindow: i(0, 1),
        rowKernel: i(0, 1),
        bias: f(1, -100),
      },
    },
    { kind: 'requantize', layer, inputs: [1], output: 2, shift: i(2), bits: i(8) },
    { kind: 'relu', layer, inputs: [1], output: 3 },
    { kind: 'gather', layer, inputs: [2, 3], output: 4, index: i(3, -1, 0), constants: f(7) },
    { kind: 'nonNegative', layer, inputs: [1], output: 5 },
    { kind: 'isZero', layer, inputs: [1], output: 6 },
    { kind: 'bilinear', layer, inputs: [2, 5], output: 7, start: i(0, 2), left: i(0, 1), right: i(0, 1) },
    { kind: 'max', layer, inputs: [2, 5], output: 8, windows: [i(0, 1), i(2, 3, -1)] },
    { kind: 'argmax', layer, inputs: [4], output: 9, windows: [i(0, 1, 2)], last: false },
    { kind: 'topk', layer, inputs: [4], output: 10, windows: [i(0, 1, 2)], k: 2 },
    { kind: 'lookup', layer, inputs: [5], output: 11, tables: [{ offset: 0, values: f(3, 1) }], which: null },
    { kind: 'staircase', layer, inputs: [5], output: 12, steps: [{ base: 4, thresholds: f(0, 1) }], which: i(0, 0) },
    {
      kind: 'trees',
      layer,
      inputs: [4],
      output: 13,
      roots: i(0),
      feature: i(0, 2),
      threshold: f(3, 40),
      yes: i(-1, -2),
      no: i(1, -3),
      leafWeights: [f(1), f(2), f(10)],
      base: f(0),
    },
  ];
  return {
    values: [
      value(0, 3, [0], [255]),
      value(1, 2, [-764, -100], [511, 1175]),
      value(2, 2, [0, 0], [128, 255]),
      value(3, 2, [0, 0], [511, 1175]),
      value(4, 3, [0, 7, 0], [1175, 7, 128]),
      value(5, 2, [0], [1]),
      value(6, 2, [0], [1]),
      value(7, 1, [0], [383]),
      value(8, 2, [0, 0], [255, 1]),
      value(9, 1, [0], [2]),
      value(10, 4, [0, 0, 0, 0], [1175, 128, 2, 2]),
      value(11, 2, [1], [3]),
      value(12, 2, [5], [6]),
      value(13, 1, [1], [10]),
    ],
    inputs: [{ name: 'x', value: 0, bits: 8 }],
    nodes,
    outputs: [
      { name: 'class', value: 9, labels: ['a', 'b', 'c'] },
      { name: 'score', value: 7 },
      ...[6, 8, 10, 11, 12, 13].map((id) => ({ name: `o${id}`, value: id })),
    ],
  };
}
