import { hexToBytes } from '@ethereumjs/util';
import { expect } from 'chai';
import { AbiCoder, type Contract, dataSlice, Interface, keccak256, toBeHex } from 'ethers';
import { inferenceVerifierAbi } from '../../src/chain/abi/inference-verifier.js';
import { encodeProof, toCalldata } from '../../src/chain/calldata.js';
import type { ProvenInference } from '../../src/chain/client/inference.js';
import { encodeBatch } from '../../src/chain/client/inference-client.js';
import { compileSolidity } from '../../src/chain/solidity/compile.js';
import { nameVerifier, renderVerifier } from '../../src/chain/solidity/standalone.js';
import { encodeKey } from '../../src/chain/verification-key.js';
import { Q, R } from '../../src/core/field.js';
import { findPointOutsideG2 } from '../chain/support/bn254.js';
import { CACHE_FOLDER, NODE_KINDS } from '../chain/support/nodes.js';
import { createTrapdoorKey } from '../chain/support/trapdoor.js';
import { attempt, type Deployment, deploySuite, makeInference, refusalOf, trapdoorFor } from './support/deployment.js';
import { createRawVm } from './support/raw-vm.js';

const PACKED = { statement: 'packed', inputLength: 4, outputLength: 1, inputCommitted: false } as const;
const BOUND = { statement: 'bound', inputLength: 40, outputLength: 1, inputCommitted: false } as const;
const COMMITTED = { statement: 'packed', inputLength: 32, outputLength: 1, inputCommitted: true } as const;
const SPEC = { modelHash: toBeHex(1, 32), inputLength: 4, outputLength: 1, statement: 0, inputCommitted: false };

/** Replaces 32-byte words of a hex string. */
function setWords(hex: string, words: Readonly<Record<number, bigint>>): string {
  const parts = hex.slice(2).match(/.{64}/g) ?? [];
  for (const [index, value] of Object.entries(words)) parts[Number(index)] = value.toString(16).padStart(64, '0');
  return `0x${parts.join('')}`;
}

