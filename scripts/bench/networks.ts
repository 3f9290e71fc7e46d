import type { LinearMap } from '../../src/graph/linear-map.js';
import type { QuantGraph, QuantValueId } from '../../src/quantize/ir.js';
import { QuantModel } from '../../test/circuit/quant-model.js';

/** How the random networks are quantized. */
export interface NetworkStyle {
  /** Signed bits of a weight. */
  readonly weightBits: number;
  /** Bits of a hidden activation. */
  readonly activationBits: number;
  /** Bits of headroom that saturation takes off the accumulator's bound; 0 makes saturation impossible. */
  readonly headroom: number;
}

/** A layer of a benchmark network. Convolutions are valid and followed by ReLU; `pool` sums 2×2 windows into the next layer. */
export type NetworkLayer =
  | { readonly kind: 'conv'; readonly filters: number; readonly kernel: number; readonly pool: boolean }
  | { readonly kind: 'dense'; readonly units: number };

/** A benchmark of the field: a shape, and what others publish for it. */
export interface Benchmark {
  readonly id: string;
  readonly shape: string;
  readonly channels: number;
  readonly side: number;
  readonly layers: readonly NetworkLayer[];
  /** Smallest constraint count that a peer publishes, and whose. */
  readonly peer: { readonly name: string; readonly constraints: number };
  /** What we want to stay below, input checks and argmax included. */
  readonly goal: number;
}

const dense = (units: number): NetworkLayer => ({ kind: 'dense', units });
const conv = (filters: number, kernel: number, pool = true): NetworkLayer => ({ kind: 'conv', filters, kernel, pool });

/** The ten shapes; goals without input checks in the source have 8 constraints an input added. */
export const benchmarks: readonly Benchmark[] = [
  net('B1', '196-25-10', 1, 14, [dense(25), dense(10)], 'circomlib-ml', 18_075, 600 + 8 * 196),
  net('B2', '784-56-10', 1, 28, [dense(56), dense(10)], 'circomlib-ml', 73_416, 7_800),
  net('B3', '196-24-14-10', 1, 14, [dense(24), dense(14), dense(10)], 'circomlib-ml', 24_826, 870 + 8 * 196),
  net(
    'B4',
    '14_5_11_80_10_k3',
    1,
    14,
    [conv(5, 3), conv(11, 3), dense(80), dense(10)],
    'circomlib-ml',
    523_312,
    20_000,
  ),
  net('B5', '28_6_16_10_k5', 1, 28, [conv(6, 5), conv(16, 5), dense(10)], 'circomlib-ml', 2_558_720, 90_000),
  net(
    'B6',
    'LeNet-5 28_6_16_120_84_10',
    1,
    28,
    [conv(6, 5), conv(16, 5), dense(120), dense(84), dense(10)],
    'circomlib-ml',
    2_703_268,
    95_000,
  ),
  net('B7', '784-128-10', 1, 28, [dense(128), dense(10)], 'ZEN', 47_610, 3_300 + 8 * 784),
  net(
    'B8',
    'LeNet-Small-CIFAR',
    3,
    32,
    [conv(6, 5), conv(16, 5), conv(120, 4, false), dense(84), dense(10)],
    'ZEN',
    753_370,
    165_000,
  ),
  net(
    'B9',
    '784-2000-60-4000-10',
    1,
    28,
    [dense(2000), dense(60), dense(4000), dense(10)],
    'Bionetta',
    168_556,
    150_000,
  ),
  net('B10', 'conv3x4 conv3x8 fc10', 1, 28, [conv(4, 3), conv(8, 3), dense(10)], 'circomlib-ml', 1_966_000, 70_000),
];

function net(
  id: string,
  shape: string,
  channels: number,
  side: number,
  layers: readonly NetworkLayer[],
  peerName: string,
  peerConstraints: number,
  goal: number,
): Benchmark {
  return { id, shape, channels, side, layers, peer: { name: peerName, constraints: peerConstraints }, goal };
}

/** A repeatable stream of normally distributed numbers. */
export function createNormal(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return () => uniform() + uniform() + uniform() + uniform() - 2;
}

/** What a layer reads: channels of `side` × `side`. */
export interface Feature {
  readonly value: QuantValueId;
  readonly channels: number;
  readonly side: number;
}

