import { expect } from 'chai';
import { auditR1cs } from '../../src/audit/audit.js';
import { auditCircuit, listInputRanges, listStatementInputs } from '../../src/audit/audit-circuit.js';
import { findCounterexample, satisfies } from '../../src/audit/counterexample.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import { splitModel } from '../../src/circuit/weights/architecture.js';
import { packWeights } from '../../src/circuit/weights/pack-weights.js';
import { findPrivateLayers } from '../../src/circuit/weights/private-layers.js';
import { computeWitness } from '../../src/circuit/witness.js';
import { R } from '../../src/core/field.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { printConstraint, violatedConstraints, wireValues, withoutRows } from '../circuits/r1cs-tester.js';
import { buildPrivateConv, buildPrivateDense, buildRandomPrivate, compilePrivate } from './private-model.js';
import { QuantModel, runModel } from './quant-model.js';
import { drawInputs, Stream } from './random-model.js';

const MODELS: Readonly<Record<string, (seed: number) => QuantGraph>> = {
  dense: (seed) => buildPrivateDense(seed),
  convolution: buildPrivateConv,
};

/** Outputs as the integer model gives them, by the wires of a witness. */
function outputsOf({ program }: ReturnType<typeof compilePrivate>, values: readonly bigint[], name: string): bigint[] {
  const { wire, factor, offset } = program.outputs.find(({ modelOutput }) => modelOutput === name)!;
  return Array.from(wire, (at, i) => {
    const value = at < 0 ? null : BigInt(factor[i]) * values[at] + BigInt(offset[i]);
    return value === null ? -1n : ((value % R) + R) % R;
  });
}

