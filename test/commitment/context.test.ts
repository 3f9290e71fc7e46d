import { expect } from 'chai';
import { AbiCoder, id, keccak256 } from 'ethers';
import fc from 'fast-check';
import {
  bindOffChain,
  boundSignals,
  computeChallenge,
  computeContext,
  evaluateLimbs,
  listLimbs,
  listPackedLimbs,
  packedSignals,
  writeCommitment,
} from '../../src/commitment/context.js';
import { R } from '../../src/core/field.js';

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((data) => `0x${Buffer.from(data).toString('hex')}`);
const bindings = fc.record({ chainId: fc.nat(), contract: hex(20), modelId: hex(32), agent: hex(20), nonce: hex(32) });

describe('context and challenge', () => {
  it('are keccak256 of what abi.encode gives, mod R', () => {
    const coder = AbiCoder.defaultAbiCoder();
    const types = ['bytes32', 'uint256', 'address', 'bytes32', 'address', 'bytes32'];
    fc.assert(
      fc.property(bindings, fc.uint8Array(), fc.uint8Array(), fc.bigInt(0n, R - 1n), (binding, input, output, c) => {
        const { chainId, contract, modelId, agent, nonce } = binding;
        const words = [chainId, contract, modelId, agent, nonce];
        const context = keccak256(coder.encode(types, [id('zkinfer/context/v1'), ...words]));
        expect(computeContext(binding)).to.equal(BigInt(context) % R);
        const encoded = coder.encode(
          [...types, 'bytes32', 'bytes32', 'uint256'],
          [id('zkinfer/challenge/v1'), ...words, keccak256(input), keccak256(output), c],
        );
        const sides = { input, output, inputCommitted: false };
        expect(computeChallenge(binding, sides, c)).to.equal(BigInt(keccak256(encoded)) % R);
      }),
    );
  });

  it('bind every field, and off chain they fit no contract', () => {
    const base = bindOffChain({ modelId: id('m'), agent: `0x${'11'.repeat(20)}`, nonce: id('n') });
    expect([base.chainId, BigInt(base.contract)]).to.deep.equal([0, 0n]);
    const changes = [
      { chainId: 1 },
      { contract: `0x${'22'.repeat(20)}` },
      { modelId: id('o') },
      { agent: `0x${'33'.repeat(20)}` },
      { nonce: id('p') },
    ];
    const contexts = [base, ...changes.map((change) => ({ ...base, ...change }))].map(computeContext);
    expect(new Set(contexts).size).to.equal(6);
    for (const bad of [{ agent: '0x11' }, { nonce: '0x' }, { modelId: `${id('m')}00` }, { contract: 'me' }]) {
      expect(() => computeContext({ ...base, ...bad })).to.throw(RangeError);
    }
  });

  it('stand behind limbs of the input and limbs of the output', () => {
    const binding = bindOffChain({ modelId: id('m'), agent: `0x${'11'.repeat(20)}`, nonce: id('n') });
    const sides = { input: Uint8Array.of(1, 2), output: Uint8Array.of(3), inputCommitted: false };
    expect(listLimbs(sides)).to.deep.equal([0x0102n, 3n]);
    expect(packedSignals(binding, sides)).to.deep.equal([0x010203n, computeContext(binding)]);
    const full = { ...sides, input: new Uint8Array(31).fill(1) };
    expect(packedSignals(binding, full)).to.deep.equal([...listLimbs(full), computeContext(binding)]);
    const r = computeChallenge(binding, sides, 9n);
    expect(boundSignals(binding, sides, 9n)).to.deep.equal([9n, (((0x0102n * r) % R) * r + 3n * r) % R, r]);
    expect(evaluateLimbs([5n], 7n)).to.equal(35n);
    const committed = { ...sides, input: writeCommitment(R - 1n), inputCommitted: true };
    expect(listLimbs(committed)).to.deep.equal([R - 1n, 3n]);
    expect(listPackedLimbs(committed)).to.deep.equal([R - 1n, 3n]);
    expect(() => writeCommitment(R)).to.throw(RangeError);
    expect(() => listLimbs({ ...committed, input: Uint8Array.of(1) })).to.throw(RangeError);
    expect(() => listLimbs({ ...committed, input: new Uint8Array(32).fill(255) })).to.throw(RangeError);
  });
});
