import fc from 'fast-check';
import type { QuantGraph, QuantValueId } from '../../src/quantize/ir.js';
import { denseMap, QuantModel } from './quant-model.js';

/** A repeatable stream of integers. */
export class Stream {
  constructor(private state: number) {}

  /** An integer of `[low, high]`. */
  pick(low: number, high: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return low + Math.floor((this.state / 2 ** 32) * (high - low + 1));
  }

  list(count: number, low: number, high: number): number[] {
    return Array.from({ length: count }, () => this.pick(low, high));
  }
}

type Grower = (model: QuantModel, x: QuantValueId, size: number, stream: Stream) => QuantValueId;

function dense(model: QuantModel, x: QuantValueId, size: number, stream: Stream): QuantValueId {
  const rows = stream.pick(2, 5);
  const kernels = Array.from({ length: rows }, () => stream.list(size, -9, 9));
  return model.dense(x, kernels, stream.list(rows, -60, 60));
}

function windowsOf(size: number, stream: Stream): Int32Array[] {
  return Array.from({ length: stream.pick(1, 3) }, () => Int32Array.from(stream.list(stream.pick(2, 5), 0, size - 1)));
}

/** Steps that grow a model by one node (or two), by name. */
const growers: Readonly<Record<string, Grower>> = {
  dense,
  requantize: (model, x, size, stream) => {
    const shift = Int32Array.from(stream.list(size, 0, 5));
    return model.node({ kind: 'requantize', inputs: [x], shift, bits: Int32Array.from(stream.list(size, 2, 6)) });
  },
  relu: (model, x) => model.node({ kind: 'relu', inputs: [x] }),
  gather: (model, x, size, stream) => {
    const index = Int32Array.from(stream.list(stream.pick(2, 6), -2, size - 1));
    return model.node({ kind: 'gather', inputs: [x], index, constants: Float64Array.of(3, 0) });
  },
  max: (model, x, size, stream) => model.node({ kind: 'max', inputs: [x], windows: windowsOf(size, stream) }),
  argmax: (model, x, size, stream) =>
    model.node({ kind: 'argmax', inputs: [x], windows: windowsOf(size, stream), last: stream.pick(0, 1) === 1 }),
  topk: (model, x, size, stream) => {
    const windows = [Int32Array.from(stream.list(stream.pick(2, 4), 0, size - 1))];
    return model.node({ kind: 'topk', inputs: [x], windows, k: stream.pick(1, 2) });
  },
  nonNegative: (model, x) => model.node({ kind: 'nonNegative', inputs: [x] }),
  isZero: (model, x) => model.node({ kind: 'isZero', inputs: [x] }),
  bilinear: (model, x, size, stream) => {
    const narrow = model.requantize(x, 3, 4);
    const [left, right] = [stream.list(6, 0, size - 1), stream.list(6, 0, size - 1)];
    return model.node({
      kind: 'bilinear',
      inputs: [narrow, narrow],
      start: Int32Array.of(0, 1, 3, 6),
      left: Int32Array.from(left),
      right: Int32Array.from(right),
    });
  },
  lookup: (model, x, _size, stream) => {
    const narrow = model.requantize(x, 4, stream.pick(1, 4));
    const values = Float64Array.from(stream.list(16, -20, 20));
    return model.node({ kind: 'lookup', inputs: [narrow], tables: [{ offset: 0, values }], which: null });
  },
  staircase: (model, x, _size, stream) => {
    const thresholds = Float64Array.from(
      [...new Set(stream.list(stream.pick(1, 30), -300, 300))].sort((a, b) => a - b),
    );
    return model.node({
      kind: 'staircase',
      inputs: [x],
      steps: [{ base: stream.pick(-3, 3), thresholds }],
      which: null,
    });
  },
  trees: (model, x, size, stream) => growTrees(model, x, size, stream),
  pool: (model, x, size, stream) => {
    const half = Math.ceil(size / 2);
    const windows = Array.from({ length: half }, (_, i) => Int32Array.of(2 * i, 2 * i + 1 < size ? 2 * i + 1 : -1));
    const rowWindow = Int32Array.from({ length: half }, (_, i) => i);
    const kernels = [Float64Array.of(1, 1), Float64Array.of(2, -1)];
    const rowKernel = Int32Array.from(stream.list(half, 0, 1));
    const bias = Float64Array.from(stream.list(half, -3, 3));
    const narrow = model.requantize(x, 2, 5);
    return model.node({ kind: 'linear', inputs: [narrow], map: { windows, kernels, rowWindow, rowKernel, bias } });
  },
  shift: (model, x, size, stream) =>
    model.node({
      kind: 'linear',
      inputs: [x],
      map: {
        ...denseMap([[0]], [0]),
        windows: Array.from({ length: size }, (_, i) => Int32Array.of(i)),
        kernels: [Float64Array.of(stream.pick(-3, 3))],
        rowWindow: Int32Array.from({ length: size }, (_, i) => i),
        rowKernel: new Int32Array(size),
        bias: Float64Array.from(stream.list(size, -5, 5)),
      },
    }),
};

