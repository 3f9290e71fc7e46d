import { expect } from 'chai';
import fc from 'fast-check';
import { sizeOf } from '../../src/core/tensor.js';
import { evaluateGraph } from '../../src/graph/evaluate.js';
import { importGraph } from '../../src/graph/import.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { verifyGraph } from '../../src/graph/verify.js';
import { readOnnx } from '../../src/onnx/read.js';
import { encodeModel, type Field, floatTensor, intTensor, type NodeSpec, valueInfo } from '../onnx/encode.js';
import { largestError } from './corpus.js';

const ort = await import('onnxruntime-node').catch(() => undefined);

const noise = (n: number, seed: number, scale = 1) =>
  Array.from({ length: n }, (_, i) => Math.fround(Math.sin((i + 1) * 12.9898 + seed * 78.233) * scale));

/** A network under construction: ONNX nodes, weights, and the shape `[1, C, H, W]` of the last value. */
class Net {
  readonly nodes: NodeSpec[] = [];
  readonly weights: Field[][] = [];
  last = 'x';
  private count = 0;

  constructor(public shape: number[]) {}

  floats(dims: number[], seed: number, scale = 1): string {
    const name = `w${this.count++}`;
    this.weights.push(floatTensor(name, dims, noise(sizeOf(dims), seed, scale)));
    return name;
  }

  positives(dims: number[], seed: number): string {
    const name = `w${this.count++}`;
    this.weights.push(
      floatTensor(
        name,
        dims,
        noise(sizeOf(dims), seed).map((value) => Math.fround(0.5 + Math.abs(value))),
      ),
    );
    return name;
  }

  ints(values: number[]): string {
    const name = `w${this.count++}`;
    this.weights.push(intTensor(name, [values.length], values));
    return name;
  }

  /** Appends a node with one output; `inputs` default to the last value. */
  op(op: string, inputs: string[] = [this.last], attributes: NodeSpec['attributes'] = {}): string {
    const out = `v${this.count++}`;
    this.nodes.push({ op, in: inputs, out: [out], attributes });
    this.last = out;
    return out;
  }
}

/** Layers as exporters write them; each keeps rank 4. */
const layers: readonly ((net: Net, seed: number) => void)[] = [
  (net, seed) => {
    const [, channels] = net.shape;
    const outputs = 1 + (seed % 4);
    const weights = [net.floats([outputs, channels, 3, 3], seed, 0.4), net.floats([outputs], seed + 1)];
    net.op('Conv', [net.last, ...weights], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
    net.shape[1] = outputs;
  },
  (net, seed) => {
    const [, channels] = net.shape;
    const [a, b, c] = [0, 1, 2].map((n) => net.floats([channels], seed + n, 0.7));
    net.op('BatchNormalization', [net.last, a, b, c, net.positives([channels], seed)]);
  },
  (net) => net.op('Relu'),
  (net) => {
    const x = net.last;
    const half = net.floats([], 3, 0.8);
    const erf = net.op('Erf', [net.op('Mul', [x, half])]);
    net.op('Mul', [x, net.op('Add', [erf, half])]);
  },
  (net) => {
    const x = net.last;
    net.op('Mul', [x, net.op('Sigmoid')]);
  },
  (net, seed) => {
    if (net.shape[2] < 2 || net.shape[3] < 2) return;
    net.op(seed % 2 === 0 ? 'MaxPool' : 'AveragePool', [net.last], { kernel_shape: [2, 2], strides: [2, 2] });
    net.shape = [1, net.shape[1], Math.floor(net.shape[2] / 2), Math.floor(net.shape[3] / 2)];
  },
  (net, seed) => {
    const x = net.last;
    const [, channels] = net.shape;
    const weights = [net.floats([channels, 1, 3, 3], seed, 0.5), net.floats([channels], seed + 1)];
    net.op('Conv', [x, ...weights], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], group: channels });
    net.op('Relu');
    net.op('Add', [net.last, x]);
  },
  (net, seed) => {
    net.op('Transpose', [net.last], { perm: [0, 2, 3, 1] });
    const [, channels] = net.shape;
    net.op('MatMul', [net.last, net.floats([channels, channels], seed, 0.6)]);
    net.op('LayerNormalization', [net.last, net.positives([channels], seed), net.floats([channels], seed)], {
      axis: -1,
    });
    net.op('Transpose', [net.last], { perm: [0, 3, 1, 2] });
  },
  (net, seed) => {
    const x = net.last;
    const y = net.op('Tanh', [x]);
    net.op('Concat', [y, x], { axis: 1 });
    const axes = net.ints([1]);
    net.op('Slice', [net.last, net.ints([seed % 2]), net.ints([2 * net.shape[1] - ((seed + 1) % 2)]), axes]);
    net.shape[1] = 2 * net.shape[1] - 1;
  },
  (net) => {
    const [, channels, height, width] = net.shape;
    const rows = net.op('Reshape', [net.last, net.ints([1, channels, height * width])]);
    const columns = net.op('Transpose', [rows], { perm: [0, 2, 1] });
    net.op('MatMul', [rows, columns]);
    net.op('Softmax', [net.last], { axis: -1 });
    net.op('MatMul', [net.last, rows]);
    net.op('Reshape', [net.last, net.ints([1, channels, height, width])]);
  },
  (net, seed) => {
    net.op('Pad', [net.last, net.ints([0, 0, 1, 0, 0, 0, 0, 1])], { mode: seed % 2 === 0 ? 'reflect' : 'constant' });
    net.shape = [1, net.shape[1], net.shape[2] + 1, net.shape[3] + 1];
  },
];