/** A benchmark network with random weights, ending in argmax. Largest weight three standard deviations. */
export function buildNetwork(benchmark: Benchmark, style: NetworkStyle): QuantGraph {
  const model = new QuantModel();
  const normal = createNormal(7);
  const largest = 2 ** (style.weightBits - 1) - 1;
  const weight = () => Math.max(-largest, Math.min(largest, Math.round((normal() * largest) / 1.74)));
  const { channels, side } = benchmark;
  let at: Feature = { value: model.input('image', channels * side * side, 8), channels, side };
  benchmark.layers.forEach((layer, l) => {
    const isLast = l === benchmark.layers.length - 1;
    const map = layer.kind === 'conv' ? convolve(at, layer, weight) : connect(at, layer.units, weight);
    const sums = model.node({ kind: 'linear', inputs: [at.value], map, layer: `${layer.kind}_${l}` });
    if (isLast) {
      const window = Int32Array.from({ length: map.rowWindow.length }, (_, i) => i);
      model.output('class', model.node({ kind: 'argmax', inputs: [sums], windows: [window], last: false }));
      return;
    }
    const bound = model.values[sums].max.reduce((a, b) => Math.max(a, b), 1);
    const shift = Math.max(1, Math.ceil(Math.log2(bound)) - style.activationBits - style.headroom);
    const value = model.requantize(sums, shift, style.activationBits);
    if (layer.kind === 'dense') at = { value, channels: layer.units, side: 1 };
    else {
      const conv = { value, channels: layer.filters, side: at.side - layer.kernel + 1 };
      // Average pooling as a sum: its division is left to the next scale.
      const pool = () => model.node({ kind: 'linear', inputs: [value], map: poolMap(conv, 1), layer: 'pool' });
      at = layer.pool ? { ...conv, value: pool(), side: Math.floor(conv.side / 2) } : conv;
    }
  });
  return model.finish();
}

/** Sums of 2×2 windows, each times `weight`. */
export function poolMap({ channels, side }: Pick<Feature, 'channels' | 'side'>, weight: number): LinearMap {
  const windows: Int32Array[] = [];
  for (let channel = 0; channel < channels; channel++)
    for (let row = 0; row + 1 < side; row += 2)
      for (let column = 0; column + 1 < side; column += 2) {
        const corner = (channel * side + row) * side + column;
        windows.push(Int32Array.of(corner, corner + 1, corner + side, corner + side + 1));
      }
  return {
    windows,
    kernels: [new Float64Array(4).fill(weight)],
    rowWindow: Int32Array.from(windows, (_, i) => i),
    rowKernel: new Int32Array(windows.length),
    bias: new Float64Array(windows.length),
  };
}

/** A convolution without padding. */
export function convolve(
  from: Pick<Feature, 'channels' | 'side'>,
  layer: { filters: number; kernel: number },
  weight: () => number,
): LinearMap {
  const { filters, kernel } = layer;
  const side = from.side - kernel + 1;
  const kernels = Array.from({ length: filters }, () =>
    Float64Array.from({ length: from.channels * kernel * kernel }, weight),
  );
  const windows: Int32Array[] = [];
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const window: number[] = [];
      for (let channel = 0; channel < from.channels; channel++)
        for (let r = 0; r < kernel; r++)
          for (let c = 0; c < kernel; c++) window.push((channel * from.side + row + r) * from.side + column + c);
      windows.push(Int32Array.from(window));
    }
  const rows = filters * windows.length;
  return {
    windows,
    kernels,
    rowWindow: Int32Array.from({ length: rows }, (_, i) => i % windows.length),
    rowKernel: Int32Array.from({ length: rows }, (_, i) => Math.floor(i / windows.length)),
    bias: new Float64Array(rows),
  };
}

/** A dense layer. */
export function connect(from: Pick<Feature, 'channels' | 'side'>, units: number, weight: () => number): LinearMap {
  const count = from.channels * from.side * from.side;
  return {
    windows: [Int32Array.from({ length: count }, (_, i) => i)],
    kernels: Array.from({ length: units }, () => Float64Array.from({ length: count }, weight)),
    rowWindow: new Int32Array(units),
    rowKernel: Int32Array.from({ length: units }, (_, i) => i),
    bias: new Float64Array(units),
  };
}
