import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import { splitModel } from '../../src/circuit/weights/architecture.js';
import { packWeights } from '../../src/circuit/weights/pack-weights.js';
import { findPrivateLayers } from '../../src/circuit/weights/private-layers.js';
import { computeWitness } from '../../src/circuit/witness.js';
import type { LinearMap } from '../../src/graph/linear-map.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { QuantModel } from './quant-model.js';
import { Stream } from './random-model.js';

/** Six pixels, hidden layers of 12 (two groups of kernels) and 1 (a group of one), three classes. */
export function buildPrivateDense(seed: number, largest = 40): QuantGraph {
  const stream = new Stream(seed);
  const rows = (count: number, size: number) =>
    Array.from({ length: count }, () => stream.list(size, -largest, largest));
  const model = new QuantModel();
  const x = model.input('x', 6, 8);
  const wide = model.requantize(model.dense(x, rows(12, 6), stream.list(12, -500, 500)), 6, 6);
  const narrow = model.requantize(model.dense(wide, rows(1, 12), stream.list(1, -90, 90)), 4, 8);
  const scores = model.dense(narrow, rows(3, 1), stream.list(3, -90, 90));
  const windows = [Int32Array.of(0, 1, 2)];
  model.output('class', model.node({ kind: 'argmax', inputs: [scores], windows, last: false }));
  return model.finish();
}

/** A 4×4 image, two 3×3 filters with padding, ReLU, sums of 2×2, two outputs that leave the model as they are. */
export function buildPrivateConv(seed: number): QuantGraph {
  const stream = new Stream(seed);
  const model = new QuantModel();
  const x = model.input('image', 16, 4);
  const hidden = model.node({ kind: 'linear', inputs: [x], map: convolve(4, 3, 2, stream) });
  const active = model.requantize(hidden, 3, 5);
  const pooled = model.node({ kind: 'linear', inputs: [active], map: poolSums(4, 2) });
  const weights = Array.from({ length: 2 }, () => stream.list(8, -20, 20));
  const least = weights.map((row) => row.reduce((sum, weight) => sum + Math.min(0, weight) * 4 * 31, 0));
  model.output(
    'scores',
    model.dense(
      pooled,
      weights,
      least.map((low) => -Math.min(...least) + 0 * low),
    ),
  );
  return model.finish();
}

function convolve(side: number, kernel: number, filters: number, stream: Stream): LinearMap {
  const windows: Int32Array[] = [];
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const at = (r: number, c: number) => (r < 0 || c < 0 || r >= side || c >= side ? -1 : r * side + c);
      const shifts = Array.from({ length: kernel * kernel }, (_, t) => [Math.floor(t / kernel) - 1, (t % kernel) - 1]);
      windows.push(Int32Array.from(shifts, ([r, c]) => at(row + r, column + c)));
    }
  const rows = filters * windows.length;
  const bias = stream.list(filters, -60, 60);
  return {
    windows,
    kernels: Array.from({ length: filters }, () => Float64Array.from(stream.list(kernel * kernel, -15, 15))),
    rowWindow: Int32Array.from({ length: rows }, (_, i) => i % windows.length),
    rowKernel: Int32Array.from({ length: rows }, (_, i) => Math.floor(i / windows.length)),
    bias: Float64Array.from({ length: rows }, (_, i) => bias[Math.floor(i / windows.length)]),
  };
}

function poolSums(side: number, channels: number): LinearMap {
  const windows: Int32Array[] = [];
  for (let channel = 0; channel < channels; channel++)
    for (let row = 0; row < side; row += 2)
      for (let column = 0; column < side; column += 2) {
        const corner = (channel * side + row) * side + column;
        windows.push(Int32Array.of(corner, corner + 1, corner + side, corner + side + 1));
      }
  return {
    windows,
    kernels: [Float64Array.of(1, 1, 1, 1)],
    rowWindow: Int32Array.from(windows, (_, i) => i),
    rowKernel: new Int32Array(windows.length),
    bias: new Float64Array(windows.length),
  };
}

/** A model with private weights as a circuit, with its packs. */
export function compilePrivate(graph: QuantGraph, room?: number) {
  const { architecture, model } = splitModel(graph, undefined, room);
  const program = lowerCircuit(architecture, { weights: 'private' });
  const packs = packWeights(model, findPrivateLayers(architecture));
  const witness = (inputs: Record<string, ArrayLike<number>>, own: readonly bigint[] = packs) =>
    computeWitness(program, inputs, 5n, undefined, { packs: own, blinding: 77n });
  return { architecture, model, graph: architecture, program, packs, witness, ...emitR1cs(program) };
}