function growTrees(model: QuantModel, x: QuantValueId, size: number, stream: Stream): QuantValueId {
  const targets = stream.pick(1, 3);
  const [feature, threshold, yes, no]: number[][] = [[], [], [], []];
  const leafWeights: Float64Array[] = [];
  const grow = (depth: number): number => {
    if (depth === 0 || stream.pick(0, 5) === 0) {
      leafWeights.push(Float64Array.from(stream.list(targets, -9, 9)));
      return -leafWeights.length;
    }
    const at = feature.length;
    feature.push(stream.pick(0, size - 1));
    threshold.push(stream.pick(-40, 40));
    yes.push(0);
    no.push(0);
    yes[at] = grow(depth - 1);
    no[at] = grow(depth - 1);
    return at;
  };
  const roots = [grow(3), grow(3)];
  return model.node({
    kind: 'trees',
    inputs: [x],
    roots: Int32Array.from(roots),
    feature: Int32Array.from(feature),
    threshold: Float64Array.from(threshold),
    yes: Int32Array.from(yes),
    no: Int32Array.from(no),
    leafWeights,
    base: Float64Array.from(stream.list(targets, -9, 9)),
  });
}

/** Largest magnitude that a random model's values may reach before it is brought back. */
const LARGE = 2 ** 20;

/** A model of a few random nodes over one input of 8-bit elements, some with narrower ranges. */
export function buildRandomModel(seed: number, steps: readonly string[]): QuantGraph {
  const stream = new Stream(seed);
  const model = new QuantModel();
  const size = stream.pick(2, 6);
  const max = Array.from({ length: size }, () => (stream.pick(0, 2) === 0 ? stream.pick(1, 254) : 255));
  let x = model.input('x', size, 8, max);
  x = dense(model, x, size, stream);
  for (const step of steps) {
    const { min, max: top, shape } = model.values[x];
    if (Math.max(...top, ...min.map(Math.abs)) > LARGE) x = model.requantize(x, 12, 8);
    x = growers[step](model, x, shape[0], stream);
  }
  model.output('y', x);
  return model.finish();
}

export const stepNames = Object.keys(growers);

/** Random models for fast-check. */
export const randomModels = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 30 }), fc.array(fc.constantFrom(...stepNames), { minLength: 1, maxLength: 4 }))
  .map(([seed, steps]) => ({ seed, steps, graph: buildRandomModel(seed, steps) }));

/** Inputs of a model: all at their maxima, all at their minima, or drawn. */
export function drawInputs(graph: QuantGraph, seed: number): Record<string, number[]> {
  const stream = new Stream(seed);
  return Object.fromEntries(
    graph.inputs.map(({ name, value }) => {
      const { min, max } = graph.values[value];
      const draw = (i: number) => (seed === 0 ? max[i] : seed === 1 ? min[i] : stream.pick(min[i], max[i]));
      return [name, Array.from(max, (_, i) => draw(i))];
    }),
  );
}