/** A network of the chosen layers that ends in pooling, a dense layer and an argmax beside its logits. */
function encodeNet(choices: readonly (readonly [layer: number, seed: number])[]): Uint8Array {
  const net = new Net([1, 2, 6, 6]);
  for (const [layer, seed] of choices) {
    const fits =
      sizeOf(net.shape) <= 400 && (layers[layer % layers.length] !== layers[10] || Math.min(...net.shape.slice(2)) > 1);
    if (fits) layers[layer % layers.length](net, seed);
  }
  net.op('GlobalAveragePool');
  net.op('Flatten');
  const logits = net.op('Gemm', [net.last, net.floats([4, net.shape[1]], 9), net.floats([4], 2)], { transB: 1 });
  net.op('ArgMax', [net.op('Softmax')], { axis: 1, keepdims: 0 });
  return encodeModel({
    nodes: net.nodes,
    inputs: [valueInfo('x', ['N', 2, 6, 6])],
    outputs: [logits, net.last],
    initializers: net.weights,
    anyOutputShape: true,
  });
}

describe('random networks', () => {
  before(function () {
    if (ort === undefined) this.skip();
  });

  it('compute what onnxruntime does, as imported and optimized', async () => {
    if (ort === undefined) return;
    const choice = fc.tuple(fc.nat(layers.length - 1), fc.integer({ min: 1, max: 99 }));
    const property = fc.asyncProperty(
      fc.array(choice, { maxLength: 8 }),
      fc.integer({ min: 1, max: 50 }),
      async (choices, seed) => {
        const file = encodeNet(choices);
        const x = noise(72, seed, 1.5);
        const session = await ort.InferenceSession.create(file, {
          logSeverityLevel: 4,
          graphOptimizationLevel: 'disabled',
        });
        const expected = await session.run({ x: new ort.Tensor('float32', Float32Array.from(x), [1, 2, 6, 6]) });
        await session.release();
        const { graph } = importGraph(readOnnx(file));
        for (const candidate of [graph, optimizeGraph(graph)]) {
          verifyGraph(candidate);
          const values = evaluateGraph(candidate, { x });
          const [logits, winner] = candidate.outputs.map((output) =>
            Array.from(values.get(output.value) as Float64Array),
          );
          const reference = Array.from(expected[candidate.outputs[0].name].data as Float32Array);
          expect(largestError(logits, reference)).to.be.below(1e-3);
          const [best, next] = reference.toSorted((a, b) => b - a);
          if (best - next > 0.01) expect(winner).to.deep.equal([reference.indexOf(best)]);
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