for (const kind of NODE_KINDS) {
  describe(`guards as attacks, on the ${kind} node`, () => {
    let suite: Deployment;
    before(async () => {
      suite = await deploySuite(kind);
    });
    after(() => suite.node.close());

    const register = (key: string, spec: object = SPEC) => attempt(suite.verifier, 'registerModel', [key, spec, '']);

    it('1: refuses a key whose gamma is plus or minus delta', async () => {
      const good = encodeKey(trapdoorFor(2).key);
      const words = (good.slice(2).match(/.{64}/g) ?? []).map((word) => BigInt(`0x${word}`));
      // Words 0…3 are -delta, 12…15 -gamma.
      const [x1, x0, y1, y0] = words.slice(12, 16);
      expect(await register(setWords(good, { 0: x1, 1: x0, 2: y1, 3: y0 }))).to.equal('KeyForgeable');
      expect(await register(setWords(good, { 0: x1, 1: x0, 2: Q - y1, 3: Q - y0 }))).to.equal('KeyForgeable');
    });

    it('2: reverts when gas runs out, so that an estimate of a valid proof can be relied on', async () => {
      const model = await suite.register(PACKED);
      const { inference, proof } = await makeInference(suite, model, { nonce: 1n });
      const call = suite.verifier.getFunction('verifyInference');
      const { data } = await call.populateTransaction(model.modelId, inference, proof);
      const to = await suite.verifier.getAddress();
      const estimate = await call.estimateGas(model.modelId, inference, proof);
      for (const gasLimit of [40_000n, 90_000n, 200_000n, estimate - 10_000n]) {
        expect(await suite.node.provider.call({ to, data, gasLimit }).catch(() => 'refused')).to.equal('refused');
      }
      const receipt = await (await suite.signers[0].sendTransaction({ to, data, gasLimit: estimate })).wait();
      expect(receipt?.status).to.equal(1);
    });

    it('3: burns a bounded amount of gas on points off the curve or out of the subgroup', async () => {
      const model = await suite.register(PACKED);
      const { inference, proof } = await makeInference(suite, model, { nonce: 1n });
      const outside = findPointOutsideG2();
      if (!outside) throw new Error('no point');
      const { x, y } = outside;
      for (const bad of [
        setWords(proof, { 0: 1n, 1: 3n }),
        setWords(proof, { 2: 1n }),
        setWords(proof, { 6: 5n }),
        setWords(proof, { 2: x[1], 3: x[0], 4: y[1], 5: y[0] }),
      ]) {
        expect(await refusalOf(suite.verifier.verifyInference(model.modelId, inference, bad))).to.equal(
          'PrecompileFailed',
        );
        const single = await suite.verifier.verifyInference.populateTransaction(model.modelId, inference, bad);
        const batch = await suite.verifier.verifyBatch.populateTransaction(
          model.modelId,
          ...encodeBatch([
            { inference, proof },
            { inference, proof: bad },
          ]),
        );
        for (const { data } of [single, batch]) {
          const to = await suite.verifier.getAddress();
          const sent = await suite.signers[0].sendTransaction({ to, data, gasLimit: 10_000_000n });
          const receipt = await sent
            .wait()
            .catch((cause: { receipt: { gasUsed: bigint; status: number } }) => cause.receipt);
          expect(receipt?.status).to.equal(0);
          expect(Number(receipt?.gasUsed)).to.be.below(1_300_000);
        }
      }
    });

    it('5: records an inference once, however its proof is re-randomised', async () => {
      const model = await suite.register(PACKED);
      const { inference, proof, signals } = await makeInference(suite, model, { nonce: 1n });
      const again = encodeProof(toCalldata(model.trapdoor.simulate(signals, 8n), signals.map(String)));
      expect(again).not.to.equal(proof);
      expect(await suite.verifier.verifyInference(model.modelId, inference, again)).to.equal(true);
      expect(await attempt(suite.verifier, 'recordInference', [model.modelId, inference, proof])).to.equal(undefined);
      expect(await attempt(suite.verifier, 'recordInference', [model.modelId, inference, again])).to.equal(
        'NullifierUsed',
      );
    });

    it('6: refuses other names of the same field element, and what is not a proof', async () => {
      const packed = await suite.register(PACKED);
      const { inference, proof } = await makeInference(suite, packed, { nonce: 1n });
      const ask = (bytes: string, change: object = {}) =>
        refusalOf(suite.verifier.verifyInference(packed.modelId, { ...inference, ...change }, bytes));
      const a = BigInt(dataSlice(proof, 0, 32));
      expect(await ask(setWords(proof, { 0: a + Q }))).to.equal('CoordinateNotInField');
      expect(await ask(`0x${'00'.repeat(256)}`)).to.equal('PointAtInfinity');
      expect(await ask(setWords(proof, { 6: 0n, 7: 0n }))).to.equal('PointAtInfinity');
      expect(await ask(dataSlice(proof, 0, 255))).to.equal('InvalidProofLength');
      expect(await ask(`${proof}00`)).to.equal('InvalidProofLength');
      expect(await ask('0x')).to.equal('InvalidProofLength');
      expect(await ask(proof, { commitment: 1n })).to.equal('CommitmentUnexpected');
      expect(await ask(proof, { input: '0x010203' })).to.equal('InputLengthMismatch');
      expect(await ask(proof, { output: '0x0101' })).to.equal('OutputLengthMismatch');

      const bound = await suite.register(BOUND);
      const other = await makeInference(suite, bound, { nonce: 1n });
      const alias = { ...other.inference, commitment: other.inference.commitment + R };
      expect(await refusalOf(suite.verifier.verifyInference(bound.modelId, alias, other.proof))).to.equal(
        'SignalNotInField',
      );
      const batch = suite.verifier.verifyBatch(
        bound.modelId,
        ...encodeBatch([{ inference: alias, proof: other.proof }]),
      );
      expect(await refusalOf(batch)).to.equal('SignalNotInField');

      const committed = await suite.register(COMMITTED);
      const third = await makeInference(suite, committed, { nonce: 1n });
      const high = { ...third.inference, input: toBeHex(R, 32) };
      expect(await refusalOf(suite.verifier.verifyInference(committed.modelId, high, third.proof))).to.equal(
        'InputNotInField',
      );
    });

    it('9: refuses a key with a point at infinity, off the curve, or of another length', async () => {
      const good = encodeKey(trapdoorFor(2).key);
      // IC_2 takes words 18 and 19; words 4 and 5 are alpha, 6…9 -beta, 10 and 11 IC_0.
      expect(await register(setWords(good, { 18: 0n, 19: 0n }))).to.equal('KeyPointAtInfinity');
      expect(await register(setWords(good, { 10: 0n, 11: 0n }))).to.equal('KeyPointAtInfinity');
      expect(await register(setWords(good, { 6: 0n, 7: 0n, 8: 0n, 9: 0n }))).to.equal('KeyPointAtInfinity');
      expect(await register(setWords(good, { 16: 1n, 17: 3n }))).to.equal('PrecompileFailed');
      expect(await register(setWords(good, { 18: 1n, 19: 3n }))).to.equal('PrecompileFailed');
      expect(await register(setWords(good, { 4: 1n, 5: 3n }))).to.equal('PrecompileFailed');
      expect(await register(setWords(good, { 6: 1n }))).to.equal('PrecompileFailed');
      expect(await register(setWords(good, { 0: 1n }))).to.equal('PrecompileFailed');
      expect(await register(setWords(good, { 12: 1n }))).to.equal('PrecompileFailed');
      expect(await register(encodeKey(trapdoorFor(3).key))).to.equal('KeyLengthInvalid');
      expect(await register('0x')).to.equal('KeyLengthInvalid');
      expect(await register(good, { ...SPEC, outputLength: 0 })).to.equal('SpecInvalid');
      expect(await register(good, { ...SPEC, inputCommitted: true })).to.equal('SpecInvalid');
    });

    it('10: pins the key to the model; nobody chooses another, and nobody takes an id', async () => {
      const own = await suite.register(PACKED, createTrapdoorKey(2, 11n));
      const other = await suite.register(PACKED, createTrapdoorKey(2, 12n));
      const { inference, proof } = await makeInference(suite, own, { nonce: 1n });
      expect(await refusalOf(suite.verifier.verifyInference(other.modelId, inference, proof))).to.equal('ProofInvalid');
      const unknown = keccak256('0x01');
      expect(await refusalOf(suite.verifier.verifyInference(unknown, inference, proof))).to.equal('ModelUnknown');
      const key = encodeKey(own.trapdoor.key);
      const thief = suite.verifier.connect(suite.signers[1]) as Contract;
      const theirs = await thief.registerModel.staticCall(key, SPEC, '');
      expect(theirs).not.to.equal(await suite.verifier.registerModel.staticCall(key, SPEC, ''));
      expect(theirs).to.equal(await thief.modelIdOf(suite.signers[1].address, keccak256(key), SPEC));
      expect(await attempt(thief, 'deactivate', [own.modelId])).to.equal('NotPublisher');
      expect(await attempt(suite.verifier, 'deactivate', [own.modelId])).to.equal(undefined);
      expect(await refusalOf(suite.verifier.verifyInference(own.modelId, inference, proof))).to.equal('ModelInactive');
      expect(await register(key)).to.equal(undefined);
      expect(await register(key)).to.equal('ModelExists');
      const names = suite.verifier.interface.fragments.filter(({ type }) => type === 'function').map(String);
      expect(names.filter((text) => /verif/i.test(text) && /address (key|verifier)/.test(text))).to.deep.equal([]);
    });

    it('accepts a batch, and refuses it when one of its proofs or outputs is another', async () => {
      const model = await suite.register(PACKED);
      const made = await Promise.all([1n, 2n, 3n].map((nonce) => makeInference(suite, model, { nonce })));
      const ask = (list: readonly ProvenInference[]) =>
        refusalOf(suite.verifier.verifyBatch(model.modelId, ...encodeBatch(list)));
      expect(await ask(made)).to.equal('accepted');
      expect(await ask(made.slice(0, 1))).to.equal('accepted');
      const [first, second, third] = made;
      const swapped = [{ ...first, proof: second.proof }, { ...second, proof: first.proof }, third];
      expect(await ask(swapped)).to.equal('ProofInvalid');
      const changed = { ...third, inference: { ...third.inference, output: '0xff' } };
      expect(await ask([first, second, changed])).to.equal('ProofInvalid');
      const stolen = { ...second, inference: { ...second.inference, agent: suite.signers[4].address } };
      expect(await ask([first, stolen, third])).to.equal('ProofInvalid');
      expect(await ask([])).to.equal('InvalidProofLength');
      const [runs, inputs, outputs, proofs] = encodeBatch(made);
      const cut = (...args: unknown[]) => refusalOf(suite.verifier.verifyBatch(model.modelId, ...args));
      expect(await cut(runs, inputs, outputs, dataSlice(proofs, 0, 512))).to.equal('InvalidProofLength');
      expect(await cut(runs, dataSlice(inputs, 0, 11), outputs, proofs)).to.equal('InputLengthMismatch');
      expect(await cut(runs, inputs, `${outputs}00`, proofs)).to.equal('OutputLengthMismatch');
      expect(await cut(runs.slice(1), inputs, outputs, proofs)).to.equal('InputLengthMismatch');
      // Two false proofs whose errors cancel in a plain sum.
      expect(await cut(runs, inputs, outputs, cancelOut(proofs))).to.equal('ProofInvalid');
    });
  });
}

