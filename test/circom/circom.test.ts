import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { compareR1cs } from '../../src/circom/compare.js';
import { compileCircom } from '../../src/circom/compile.js';
import { readR1cs } from '../../src/circom/r1cs-file.js';
import { emitCircom } from '../../src/circuit/emit-circom.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { type CircuitOptions, lowerCircuit } from '../../src/circuit/lower.js';
import { computeWitness, readWire } from '../../src/circuit/witness.js';
import { ZkinferError } from '../../src/core/error.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { QuantModel } from '../circuit/quant-model.js';
import { buildRandomModel, drawInputs } from '../circuit/random-model.js';

const includeDir = fileURLToPath(new URL('../../circuits', import.meta.url));

interface WitnessCalculator {
  calculateWitness(inputs: Record<string, unknown>, sanityCheck: boolean): Promise<bigint[]>;
}

describe('circom', () => {
  let outDir: string;
  before(async () => {
    outDir = await mkdtemp(join(tmpdir(), 'zkinfer-circom-'));
  });
  after(() => rm(outDir, { recursive: true, force: true }));

  async function compile(graph: QuantGraph, name: string, options: CircuitOptions = {}) {
    const program = lowerCircuit(graph, options);
    const emitted = emitR1cs(program);
    const compiled = await compileCircom(emitCircom(program), { includeDir, outDir, name, compiler: 'bundled' });
    const theirs = readR1cs(await readFile(compiled.r1csPath));
    const sym = await readFile(compiled.symPath);
    return { program, emitted, compiled, theirs, sym };
  }

  const chains: readonly (readonly [number, readonly string[]])[] = [
    [41, ['requantize', 'argmax']],
    [42, ['max', 'requantize', 'bilinear']],
    [43, ['staircase', 'nonNegative', 'trees']],
    [44, ['lookup', 'topk', 'isZero']],
  ];
  for (const [seed, steps] of chains)
    it(`has our constraints and our witness: ${steps.join(', ')}`, async () => {
      const graph = buildRandomModel(seed, steps);
      const name = `chain_${seed}`;
      const { program, emitted, compiled, theirs, sym } = await compile(graph, name);
      const theirWire = compareR1cs(program, emitted, theirs, sym);
      const build = createRequire(import.meta.url)(join(outDir, `${name}_js`, 'witness_calculator.js')) as (
        wasm: Uint8Array,
      ) => Promise<WitnessCalculator>;
      const calculator = await build(await readFile(compiled.wasmPath));
      for (const draw of [0, 1, 2]) {
        const inputs = drawInputs(graph, draw);
        const ours = computeWitness(program, inputs, 99n);
        const theirValues = await calculator.calculateWitness({ in_0: inputs.x, context: '99' }, true);
        theirWire.forEach((wire, our) => {
          expect(wire, `${emitted.wireNames[our]} is in circom's system`).to.be.at.least(0);
          expect(theirValues[wire], emitted.wireNames[our]).to.equal(readWire(ours, our));
        });
      }
      const changed = emitted.r1cs.coefficients.map((value, i) => (i === 0 ? value + 1n : value));
      const forged = { ...emitted, r1cs: { ...emitted.r1cs, coefficients: changed } };
      expect(() => compareR1cs(program, forged, theirs, sym))
        .to.throw(ZkinferError)
        .with.property('code', 'R1CS_MISMATCH');
    });

  it('keeps the wires of constant and repeated outputs', async () => {
    const model = new QuantModel();
    const x = model.input('x', 2, 8);
    model.output('never', model.requantize(model.dense(x, [[1, 1]], [-2000]), 4, 8));
    const constant = model.finish();
    const { program, emitted, theirs, sym } = await compile(constant, 'constant');
    expect(compareR1cs(program, emitted, theirs, sym).every((wire) => wire >= 0)).to.equal(true);
    const other = new QuantModel();
    other.output('same', other.input('x', 1, 8));
    const repeated = await compile(other.finish(), 'repeated');
    compareR1cs(repeated.program, repeated.emitted, repeated.theirs, repeated.sym);
  });

  it('has our constraints for a bound statement over a committed input', async () => {
    const graph = buildRandomModel(45, ['requantize']);
    const { program, emitted, theirs, sym } = await compile(graph, 'bound', { statement: 'bound', input: 'committed' });
    expect(compareR1cs(program, emitted, theirs, sym).every((wire) => wire >= 0)).to.equal(true);
  });

  it("reports the compiler's own words", async () => {
    const error = await compileCircom('template Broken( {', {
      includeDir,
      outDir,
      name: 'broken',
      compiler: 'bundled',
    }).then(
      () => expect.fail('compiled'),
      (caught: unknown) => caught as ZkinferError,
    );
    expect(error.code).to.equal('CIRCOM_FAILED');
    expect(error.facts.join('\n')).to.contain('error');
  });

  it('stops at its deadline', async () => {
    const text = emitCircom(lowerCircuit(buildRandomModel(41, ['requantize'])));
    const error = await compileCircom(text, {
      includeDir,
      outDir,
      name: 'late',
      compiler: 'bundled',
      timeoutMs: 20,
    }).then(
      () => expect.fail('compiled'),
      (caught: unknown) => caught as ZkinferError,
    );
    expect(error.code).to.equal('CIRCOM_TIMEOUT');
  });
});