describe('private weights', () => {
  for (const [name, build] of Object.entries(MODELS)) {
    it(`${name}: the circuit gives what the model gives, for models of one architecture`, () => {
      const first = compilePrivate(build(1), 4);
      for (const seed of [1, 2, 3]) {
        const graph = build(seed);
        const { model } = splitModel(graph, first.architecture);
        const packs = packWeights(model, findPrivateLayers(first.architecture));
        for (const draw of [7, 8, 9]) {
          const inputs = drawInputs(graph, draw);
          const values = wireValues(first.witness(inputs, packs));
          expect(violatedConstraints(first.r1cs, values)).to.deep.equal([]);
          const [own, fitted] = [runModel(graph, inputs), runModel(model, inputs)];
          for (const output of graph.outputs) {
            const lift = model.values[output.value].zeroPoint[0] - graph.values[output.value].zeroPoint[0];
            expect([...fitted[output.name]]).to.deep.equal(Array.from(own[output.name], (value) => value + lift));
            const found = outputsOf(first, values, output.name);
            if (!found.includes(-1n)) expect(found).to.deep.equal(Array.from(fitted[output.name], BigInt));
          }
        }
      }
    });

    it(`${name}: the audit proves the output a function of input and weights, whatever elements the weights are`, () => {
      const report = auditCircuit(compilePrivate(build(1)));
      expect(report.findings.map(({ message }) => message)).to.deep.equal([]);
      expect(report.proved).to.equal(true);
      expect(report.assumptions).to.deep.equal([]);
      expect(report.inputs.constrained).to.equal(report.inputs.total);
    });

    it(`${name}: an architecture tells nothing of the weights that it was made from`, () => {
      const [one, other] = [1, 2].map((seed) => splitModel(build(seed), undefined, 4));
      const linear = one.architecture.nodes.filter(({ kind }) => kind === 'linear');
      expect(
        linear.some((node) => node.kind === 'linear' && node.map.kernels[0].every((weight) => weight === 0)),
      ).to.equal(true);
      const text = ({ architecture }: typeof one) =>
        JSON.stringify(
          architecture.nodes.map(({ kind, ...node }) => (kind === 'linear' ? (node as { map: unknown }).map : 0)),
        );
      expect(text(one)).to.equal(text(other));
    });
  }

  it('is proved under every form of the statement, with pooling over accumulators and assertions in place of saturation', function () {
    this.timeout(20_000);
    const graph = withMaxPooling();
    const { architecture, model } = splitModel(graph);
    const layers = findPrivateLayers(architecture);
    expect(layers.map(({ isHeld }) => isHeld)).to.deep.equal([false, true, false]);
    const opening = { packs: packWeights(model, layers), blinding: 3n };
    for (const statement of ['packed', 'bound'] as const)
      for (const input of ['public', 'committed', 'private'] as const)
        for (const overflow of ['saturate', 'assert'] as const) {
          const program = lowerCircuit(architecture, { weights: 'private', statement, input, overflow });
          const emitted = emitR1cs(program);
          const report = auditCircuit({ graph: architecture, program, ...emitted });
          const where = `${statement} ${input} ${overflow}`;
          expect(
            report.findings.map(({ message }) => message),
            where,
          ).to.deep.equal([]);
          const x = new Float64Array(8);
          const values = wireValues(computeWitness(program, { x }, 5n, 9n, opening));
          expect(violatedConstraints(emitted.r1cs, values), where).to.deep.equal([]);
        }
  });

  it('holds for random networks: proved by the audit, and what the integer model gives', function () {
    this.timeout(20_000);
    let layers = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const graph = buildRandomPrivate(seed);
      const circuit = compilePrivate(graph, seed % 3);
      layers += findPrivateLayers(circuit.architecture).length;
      const report = auditCircuit(circuit);
      expect(report.findings.map(({ message }) => `seed ${seed}: ${message}`)).to.deep.equal([]);
      for (const draw of [1, 2]) {
        const inputs = drawInputs(graph, draw);
        const values = wireValues(circuit.witness(inputs));
        expect(violatedConstraints(circuit.r1cs, values), `seed ${seed}`).to.deep.equal([]);
        const { program, r1cs } = circuit;
        expect(runModel(circuit.model, inputs)).to.deep.equal(runModel(graph, inputs));
        // The class is the last byte of the limb that closes the statement's output.
        const [last] = program.publicOutputs.slice(-1);
        const limb = values[last.firstWire + (last.count ?? 1) - 1];
        expect(limb & 255n, `seed ${seed}`).to.equal(BigInt(runModel(graph, inputs).class[0]));
        expect(r1cs.constraintCount).to.equal(program.constraintCount);
      }
    }
    expect(layers).to.be.greaterThan(60);
  });

  it('refuses every deletion of a constraint but in the range of a digit that comparisons bound as well', function () {
    this.timeout(20_000);
    const circuit = compilePrivate(buildPrivateDense(1));
    const options = {
      names: circuit.wireNames,
      given: listStatementInputs(circuit.program),
      declared: listInputRanges(circuit.architecture, circuit.program),
    };
    const { name } = circuit.program.layers.findLast(({ kind }) => kind === 'range')!;
    for (let row = 0; row < circuit.r1cs.constraintCount; row += 3) {
      const { proved } = auditR1cs(
        withoutRows(circuit.r1cs, (own) => own === row),
        options,
      );
      // The topmost digit of the scores needs no exact range: the comparisons that follow bound it closely enough.
      if (proved) expect(printConstraint(circuit.r1cs, row, circuit.wireNames)).to.contain(`main.${name}.`);
    }
  });

  describe('forgeries', () => {
    const circuit = compilePrivate(buildPrivateDense(1));
    const inputs = drawInputs(circuit.architecture, 3);
    const honest = wireValues(circuit.witness(inputs));
    const wireOf = (name: string) => {
      const wire = circuit.wireNames.findIndex((own) => own.endsWith(name));
      if (wire < 0) throw new Error(`no wire ${name}`);
      return wire;
    };

    it('refuses another weight, bias or blinding in an honest witness', () => {
      expect(violatedConstraints(circuit.r1cs, honest)).to.deep.equal([]);
      for (const name of ['main.weights[0]', 'main.weights[6]', 'main.blinding']) {
        const forged = honest.slice();
        forged[wireOf(name)] += 1n;
        expect(violatedConstraints(circuit.r1cs, forged), name).to.not.deep.equal([]);
      }
    });

    it('refuses to carry from one packed sum into the next: the sum of both stays, their ranges do not', () => {
      const [layer] = findPrivateLayers(circuit.architecture);
      const forged = honest.slice();
      const digit = (k: number) =>
        circuit.wireNames.findIndex((own) => /digits\.g0(\[0\])?\.y/.test(own) && own.endsWith(`y[${k}]`));
      forged[digit(0)] += 1n << BigInt(layer.slotBits);
      forged[digit(1)] -= 1n;
      const violated = violatedConstraints(circuit.r1cs, forged);
      expect(violated).to.not.deep.equal([]);
      const isLinear = (row: number) => circuit.r1cs.a.start[row] === circuit.r1cs.a.start[row + 1];
      expect(violated.some(isLinear), 'the packed sum still holds').to.equal(false);
    });

    it('is refused by the audit without the ranges of the digits, and then forged', () => {
      const graph = withScores();
      const open = compilePrivate(graph);
      const values = wireValues(open.witness(drawInputs(graph, 1)));
      const range = open.program.layers.findIndex(({ kind, label }) => kind === 'range' && label !== 'input');
      const name = open.program.layers[range].name;
      const bits = new Set(open.wireNames.flatMap((own, wire) => (own.startsWith(`main.${name}.`) ? [wire] : [])));
      const { a } = open.r1cs;
      const mentions = (row: number) => a.wire.subarray(a.start[row], a.start[row + 1]).some((wire) => bits.has(wire));
      const damaged = withoutRows(open.r1cs, mentions);
      const given = listStatementInputs(open.program);
      const report = auditR1cs(damaged, { names: open.wireNames, given });
      expect(report.proved).to.equal(false);
      const found = findCounterexample(damaged, report, values);
      expect(found?.changesOutput).to.equal(true);
      expect(satisfies(damaged, found!.witness)).to.equal(true);
      for (const wire of given) expect(found!.witness[wire]).to.equal(values[wire]);
    });
  });

  describe('what does not fit', () => {
    const like = splitModel(buildPrivateDense(1)).architecture;
    const refusal = (graph: QuantGraph, to?: QuantGraph) => {
      try {
        splitModel(graph, to);
      } catch (error) {
        return error;
      }
      return undefined;
    };

    it('refuses a model with larger sums than the accumulators hold, by the name of its layer', () => {
      expect(refusal(buildPrivateDense(1, 4000), like)).to.include({ code: 'WEIGHTS_RANGE' });
    });

    it('refuses a model of other kinds, shapes or clamps', () => {
      expect(refusal(buildPrivateConv(1), like)).to.include({ code: 'WEIGHTS_DIFFER' });
      const wider = buildPrivateDense(1);
      const nodes = wider.nodes.map((node) =>
        node.kind === 'requantize' ? { ...node, bits: Int32Array.of(7) } : node,
      );
      expect(refusal({ ...wider, nodes }, like)).to.include({ code: 'WEIGHTS_DIFFER' });
    });

    it('does not mind how sums share their kernels, which scales decide and not the architecture', () => {
      const graph = buildPrivateConv(1);
      const nodes = graph.nodes.map((node, at) => {
        if (at !== 2 || node.kind !== 'linear') return node;
        const rowKernel = node.map.rowKernel.map((_, row) => row % 2);
        return { ...node, map: { ...node.map, kernels: [node.map.kernels[0], node.map.kernels[0]], rowKernel } };
      });
      expect(refusal({ ...graph, nodes }, splitModel(graph).architecture)).to.equal(undefined);
    });

    it('refuses tables, and a bias that depends on the position', () => {
      const model = new QuantModel();
      const x = model.input('x', 1, 2);
      const tables = [{ offset: 0, values: Float64Array.of(3, 1, 4, 1) }];
      model.output('y', model.node({ kind: 'lookup', inputs: [x], tables, which: null }));
      expect(refusal(model.finish())).to.include({ code: 'WEIGHTS_UNSUPPORTED' });
      const conv = buildPrivateConv(1);
      const nodes = conv.nodes.map((node, at) =>
        at === 0 && node.kind === 'linear'
          ? { ...node, map: { ...node.map, bias: node.map.bias.map((bias, i) => bias + (i % 2)) } }
          : node,
      );
      expect(refusal({ ...conv, nodes })).to.include({ code: 'WEIGHTS_UNSUPPORTED' });
    });
  });
});

