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

/** A few dense layers of any widths, with clamps, ReLU, pooling and moves between them as the seed has it; ends in a class. */
export function buildRandomPrivate(seed: number): QuantGraph {
  const stream = new Stream(seed * 7919 + 1);
  const model = new QuantModel();
  let width = stream.pick(1, 6);
  let x = model.input('x', width, stream.pick(1, 8));
  for (let layer = stream.pick(1, 3); layer > 0; layer--) {
    const rows = stream.pick(1, 14);
    const most = stream.pick(1, 100);
    const kernels = Array.from({ length: rows }, () => stream.list(width, -most, most));
    x = model.dense(x, kernels, stream.list(rows, -300, 300));
    width = rows;
    const step = stream.pick(0, 4);
    if (step <= 2) x = model.requantize(x, stream.pick(0, 9), stream.pick(1, 8));
    else if (step === 3) x = model.requantize(model.node({ kind: 'relu', inputs: [x] }), 4, 6);
    else {
      const windows = Array.from({ length: width }, (_, i) => Int32Array.of(i, (i + 1) % width));
      x = model.requantize(model.node({ kind: 'max', inputs: [x], windows }), 5, 5);
    }
    if (stream.pick(0, 2) > 0) continue;
    const index = Int32Array.from(stream.list(width, 0, width - 1));
    x = model.node({ kind: 'gather', inputs: [x], index, constants: new Float64Array() });
  }
  const scores = model.dense(
    x,
    [1, 2, 3].map(() => stream.list(width, -9, 9)),
    stream.list(3, -20, 20),
  );
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
