import { expect } from 'chai';
import fc from 'fast-check';
import { predictCost } from '../../src/circuit/cost.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import type { CircuitProgram } from '../../src/circuit/program.js';
import { computeWitness } from '../../src/circuit/witness.js';
import { listPackedLimbs } from '../../src/commitment/context.js';
import { toSigned } from '../../src/core/field.js';
import { integersToBytes } from '../../src/core/limbs.js';
import { evaluateQuant } from '../../src/quantize/evaluate.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { printConstraint, violatedConstraints, wireValues } from '../circuits/r1cs-tester.js';
import { outputElementBytes, QuantModel, runModel } from './quant-model.js';
import { buildRandomModel, drawInputs, randomModels, stepNames } from './random-model.js';

/** Compares every value that has wires with the evaluator, and the public signals with the statement's bytes. */
function checkRun(graph: QuantGraph, program: CircuitProgram, seed: number): void {
  const inputs = drawInputs(graph, seed);
  const { r1cs, wireNames } = emitR1cs(program);
  const values = wireValues(computeWitness(program, inputs, 2n ** 200n + BigInt(seed)));
  const violated = violatedConstraints(r1cs, values);
  expect(violated.slice(0, 3).map((row) => printConstraint(r1cs, row, wireNames))).to.deep.equal([]);
  const known = evaluateQuant(graph, inputs);
  for (const [id, { wire, factor, offset }] of program.values) {
    known.get(id)!.forEach((expected, i) => {
      if (wire[i] < 0) return;
      expect(Number(toSigned(values[wire[i]])) * factor[i] + offset[i], `value ${id} element ${i}`).to.equal(expected);
    });
  }
  const outputs = runModel(graph, inputs);
  const join = (parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const inputBytes = join(graph.inputs.map(({ name, bits }) => integersToBytes(inputs[name], Math.ceil(bits / 8))));
  const outputBytes = join(
    graph.outputs.map((output) => integersToBytes(outputs[output.name], outputElementBytes(graph, output))),
  );
  const limbs = listPackedLimbs({ input: inputBytes, inputCommitted: false, output: outputBytes });
  const expected = [...limbs, 2n ** 200n + BigInt(seed)];
  expect(values.slice(1, 1 + expected.length)).to.deep.equal(expected);
}

function check(graph: QuantGraph): void {
  const program = lowerCircuit(graph);
  const cost = predictCost(graph);
  const { r1cs } = emitR1cs(program);
  expect(cost.constraints).to.equal(r1cs.constraintCount);
  expect(cost.layers.reduce((sum, layer) => sum + layer.constraints, 0)).to.equal(r1cs.constraintCount);
  expect(cost.wires).to.equal(r1cs.wireCount);
  for (const seed of [0, 1, 2, 3]) checkRun(graph, program, seed);
}

describe('lowering', () => {
  for (const step of stepNames)
    it(`agrees with the evaluator on ${step}`, () => {
      for (const seed of [11, 12, 13]) check(buildRandomModel(seed, [step]));
    });

  it('agrees with the evaluator on random models: witness, every layer, public signals, cost', () => {
    fc.assert(
      fc.property(randomModels, ({ graph }) => check(graph)),
      { numRuns: 60, seed: 20 },
    );
  });

  it('lets the right side win where its lead is one positive constant', () => {
    check(buildRandomModel(823729832, ['shift', 'max']));
    check(buildRandomModel(792578820, ['nonNegative', 'gather', 'shift', 'max']));
  });

  it('writes sums over sums of windows out over the wires, and keeps them grouped', () => {
    for (const seed of [1, 2, 3, 4])
      check(buildRandomModel(seed, ['pool', 'dense', 'requantize', 'pool', 'gather', 'dense']));
    const { layers } = predictCost(buildRandomModel(1, ['pool', 'dense', 'requantize']));
    expect(layers.map(({ kind }) => kind).filter((kind) => kind === 'linear')).to.deep.equal([]);
  });

  it('packs elements of several bytes across limb borders', () => {
    const model = new QuantModel();
    const x = model.input('x', 13, 20);
    const flags = model.input('flags', 5, 1);
    model.output('wide', x);
    model.output('y', model.node({ kind: 'linear', inputs: [x, flags], map: sumOfAll(18) }));
    check(model.finish());
  });

  it('packs constant outputs', () => {
    const model = new QuantModel();
    const x = model.input('x', 2, 8);
    const index = Int32Array.of(-1, 0, -2, 1);
    model.output('y', model.node({ kind: 'gather', inputs: [x], index, constants: Float64Array.of(300, 7) }));
    check(model.finish());
  });

  it('gives long rows a wire of their own', () => {
    const model = new QuantModel();
    const x = model.input('x', 450, 4);
    const rows = [0, 1, 2].map((r) => Array.from({ length: 450 }, (_, i) => ((i * 7 + r) % 11) - 5));
    model.output('y', model.requantize(model.dense(x, rows, [1, 2, 3]), 6, 5));
    const graph = model.finish();
    check(graph);
    const { a, b, c, constraintCount } = emitR1cs(lowerCircuit(graph)).r1cs;
    const longest = (start: Uint32Array) =>
      Math.max(...Array.from({ length: constraintCount }, (_, row) => start[row + 1] - start[row]));
    expect(longest(a.start)).to.be.below(30);
    expect(longest(b.start)).to.be.below(30);
    expect(longest(c.start)).to.be.above(300);
  });

  it('costs nothing for a constant model beyond its inputs and statement', () => {
    const model = new QuantModel();
    const x = model.input('x', 3, 8);
    model.output('y', model.requantize(model.dense(x, [[1, 1, 1]], [-2000]), 4, 8));
    const { layers } = predictCost(model.finish());
    expect(layers.map(({ layer, constraints }) => `${layer} ${constraints}`)).to.deep.equal([
      'input 24',
      'statement 1',
      'statement 1',
      'statement 1',
      'statement 1',
    ]);
  });

  it('under assert has no proof for what overflows, and a cheaper one for the rest', () => {
    const model = new QuantModel();
    const x = model.input('x', 2, 8);
    model.output('y', model.requantize(model.dense(x, [[40, 40]], [0]), 4, 4));
    const graph = model.finish();
    const strict = lowerCircuit(graph, { overflow: 'assert' });
    expect(strict.constraintCount).to.be.below(lowerCircuit(graph).constraintCount);
    const { r1cs } = emitR1cs(strict);
    const violated = (pixels: number[]) =>
      violatedConstraints(r1cs, wireValues(computeWitness(strict, { x: pixels }, 1n)));
    expect(violated([3, 2])).to.deep.equal([]);
    expect(violated([3, 3])).to.deep.equal([]);
    expect(violated([200, 200])).to.not.deep.equal([]);
  });

  it('refuses inputs of the wrong count or with fractions', () => {
    const program = lowerCircuit(buildRandomModel(5, ['relu']));
    const { modelInput, count } = program.inputs[0];
    expect(() => computeWitness(program, {}, 0n)).to.throw('does not fit');
    expect(() => computeWitness(program, { [modelInput]: [1] }, 0n)).to.throw('does not fit');
    expect(() => computeWitness(program, { [modelInput]: new Array(count).fill(0.5) }, 0n)).to.throw('does not fit');
  });
});

function sumOfAll(size: number) {
  return {
    windows: [Int32Array.from({ length: size }, (_, i) => i)],
    kernels: [new Float64Array(size).fill(1)],
    rowWindow: Int32Array.of(0),
    rowKernel: Int32Array.of(0),
    bias: Float64Array.of(0),
  };
}
