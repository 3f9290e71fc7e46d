import { expect } from 'chai';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import { computeWitness } from '../../src/circuit/witness.js';
import { toSigned } from '../../src/core/field.js';
import { GraphBuilder, type Operand } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/ir.js';
import type { LinearMap } from '../../src/graph/linear-map.js';
import { call, constant, RELU, X } from '../../src/graph/scalar.js';
import { evaluateQuant } from '../../src/quantize/evaluate.js';
import type { QuantGraph, QuantKind } from '../../src/quantize/ir.js';
import { presets } from '../../src/quantize/options.js';
import { quantizeGraph, type RealRow, traceFloat } from '../../src/quantize/quantize.js';
import { violatedConstraints, wireValues } from '../circuits/r1cs-tester.js';

const SIZE = 6;
const ALL = [Int32Array.from({ length: SIZE }, (_, i) => i)];

/** Deterministic numbers in [-1, 1). */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function denseMap(outputs: number, seed: number): LinearMap {
  const random = makeRandom(seed);
  return {
    windows: ALL,
    kernels: Array.from({ length: outputs }, () => Float64Array.from({ length: SIZE }, random)),
    rowWindow: new Int32Array(outputs),
    rowKernel: Int32Array.from({ length: outputs }, (_, i) => i),
    bias: Float64Array.from({ length: outputs }, random),
  };
}

const dense = (b: GraphBuilder, x: Operand) => b.linear([x], denseMap(SIZE, 7), [1, SIZE]);
const pairs = { start: Int32Array.of(0, 2, 4), left: Int32Array.of(0, 1, 2, 3), right: Int32Array.of(3, 2, 1, 0) };

/** A model for each kind of node of the integer graph; `kind` must occur in it. */
const MODELS: Readonly<Record<QuantKind, (b: GraphBuilder, x: Operand) => Operand>> = {
  linear: dense,
  gather: (b, x) => b.gather([b.unary(dense(b, x), [RELU])], Int32Array.of(5, 0, -1, 3), Float64Array.of(0), [1, 4]),
  requantize: (b, x) => dense(b, b.unary(dense(b, x), [RELU])),
  relu: (b, x) => b.unary(dense(b, x), [call('abs', X)]),
  lookup: (b, x) => b.unary(dense(b, x), [call('sigmoid', X)]),
  staircase: (b, x) =>
    b.unary(
      dense(b, x),
      [call('min', call('max', call('roundHalfEven', call('mul', X, constant(9))), constant(-20)), constant(20))],
      null,
      'int',
    ),
  nonNegative: (b, x) => b.unary(dense(b, x), [call('stepPositive', X)], null, 'bool'),
  isZero: (b, x) => b.unary(b.unary(dense(b, x), [call('floor', X)], null, 'int'), [call('isZero', X)], null, 'bool'),
  bilinear: (b, x) => b.bilinear(dense(b, x), dense(b, x), pairs, [1, 2]),
  max: (b, x) => b.max([dense(b, x)], [Int32Array.of(0, 1, 2), Int32Array.of(3, -1, 5)], [1, 2]),
  argmax: (b, x) => b.argmax(dense(b, x), ALL, false, [1]),
  topk: (b, x) => b.topk(dense(b, x), ALL, 3),
  trees: (b, x) =>
    b.trees(
      x,
      {
        roots: Int32Array.of(0, 2),
        feature: Int32Array.of(0, 3, 5),
        threshold: Float64Array.of(0.1, -1, 2),
        yes: Int32Array.of(1, -1, -4),
        no: Int32Array.of(-2, -3, -5),
        leafWeights: [1, 5, -3, 2, -2].map((weight) => Float64Array.of(weight)),
        base: Float64Array.of(0.5),
      },
      [1, 1],
    ),
};

function makeGraph(build: (b: GraphBuilder, x: Operand) => Operand): Graph {
  const builder = new GraphBuilder();
  builder.origin = { name: 'layer', op: 'Test' };
  const x = builder.input('x', [1, SIZE], 'float');
  const y = build(builder, x) as Operand & { kind: 'value' };
  return builder.finish([{ name: 'y', value: y.id }]);
}

/** Random rows in the declared ranges, and the corners: all least, all greatest, one-hot, alternating. */
function makeCodeRows(quant: QuantGraph): Float64Array[] {
  const top = 2 ** quant.inputs[0].bits - 1;
  const random = makeRandom(21);
  const rows = Array.from({ length: 20 }, () =>
    Float64Array.from({ length: SIZE }, () => Math.floor(((random() + 1) / 2) * (top + 1))),
  );
  rows.push(new Float64Array(SIZE), new Float64Array(SIZE).fill(top));
  for (let hot = 0; hot < SIZE; hot++) rows.push(Float64Array.from({ length: SIZE }, (_, i) => (i === hot ? top : 0)));
  rows.push(Float64Array.from({ length: SIZE }, (_, i) => (i % 2 === 0 ? top : 0)));
  return rows;
}

describe('every kind of node, from the float graph to the witness', () => {
  for (const [kind, build] of Object.entries(MODELS)) {
    it(`${kind}: the witness satisfies the constraints and equals the evaluator on random rows and corners`, () => {
      const random = makeRandom(3);
      const rows: RealRow[] = Array.from({ length: 60 }, () => ({
        x: Float64Array.from({ length: SIZE }, () => 3 * random()),
      }));
      const graph = makeGraph(build);
      const { graph: quant } = quantizeGraph(graph, traceFloat(graph, rows), presets[0]);
      expect(quant.nodes.map((node) => node.kind)).to.include(kind);
      const program = lowerCircuit(quant);
      const { r1cs } = emitR1cs(program);
      for (const [row, x] of makeCodeRows(quant).entries()) {
        const known = evaluateQuant(quant, { x });
        const values = wireValues(computeWitness(program, { x }, 1n));
        // Long polynomials make every check a second; their corners and a few random rows do.
        if (r1cs.a.wire.length < 2000 || row % 4 === 0) expect(violatedConstraints(r1cs, values)).to.deep.equal([]);
        for (const [id, atoms] of program.values) {
          const given = Array.from(atoms.wire, (wire, i) =>
            wire < 0 ? Number.NaN : atoms.factor[i] * Number(toSigned(values[wire])) + atoms.offset[i],
          );
          const expected = Array.from(known.get(id) as Float64Array, (value, i) =>
            Number.isNaN(given[i]) ? Number.NaN : value,
          );
          expect(given).to.deep.equal(expected);
        }
      }
    });
  }
});