/** Sums, their maximum by pairs, and two more layers; the first layer's sums are read by the maximum alone. */
function withMaxPooling(): QuantGraph {
  const stream = new Stream(4);
  const rows = (count: number, size: number) => Array.from({ length: count }, () => stream.list(size, -20, 20));
  const model = new QuantModel();
  const x = model.input('x', 8, 4);
  const windows = Array.from({ length: 3 }, (_, i) => Int32Array.of(2 * i, 2 * i + 1));
  const pooled = model.node({ kind: 'max', inputs: [model.dense(x, rows(6, 8), stream.list(6, -9, 9))], windows });
  const active = model.requantize(pooled, 3, 5);
  const hidden = model.requantize(model.dense(active, rows(4, 3), stream.list(4, -9, 9)), 3, 5);
  const scores = model.dense(hidden, rows(3, 4), stream.list(3, -9, 9));
  const whole = [Int32Array.of(0, 1, 2)];
  model.output('class', model.node({ kind: 'argmax', inputs: [scores], windows: whole, last: false }));
  return model.finish();
}

/** Two scores that leave the model as they are: their digits have range checks of their own. */
function withScores(): QuantGraph {
  const model = new QuantModel();
  const x = model.input('x', 2, 4);
  model.output(
    'y',
    model.dense(
      x,
      [
        [3, 5],
        [2, 7],
      ],
      [1, 0],
    ),
  );
  return model.finish();
}
