import { predictCost } from '../../src/circuit/cost.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/ir.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { RELU } from '../../src/graph/scalar.js';
import { evaluateQuant } from '../../src/quantize/evaluate.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { presets } from '../../src/quantize/options.js';
import { quantizeGraph, type RealRow, traceFloat } from '../../src/quantize/quantize.js';
import { encodeRow } from '../../src/quantize/search.js';
import { searchTradeoff } from '../../src/quantize/tradeoff.js';
import { colourDigit } from './colours.js';
import { type Digit, shiftDigit } from './digits.js';
import { type Benchmark, connect, convolve, createNormal, type Feature, poolMap } from './networks.js';
import { runLayers, type Sample, type TrainedLayer, trainLayers } from './train.js';

/** A benchmark network that was trained on digits, as integers. */
export interface TrainedNetwork {
  /** Activation width; `cost` where `zkinfer quantize --target cost` chose widths for itself. */
  readonly bits: number | 'cost';
  readonly graph: QuantGraph;
  /** Share of held-out pictures that the float network and the integer one get right. */
  readonly floatScore: number;
  readonly integerScore: number;
  /** Share of them on which both give the same class. */
  readonly agreement: number;
}

interface Digits {
  readonly train: readonly Digit[];
  readonly test: readonly Digit[];
}

const STEPS = 3000;
/** Rate of learning, and that of networks with more weights than this. */
const RATE = { usual: 0.02, wide: 0.005, weights: 1_000_000 };
/** Points of accuracy on the calibration rows that `--target cost` may give up unless told otherwise. */
const MOST_LOSS = 0.5;

/** A trained float network over pixels of 0 to 255, and pictures for it. */
export interface FloatNetwork {
  readonly graph: Graph;
  /** The pictures it was trained on, as they are; training moved each by a few pixels. */
  readonly rows: readonly RealRow[];
  readonly held: readonly (Sample & { readonly known: number })[];
}

/** Trains a benchmark's shape. */
export function trainFloat(benchmark: Benchmark, digits: Digits): FloatNetwork {
  const layers = makeLayers(benchmark);
  const random = createNormal(11);
  const shift = () => Math.max(-2, Math.min(2, Math.round(random())));
  const { side, channels } = benchmark;
  const sample = (digit: Digit, seed: number, right = 0, down = 0): Sample => ({
    x: channels === 1 ? shiftDigit(digit.pixels, side, right, down) : colourDigit(digit, seed, right, down),
    label: digit.label,
  });
  const scaled = ({ x, label }: Sample): Sample => ({ x: x.map((pixel) => pixel / 255), label });
  const weights = layers.reduce((sum, { map }) => sum + map.kernels.reduce((n, kernel) => n + kernel.length, 0), 0);
  trainLayers(
    layers,
    (step) => scaled(sample(digits.train[(step * 7) % digits.train.length], step, shift(), shift())),
    {
      steps: STEPS,
      rate: weights > RATE.weights ? RATE.wide : RATE.usual,
    },
  );
  const know = (one: Sample) => argmax(runLayers(layers, scaled(one).x).at(-1) as Float64Array);
  return {
    graph: buildGraph(benchmark, layers),
    rows: digits.train.map((digit, i) => ({ image: sample(digit, 2 * STEPS + i).x })),
    held: digits.test.map((digit, i) => {
      const one = sample(digit, STEPS + i);
      return { ...one, known: know(one) };
    }),
  };
}

/** Trains a benchmark's shape and quantizes it as `zkinfer quantize` does, at each of the given widths. */
export function trainBenchmark(
  benchmark: Benchmark,
  digits: Digits,
  widths: readonly (number | 'cost')[],
): TrainedNetwork[] {
  const { graph, rows, held } = trainFloat(benchmark, digits);
  const known = held.map((one) => one.known);
  const labels = held.map((one) => one.label);
  const shareOf = (guesses: readonly number[], truth: readonly number[]) =>
    guesses.filter((guess, i) => guess === truth[i]).length / guesses.length;
  const trace = traceFloat(graph, rows);
  return widths.map((bits) => {
    const quantized =
      bits === 'cost'
        ? searchTradeoff(graph, rows, trace, { maxLoss: MOST_LOSS, costOf: (one) => predictCost(one).constraints })
            .chosen
        : quantizeGraph(graph, trace, { ...presets[0], activationBits: bits });
    const guesses = held.map(({ x }) => {
      const values = evaluateQuant(quantized.graph, encodeRow(quantized.graph, { image: x }));
      return (values.get(quantized.graph.outputs[0].value) as Float64Array)[0];
    });
    return {
      bits,
      graph: quantized.graph,
      floatScore: shareOf(known, labels),
      integerScore: shareOf(guesses, labels),
      agreement: shareOf(guesses, known),
    };
  });
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
