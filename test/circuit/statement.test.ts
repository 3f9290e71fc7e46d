import { expect } from 'chai';
import { buildPoseidon } from 'circomlibjs';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { type CircuitOptions, lowerCircuit, namePublicSignals } from '../../src/circuit/lower.js';
import { INPUT_DOMAIN as CIRCUIT_INPUT_DOMAIN } from '../../src/circuit/statement/seal.js';
import { computeWitness } from '../../src/circuit/witness.js';
import { commitInput, hashChain, INPUT_DOMAIN } from '../../src/commitment/poseidon.js';
import { R } from '../../src/core/field.js';
import { integersToBytes, packBytes } from '../../src/core/limbs.js';
import { derivePoseidonParameters } from '../../src/core/poseidon-parameters.js';
import { violatedConstraints, wireValues } from '../circuits/r1cs-tester.js';
import { graph, inputBytes, outputBytes, x } from './forty-bytes.js';
import { QuantModel, runModel } from './quant-model.js';

const SALT = 2n ** 251n + 17n;
const CHALLENGE = 2n ** 250n + 12345n;

/** Public signals of a run, which must satisfy the constraints. */
function prove(options: CircuitOptions) {
  const program = lowerCircuit(graph, options);
  const { r1cs } = emitR1cs(program);
  const values = wireValues(computeWitness(program, { x }, CHALLENGE, SALT));
  expect(violatedConstraints(r1cs, values)).to.deep.equal([]);
  const names = namePublicSignals(program);
  const signals = values.slice(1, 1 + r1cs.outputCount + r1cs.publicInputCount);
  expect(names.length).to.equal(signals.length);
  return { program, r1cs, values, names, signals };
}

/** `Σ limb_k r^(L-k)`. */
function sumUnder(limbs: readonly bigint[], r: bigint): bigint {
  return limbs.reduce((sum, limb) => ((sum + limb) * r) % R, 0n);
}

describe('statement', () => {
  const inputLimbs = packBytes(inputBytes);
  const outputLimbs = packBytes(outputBytes);

  it('packed: limbs of the input, the output in what the last one leaves free, then the context', () => {
    const { names, signals } = prove({});
    expect(names).to.deep.equal(['input[0]', 'inputAndOutput', 'context']);
    expect(signals).to.deep.equal([inputLimbs[0], (inputLimbs[1] << 48n) | outputLimbs[0], CHALLENGE]);
  });

  it('packed where the output does not fit there: limbs of each', () => {
    const model = new QuantModel();
    const input = model.input('x', 31, 8);
    model.output('y', model.dense(input, [new Array(31).fill(3)], [1]));
    const full = model.finish();
    const values = Array.from({ length: 31 }, (_, i) => 255 - i);
    const program = lowerCircuit(full);
    expect(namePublicSignals(program)).to.deep.equal(['input[0]', 'output[0]', 'context']);
    const signals = wireValues(computeWitness(program, { x: values }, CHALLENGE)).slice(1, 4);
    const output = integersToBytes(runModel(full, { x: values }).y, 2);
    expect(signals).to.deep.equal([...packBytes(integersToBytes(values, 1)), ...packBytes(output), CHALLENGE]);
  });

  it('packed with a private input: nothing of it', () => {
    const { names, signals } = prove({ input: 'private' });
    expect(names).to.deep.equal(['output[0]', 'context']);
    expect(signals).to.deep.equal([...outputLimbs, CHALLENGE]);
  });

  it('packed with a committed input: the commitment that is computed off the circuit', async () => {
    const { names, signals } = prove({ input: 'committed' });
    expect(names).to.deep.equal(['inputCommitment', 'output[0]', 'context']);
    expect(signals).to.deep.equal([await commitInput(inputBytes, SALT), ...outputLimbs, CHALLENGE]);
  });

  it('bound: hash of the limbs, their sum under the challenge, the challenge', async () => {
    const { names, signals } = prove({ statement: 'bound' });
    const limbs = [...inputLimbs, ...outputLimbs];
    expect(names).to.deep.equal(['limbHash', 'limbSum', 'challenge']);
    expect(signals).to.deep.equal([await hashChain(limbs), sumUnder(limbs, CHALLENGE), CHALLENGE]);
  });

  it('bound with a committed input: over the commitment and the output', async () => {
    const { signals } = prove({ statement: 'bound', input: 'committed' });
    const limbs = [await commitInput(inputBytes, SALT), ...outputLimbs];
    expect(signals).to.deep.equal([await hashChain(limbs), sumUnder(limbs, CHALLENGE), CHALLENGE]);
  });

  it('bound over many limbs: the chain goes on after sixteen', async () => {
    const model = new QuantModel();
    const wide = model.input('wide', 700, 8);
    model.output('y', model.dense(wide, [new Array(700).fill(1)], [0]));
    const many = model.finish();
    const values = Array.from({ length: 700 }, (_, i) => (i * 7) % 256);
    const program = lowerCircuit(many, { statement: 'bound' });
    const all = wireValues(computeWitness(program, { wide: values }, CHALLENGE));
    const limbs = [
      ...packBytes(integersToBytes(values, 1)),
      ...packBytes(integersToBytes(runModel(many, { wide: values }).y, 3)),
    ];
    expect(all.slice(1, 4)).to.deep.equal([await hashChain(limbs), sumUnder(limbs, CHALLENGE), CHALLENGE]);
    expect(violatedConstraints(emitR1cs(program).r1cs, all)).to.deep.equal([]);
  });

  it('refuses another commitment, another output, another sum for the same run', () => {
    for (const options of [{}, { input: 'committed' }, { statement: 'bound' }] as const) {
      const { r1cs, values, names } = prove(options);
      names.forEach((name, k) => {
        const forged = [...values];
        forged[1 + k] = (forged[1 + k] + 1n) % R;
        expect(violatedConstraints(r1cs, forged), name).to.not.deep.equal([]);
      });
    }
  });

  it('needs a salt for a committed input, and knows its own words only', () => {
    const program = lowerCircuit(graph, { input: 'committed' });
    expect(() => computeWitness(program, { x }, 0n)).to.throw('salt');
    expect(() => lowerCircuit(graph, { input: 'hidden' as never })).to.throw('unknown input "hidden"');
    expect(() => lowerCircuit(graph, { statement: 'loose' as never })).to.throw('unknown statement "loose"');
  });
});

describe('poseidon', () => {
  it('has the domain of the commitment off the circuit', () => {
    expect(CIRCUIT_INPUT_DOMAIN).to.equal(INPUT_DOMAIN);
  });
  it('derives parameters under which it agrees with circomlib for every width', async () => {
    const poseidon = await buildPoseidon();
    for (let n = 1; n <= 16; n++) {
      const elements = Array.from({ length: n }, (_, i) => (BigInt(i) * 2n ** 240n + 5n) % R);
      expect(permute(elements), `${n} inputs`).to.equal(poseidon.F.toObject(poseidon(elements)));
    }
  });
});

/** The permutation from the derived parameters, round by round. */
function permute(elements: readonly bigint[]): bigint {
  const { width, partialRounds, constants, matrix } = derivePoseidonParameters(elements.length + 1);
  let state = [0n, ...elements];
  for (let round = 0; round < 8 + partialRounds; round++) {
    const full = round < 4 || round >= 4 + partialRounds;
    state = state.map((value, i) => {
      const added = (value + constants[round * width + i]) % R;
      return full || i === 0 ? added ** 5n % R : added;
    });
    state = matrix.map((row) => row.reduce((sum, m, j) => sum + m * state[j], 0n) % R);
  }
  return state[0];
}
