import { expect } from 'chai';
import { hexlify, toBeHex } from 'ethers';
import { toProvenInference } from '../../src/chain/client/inference.js';
import { InferenceClient, type ModelSpec } from '../../src/chain/client/inference-client.js';
import { deployInferenceVerifier } from '../../src/chain/commands/deploy.js';
import { prepareProof } from '../../src/chain/commands/submit.js';
import type { DevNode } from '../../src/chain/dev-node/embedded.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { type CircuitOptions, lowerCircuit } from '../../src/circuit/lower.js';
import { computeWitness } from '../../src/circuit/witness.js';
import {
  boundSignals,
  computeChallenge,
  computeContext,
  listLimbs,
  packedSignals,
  type StatementSides,
  writeCommitment,
} from '../../src/commitment/context.js';
import { commitInput, hashChain } from '../../src/commitment/poseidon.js';
import { createDevKey } from '../../src/groth16/dev-key.js';
import { openProvingKey, prove } from '../../src/groth16/prove.js';
import { createResidentProver } from '../../src/groth16/resident-prover.js';
import { writeWtnsBytes } from '../../src/groth16/wtns-file.js';
import { graph, inputBytes, outputBytes, x } from '../circuit/forty-bytes.js';
import { NODE_KINDS, startNode } from './support/nodes.js';

const SALT = 2n ** 250n + 99n;

const OPTIONS: Record<string, CircuitOptions> = {
  packed: {},
  'packed, private input': { input: 'private' },
  'packed, committed input': { input: 'committed' },
  bound: { statement: 'bound' },
  'bound, private input': { statement: 'bound', input: 'private' },
  'bound, committed input': { statement: 'bound', input: 'committed' },
};

describe('circuits, proofs and contract', () => {
  let node: DevNode;
  let client: InferenceClient;
  before(async () => {
    node = await startNode(NODE_KINDS[NODE_KINDS.length - 1]);
    const signer = await node.provider.getSigner(0);
    client = new InferenceClient(signer, (await deployInferenceVerifier(signer)).address);
  });
  after(() => node.close());

  for (const [name, options] of Object.entries(OPTIONS)) {
    it(`agree on a real proof: ${name}`, async () => {
      const program = lowerCircuit(graph, options);
      const { r1cs } = emitR1cs(program);
      const { zkey, verificationKey } = await createDevKey(r1cs);
      const inputCommitted = options.input === 'committed';
      const kind = options.statement ?? 'packed';
      const sides: StatementSides = {
        inputCommitted,
        output: outputBytes,
        input:
          options.input === 'private'
            ? new Uint8Array()
            : inputCommitted
              ? writeCommitment(await commitInput(inputBytes, SALT))
              : inputBytes,
      };
      const spec: ModelSpec = {
        modelHash: toBeHex(1, 32),
        inputLength: sides.input.length,
        outputLength: outputBytes.length,
        statement: kind,
        inputCommitted,
      };
      const { modelId } = await client.registerModel(verificationKey, spec);
      const who = { agent: node.accounts[1].address, nonce: toBeHex(7, 32) };
      const binding = await client.bind({ modelId, ...who });
      const commitment = kind === 'bound' ? await hashChain(listLimbs(sides)) : 0n;
      const challenge = kind === 'bound' ? computeChallenge(binding, sides, commitment) : computeContext(binding);
      const witness = computeWitness(program, { x }, challenge, inputCommitted ? SALT : undefined);
      const prover = createResidentProver();
      const { proof, publicSignals } = await prove(
        prover,
        await openProvingKey(zkey),
        writeWtnsBytes(witness.bytes),
      ).finally(() => prover.close());
      const signals = kind === 'bound' ? boundSignals(binding, sides, commitment) : packedSignals(binding, sides);
      expect(publicSignals).to.deep.equal(signals.map(String));

      const statement = { input: hexlify(sides.input).slice(2), output: hexlify(outputBytes).slice(2) };
      const document = { proof, publicSignals, statement };
      const proven = toProvenInference(document, kind, who);
      expect(prepareProof(document, kind, binding)).to.deep.equal(proven);
      const other = { ...binding, agent: node.accounts[2].address };
      expect(() => prepareProof(document, kind, other)).to.throw('bound to something else');
      expect(await client.verify(modelId, proven)).to.equal(true);
      const lie = {
        ...proven,
        inference: { ...proven.inference, output: hexlify(outputBytes.map((byte) => byte ^ 1)) },
      };
      const refusal = await client.verify(modelId, lie).catch((cause) => cause.errorName);
      expect(refusal).to.equal('ProofInvalid');
    });
  }
});
