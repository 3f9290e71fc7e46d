import { expect } from 'chai';
import { auditR1cs } from '../../src/audit/audit.js';
import { auditCircuit, listInputRanges, listStatementInputs } from '../../src/audit/audit-circuit.js';
import { findCounterexample, satisfies } from '../../src/audit/counterexample.js';
import type { R1cs, SparseMatrix } from '../../src/circuit/constraints.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { type CircuitOptions, lowerCircuit } from '../../src/circuit/lower.js';
import { computeWitness, readWire } from '../../src/circuit/witness.js';
import type { QuantGraph, QuantValueId } from '../../src/quantize/ir.js';
import { QuantModel } from '../circuit/quant-model.js';
import { Random } from './random-systems.js';

const random = new Random(7);
const integer = (most: number) => random.below(2 * most + 1) - most;
const matrix = (rows: number, columns: number, most = 127) =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => integer(most)));
const bias = (rows: number, most = 1000) => Array.from({ length: rows }, () => integer(most));
const window = (count: number) => [Int32Array.from({ length: count }, (_, at) => at)];
const steps = (from: number, to: number, count: number) =>
  Float64Array.from({ length: count }, (_, at) => Math.round(from + ((to - from) * (at + 1) ** 1.5) / count ** 1.5));

/** One model for each kind of node, and for the forms its lowering chooses between. */
const MODELS: Record<string, (m: QuantModel, x: QuantValueId) => QuantValueId> = {
  'requantize with saturation, three bits over': (m, x) => m.requantize(m.dense(x, matrix(4, 6), bias(4)), 6, 6),
  'requantize with saturation, two bits over': (m, x) => m.requantize(m.dense(x, matrix(4, 6, 60), bias(4, 10)), 7, 6),
  'requantize with saturation, one bit over': (m, x) => m.requantize(m.dense(x, matrix(4, 6, 60), bias(4, 10)), 8, 6),
  'requantize without saturation': (m, x) => m.requantize(m.dense(x, matrix(4, 6), bias(4)), 10, 9),
  relu: (m, x) => m.node({ kind: 'relu', inputs: [m.dense(x, matrix(4, 6), bias(4))] }),
  maximum: (m, x) => m.node({ kind: 'max', inputs: [m.dense(x, matrix(5, 6), bias(5))], windows: window(5) }),
  'argmax, lowest position': (m, x) =>
    m.node({ kind: 'argmax', inputs: [m.dense(x, matrix(5, 6), bias(5))], windows: window(5), last: false }),
  'argmax, highest position': (m, x) =>
    m.node({ kind: 'argmax', inputs: [m.dense(x, matrix(5, 6), bias(5))], windows: window(5), last: true }),
  topk: (m, x) => m.node({ kind: 'topk', inputs: [m.dense(x, matrix(5, 6), bias(5))], windows: window(5), k: 2 }),
  'sign test': (m, x) => m.node({ kind: 'nonNegative', inputs: [m.dense(x, matrix(4, 6), bias(4))] }),
  'zero test': (m, x) => m.node({ kind: 'isZero', inputs: [m.dense(x, matrix(4, 6), bias(4))] }),
  lookup: (m, x) =>
    m.node({
      kind: 'lookup',
      inputs: [x],
      tables: [{ offset: 0, values: Float64Array.from({ length: 256 }, (_, at) => (at * at * 7 + at) % 251) }],
      which: null,
    }),
  'staircase by comparisons': (m, x) => staircase(m, m.dense(x, matrix(2, 6), bias(2)), steps(-3000, 3000, 2)),
  'staircase by a thermometer': (m, x) => staircase(m, m.dense(x, matrix(2, 6), bias(2)), steps(-30_000, 30_000, 12)),
  'staircase by polynomials': (m, x) => staircase(m, m.dense(x, matrix(2, 6), bias(2)), steps(-60_000, 60_000, 200)),
  products: (m, x) =>
    m.node({
      kind: 'bilinear',
      inputs: [m.requantize(m.dense(x, matrix(6, 6), bias(6)), 9, 8), x],
      start: Int32Array.of(0, 3, 6),
      left: Int32Array.of(0, 1, 2, 3, 4, 5),
      right: Int32Array.of(5, 4, 3, 2, 1, 0),
    }),
  trees: (m, x) =>
    m.node({
      kind: 'trees',
      inputs: [x],
      roots: Int32Array.of(0, 3),
      feature: Int32Array.of(0, 1, 0, 2, 0),
      threshold: Float64Array.of(100, 17, 180, 99, 140),
      yes: Int32Array.of(1, -1, -3, 4, -2),
      no: Int32Array.of(2, -2, -4, -1, -5),
      leafWeights: [3, 1, 4, 1, 5].map((weight) => Float64Array.of(weight, 2 * weight)),
      base: Float64Array.of(0, 7),
    }),
};

function staircase(m: QuantModel, x: QuantValueId, thresholds: Float64Array): QuantValueId {
  return m.node({ kind: 'staircase', inputs: [x], steps: [{ base: 0, thresholds }], which: null });
}