/** Swaps the C points of the first two proofs: their plain sum stays what it was. */
function cancelOut(proofs: string): string {
  const [c0, c1] = [dataSlice(proofs, 192, 256), dataSlice(proofs, 448, 512)];
  return setWords(proofs, {
    6: BigInt(dataSlice(c1, 0, 32)),
    7: BigInt(dataSlice(c1, 32)),
    14: BigInt(dataSlice(c0, 0, 32)),
    15: BigInt(dataSlice(c0, 32)),
  });
}

describe('guards on bent chains', () => {
  const trapdoor = trapdoorFor(2);
  const signals = [5n, 6n];
  const { a, b, c } = toCalldata(trapdoor.simulate(signals), signals.map(String));
  const errors = new Interface(['error PrecompileFailed(uint256)', 'error ProofInvalid()']);
  const verify = new Interface([
    'function verifyProof(uint256[2],uint256[2][2],uint256[2],uint256[2]) view returns (bool)',
  ]);
  const data = verify.encodeFunctionData('verifyProof', [a, b, c, signals]);

  async function creationCodes(): Promise<Record<'shared' | 'standalone', string>> {
    const suite = await deploySuite('embedded');
    await suite.node.close();
    const options = { name: 'guard', profile: 'production', digests: {} } as const;
    const standalone = await compileSolidity(
      { 'Verifier.sol': renderVerifier(trapdoor.key, options) },
      { cacheFolder: CACHE_FOLDER },
    );
    return {
      shared: suite.contracts.InferenceVerifier.bytecode,
      standalone: standalone[nameVerifier('guard', 'production')].bytecode,
    };
  }

  it('4: does not deploy where a precompile is absent, and never answers true there', async () => {
    const codes = await creationCodes();
    for (const missing of [6, 7, 8]) {
      const { run } = await createRawVm({ without: [missing] });
      for (const code of Object.values(codes)) {
        const { reverted, answer } = await run(code);
        expect(reverted).to.equal(true);
        expect(errors.parseError(answer)?.name).to.equal('PrecompileFailed');
      }
    }
    // A verifier whose code stands on such a chain nevertheless, as after a change of rules.
    const whole = await createRawVm({});
    const { created, answer: code } = await whole.run(codes.standalone);
    expect((await whole.run(data, created)).answer).to.equal(AbiCoder.defaultAbiCoder().encode(['bool'], [true]));
    for (const missing of [6, 7, 8]) {
      const { vm, run } = await createRawVm({ without: [missing] });
      const address = `0x${'77'.repeat(20)}`;
      const { createAddressFromString } = await import('@ethereumjs/util');
      await vm.stateManager.putCode(createAddressFromString(address), hexToBytes(code as `0x${string}`));
      const { reverted, answer } = await run(data, address);
      expect(reverted).to.equal(true);
      expect(errors.parseError(answer)?.args[0]).to.equal(BigInt(missing));
    }
  });

  it('9: stores no part of a key, whatever size of code the chain allows', async () => {
    const { shared } = await creationCodes();
    const good = encodeKey(trapdoor.key);
    const contract = new Interface(inferenceVerifierAbi);
    // As many signals as a key of 64 KiB less the byte before it may have, and one more.
    for (const [signalCount, expected] of [
      [1015, undefined],
      [1016, 'KeyNotStored'],
    ] as const) {
      const { run } = await createRawVm({ anySize: true });
      const { created } = await run(shared);
      const key =
        good +
        dataSlice(good, -64)
          .slice(2)
          .repeat(signalCount - 2);
      const spec = { ...SPEC, inputLength: 31 * (signalCount - 2) + 30 };
      const { reverted, answer } = await run(contract.encodeFunctionData('registerModel', [key, spec, '']), created);
      expect(reverted).to.equal(expected !== undefined);
      if (expected) expect(contract.parseError(answer)?.name).to.equal(expected);
    }
  });

  it('7: works where precompiles cost something else', async () => {
    const codes = await creationCodes();
    const { run } = await createRawVm({
      prices: { bn254AddGas: 500, bn254MulGas: 40_000, bn254PairingGas: 100_000, bn254PairingWordGas: 80_000 },
    });
    const { created } = await run(codes.standalone);
    expect((await run(data, created)).reverted).to.equal(false);
    expect((await run(codes.shared)).reverted).to.equal(false);
  });
});
