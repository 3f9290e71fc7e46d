import { expect } from 'chai';
import fc from 'fast-check';
import { auditCircuit } from '../../src/audit/audit-circuit.js';
import { describeStatement } from '../../src/bundle/describe-statement.js';
import { predictCost } from '../../src/circuit/cost.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { lowerCircuit, namePublicSignals } from '../../src/circuit/lower.js';
import { computeWitness } from '../../src/circuit/witness.js';
import { writeCommitment } from '../../src/commitment/context.js';
import { commitInput } from '../../src/commitment/poseidon.js';
import type { FieldElement } from '../../src/core/field.js';
import { type StatementBytes, writeTensors } from '../../src/core/statement.js';
import { sizeOf } from '../../src/core/tensor.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { takeLabel } from '../../src/quantize/label-output.js';
import { bindStatement, deriveSignals } from '../../src/verify/derive-signals.js';
import { runModel } from '../circuit/quant-model.js';
import { buildRandomModel, drawInputs, randomModels } from '../circuit/random-model.js';
import { violatedConstraints, wireValues } from '../circuits/r1cs-tester.js';

const SALT = 2n ** 250n + 3n;
const CONTEXT = (2n ** 249n + 5n) as FieldElement;
const BINDING = {
  chainId: 1n,
  contract: `0x${'11'.repeat(20)}`,
  modelId: `0x${'22'.repeat(32)}`,
  agent: `0x${'33'.repeat(20)}`,
  nonce: `0x${'44'.repeat(32)}`,
};

const forms = fc.record({
  statement: fc.constantFrom('packed' as const, 'bound' as const),
  input: fc.constantFrom('public' as const, 'private' as const, 'committed' as const),
  overflow: fc.constantFrom('saturate' as const, 'assert' as const),
  output: fc.constantFrom('logits' as const, 'label' as const),
});
type Form = typeof forms extends fc.Arbitrary<infer T> ? T : never;

/** The model, or what it decides where it gives several scores. */
function takeOutput(graph: QuantGraph, output: Form['output']): QuantGraph {
  const [{ value }] = graph.outputs;
  return output === 'label' && sizeOf(graph.values[value].shape) > 1 ? takeLabel(graph) : graph;
}

/** What a verifier computes from the bytes, and a witness for it. */
async function run(graph: QuantGraph, program: ReturnType<typeof lowerCircuit>, form: Form, seed: number) {
  const statement = describeStatement(graph, { form: form.statement, visibility: form.input });
  const inputs = drawInputs(graph, seed);
  const plain = writeTensors(statement.inputs, inputs);
  const bytes: StatementBytes = {
    input:
      form.input === 'public'
        ? plain
        : form.input === 'private'
          ? new Uint8Array(0)
          : writeCommitment(await commitInput(plain, SALT)),
    output: writeTensors(statement.outputs, runModel(graph, inputs)),
  };
  const bound = await bindStatement(
    statement,
    bytes,
    form.statement === 'bound' ? { binding: BINDING } : { context: CONTEXT },
  );
  const signals = await deriveSignals(statement, bytes, bound);
  expect(statement.publicSignals).to.deep.equal(namePublicSignals(program));
  return { signals, values: wireValues(computeWitness(program, inputs, bound.value, SALT)) };
}

/** Refused at some time, though sound: what each of them needs of the rules. */
const REFUSED_ONCE: readonly (readonly [
  needs: string,
  seed: number,
  steps: readonly string[],
  form?: Partial<Form>,
])[] = [
  ['facts on 3x and on -6x, and a top bit that is constant', 436284276, ['staircase']],
  ['a top bit of a sum of even numbers', 753873827, ['lookup', 'dense', 'relu'], { output: 'label' }],
  [
    'a flag under one that is never set',
    883697188,
    ['bilinear', 'bilinear', 'staircase', 'relu'],
    { overflow: 'assert' },
  ],
];

describe('audit of random models', function () {
  this.slow(20_000);
  for (const [needs, seed, steps, form] of REFUSED_ONCE) {
    it(`proves a model that needs ${needs}`, () => {
      const graph = takeOutput(buildRandomModel(seed, steps), form?.output ?? 'logits');
      const program = lowerCircuit(graph, form);
      const report = auditCircuit({ graph, program, ...emitR1cs(program) });
      expect(report.findings.map(({ message }) => message)).to.deep.equal([]);
      expect(report.proved).to.equal(true);
    });
  }

  it('proves every kind of node under every form of the statement, whose signals are those of a verifier', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(randomModels, forms, async ({ graph: whole, steps }, form) => {
        const graph = takeOutput(whole, form.output);
        const program = lowerCircuit(graph, form);
        const { r1cs, wireNames } = emitR1cs(program);
        expect(predictCost(graph, form).constraints).to.equal(r1cs.constraintCount);
        const report = auditCircuit({ graph, program, r1cs, wireNames });
        expect(report.findings.map(({ message }) => message)).to.deep.equal([]);
        expect(report.proved).to.equal(true);
        for (const word of [...steps, ...Object.values(form)]) seen.add(word);
        for (const seed of [0, 1, 2]) {
          const { signals, values } = await run(graph, program, form, seed);
          const isRefused = violatedConstraints(r1cs, values).length > 0;
          // Only a model that asserts may refuse an input in range.
          if (isRefused) expect(form.overflow).to.equal('assert');
          else expect(values.slice(1, 1 + signals.length)).to.deep.equal(signals);
        }
      }),
      { numRuns: 40, seed: 8 },
    );
    expect([...seen].sort()).to.include.members(['argmax', 'assert', 'bound', 'committed', 'label', 'trees', 'topk']);
  });
});
