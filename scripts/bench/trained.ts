import { GraphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/ir.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { RELU } from '../../src/graph/scalar.js';
import { evaluateQuant } from '../../src/quantize/evaluate.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { presets } from '../../src/quantize/options.js';
import { quantizeGraph, traceFloat } from '../../src/quantize/quantize.js';
import { encodeRow } from '../../src/quantize/search.js';
import { type Digit, shiftDigit } from './digits.js';
import { type Benchmark, connect, convolve, createNormal, type Feature, poolMap } from './networks.js';
import { runLayers, type Sample, type TrainedLayer, trainLayers } from './train.js';

/** A benchmark network that was trained on digits, as integers. */
export interface TrainedNetwork {
  readonly bits: number;
  readonly graph: QuantGraph;
  /** Share of held-out digits that the float network and the integer one get right. */
  readonly floatScore: number;
  readonly integerScore: number;
}

const STEPS = 3000;

/** Trains a benchmark's shape and quantizes it as `zkinfer quantize` does, at each of the given activation widths. */
export function trainBenchmark(
  benchmark: Benchmark,
  digits: { readonly train: readonly Digit[]; readonly test: readonly Digit[] },
  widths: readonly number[],
): TrainedNetwork[] {
  const { side } = benchmark;
  const layers = makeLayers(benchmark);
  const random = createNormal(11);
  const shift = () => Math.max(-2, Math.min(2, Math.round(random())));
  const sample = ({ pixels, label }: Digit, right = 0, down = 0): Sample => ({
    x: shiftDigit(pixels, side, right, down),
    label,
  });
  const scaled = ({ x, label }: Sample): Sample => ({ x: x.map((pixel) => pixel / 255), label });
  trainLayers(layers, (step) => scaled(sample(digits.train[(step * 7) % digits.train.length], shift(), shift())), {
    steps: STEPS,
    rate: 0.02,
  });
  const graph = buildGraph(benchmark, layers);
  const held = digits.test.map((digit) => sample(digit));
  const floatScore = scoreOf(held, (x) =>
    argmax(
      runLayers(
        layers,
        x.map((pixel) => pixel / 255),
      ).at(-1) as Float64Array,
    ),
  );
  const rows = digits.train.map((digit) => ({ image: sample(digit).x }));
  const trace = traceFloat(graph, rows);
  return widths.map((bits) => {
    const options = { ...presets[0], activationBits: bits };
    const quantized = quantizeGraph(graph, trace, options).graph;
    const integerScore = scoreOf(held, (x) => {
      const known = evaluateQuant(quantized, encodeRow(quantized, { image: x }));
      return (known.get(quantized.outputs[0].value) as Float64Array)[0];
    });
    return { bits, graph: quantized, floatScore, integerScore };
  });
}

function scoreOf(samples: readonly Sample[], guess: (x: Float64Array) => number): number {
  return samples.filter(({ x, label }) => guess(x) === label).length / samples.length;
}

function argmax(scores: Float64Array): number {
  return scores.indexOf(scores.reduce((a, b) => Math.max(a, b)));
}

function makeLayers({ channels, side, layers }: Benchmark): TrainedLayer[] {
  const normal = createNormal(5);
  const made: TrainedLayer[] = [];
  let at: Pick<Feature, 'channels' | 'side'> = { channels, side };
  layers.forEach((layer, l) => {
    const fanIn = layer.kind === 'conv' ? at.channels * layer.kernel ** 2 : at.channels * at.side ** 2;
    const weight = () => normal() * Math.sqrt(6 / fanIn);
    const map = layer.kind === 'conv' ? convolve(at, layer, weight) : connect(at, layer.units, weight);
    made.push({ map, relu: l < layers.length - 1, fixed: false });
    if (layer.kind === 'dense') at = { channels: layer.units, side: 1 };
    else {
      at = { channels: layer.filters, side: at.side - layer.kernel + 1 };
      if (!layer.pool) return;
      made.push({ map: poolMap(at, 0.25), relu: false, fixed: true });
      at = { channels: at.channels, side: Math.floor(at.side / 2) };
    }
  });
  return made;
}

/** The float graph, passes applied, over pixels of 0 to 255, which the first layer's weights scale, ending in argmax. */
function buildGraph({ channels, side }: Benchmark, layers: readonly TrainedLayer[]): Graph {
  const builder = new GraphBuilder();
  const image = builder.input('image', [1, channels, side, side], 'float');
  let x = image;
  layers.forEach(({ map, relu }, l) => {
    builder.origin = { name: `layer_${l}`, op: 'Gemm' };
    const scaled = l === 0 ? { ...map, kernels: map.kernels.map((kernel) => kernel.map((w) => w / 255)) } : map;
    x = builder.linear([x], scaled, [1, map.rowWindow.length]);
    if (!relu) return;
    builder.origin = { name: `relu_${l}`, op: 'Relu' };
    x = builder.unary(x, [RELU]);
  });
  const count = layers[layers.length - 1].map.rowWindow.length;
  builder.origin = { name: 'class', op: 'ArgMax' };
  const label = builder.argmax(x, [Int32Array.from({ length: count }, (_, i) => i)], false, [1]);
  if (label.kind !== 'value') throw new Error('a network of constants');
  const { values, nodes, inputs } = builder;
  return optimizeGraph({ values, nodes, inputs, outputs: [{ name: 'class', value: label.id }] });
}