function build(fill: (m: QuantModel, x: QuantValueId) => QuantValueId, max?: number): QuantGraph {
  const m = new QuantModel();
  m.output('y', fill(m, m.input('x', 6, 8, max)));
  return m.finish();
}

function compile(graph: QuantGraph, options: CircuitOptions = {}) {
  const program = lowerCircuit(graph, options);
  return { graph, program, ...emitR1cs(program) };
}

function without(r1cs: R1cs, row: number): R1cs {
  const drop = ({ start, wire, coefficient }: SparseMatrix): SparseMatrix => {
    const count = start[row + 1] - start[row];
    const keep = (_: number, at: number) => at < start[row] || at >= start[row + 1];
    return {
      start: start.filter((_, at) => at !== row + 1).map((own, at) => (at > row ? own - count : own)),
      wire: wire.filter(keep),
      coefficient: coefficient.filter(keep),
    };
  };
  return { ...r1cs, constraintCount: r1cs.constraintCount - 1, a: drop(r1cs.a), b: drop(r1cs.b), c: drop(r1cs.c) };
}

describe('audit of compiled circuits', () => {
  for (const [name, fill] of Object.entries(MODELS)) {
    it(`proves ${name}`, () => {
      for (const max of [255, 200]) {
        const report = auditCircuit(compile(build(fill, max)));
        expect(report.findings.map(({ message }) => message)).to.deep.equal([]);
        expect(report.proved).to.equal(true);
        expect(report.inputs.determined).to.equal(report.inputs.total);
        // six inputs, and the limb that shares a signal with the output
        expect(report.declared.proved).to.equal(report.declared.total);
        expect(report.declared.total).to.be.oneOf([6, 7]);
      }
    });
  }

  it('proves every form of the statement', () => {
    for (const statement of ['packed', 'bound'] as const) {
      for (const input of ['public', 'committed', 'private'] as const) {
        const report = auditCircuit(compile(build(MODELS.relu), { statement, input }));
        expect(report.findings.map(({ message }) => `${statement} ${input}: ${message}`)).to.deep.equal([]);
        expect(report.proved).to.equal(true);
      }
    }
  });

  it('proves random networks of several layers', () => {
    for (let at = 0; at < 12; at++) {
      const graph = build((m, x) => {
        let value = x;
        let width = 6;
        for (let layer = 0; layer < 1 + random.below(3); layer++) {
          const next = 2 + random.below(6);
          value = m.requantize(
            m.dense(value, matrix(next, width), bias(next)),
            5 + random.below(5),
            4 + random.below(5),
          );
          width = next;
        }
        return m.node({ kind: 'argmax', inputs: [value], windows: window(width), last: random.below(2) === 1 });
      });
      expect(auditCircuit(compile(graph)).proved).to.equal(true);
    }
  });

  describe('with one constraint deleted', function () {
    this.slow(10_000);
    const graph = build((m, x) => {
      const first = [
        [30, -20, 10, 25, -15, 5],
        [-10, 40, -30, 20, 15, -25],
        [25, 15, -35, -20, 30, 10],
      ];
      const second = [
        [7, -5, 3],
        [-6, 9, 2],
        [4, 1, -8],
      ];
      const hidden = m.requantize(m.dense(x, first, [20, -10, 5]), 5, 4);
      const y = m.dense(hidden, second, [1, 0, -1]);
      return m.node({ kind: 'argmax', inputs: [y], windows: window(3), last: false });
    }, 11);
    const circuit = compile(graph);
    const options = {
      names: circuit.wireNames,
      given: listStatementInputs(circuit.program),
      declared: listInputRanges(graph, circuit.program),
    };

    it('refuses every one', () => {
      expect(auditR1cs(circuit.r1cs, options).proved).to.equal(true);
      for (let row = 0; row < circuit.r1cs.constraintCount; row++) {
        expect(auditR1cs(without(circuit.r1cs, row), options).proved, `constraint ${row}`).to.equal(false);
      }
    });

    it('finds a second output for many of them, under the same statement', () => {
      const witness = computeWitness(circuit.program, { x: [1, 5, 11, 0, 7, 3] }, 5n);
      const honest = Array.from({ length: circuit.r1cs.wireCount }, (_, wire) => readWire(witness, wire));
      expect(satisfies(circuit.r1cs, honest)).to.equal(true);
      let forged = 0;
      let tried = 0;
      for (let row = 20; row < circuit.r1cs.constraintCount; row += 5) {
        const damaged = without(circuit.r1cs, row);
        const found = findCounterexample(damaged, auditR1cs(damaged, options), honest, { budget: 60 });
        tried++;
        if (!found) continue;
        expect(satisfies(damaged, found.witness)).to.equal(true);
        for (const wire of options.given) expect(found.witness[wire]).to.equal(honest[wire]);
        if (found.changesOutput) forged++;
      }
      expect(forged).to.be.greaterThan(tried / 4);
    });
  });
});
