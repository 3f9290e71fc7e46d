import { expect } from 'chai';
import { Contract, type Signer } from 'ethers';
import { encodeProof, type ProofCalldata, toCalldata } from '../../src/chain/calldata.js';
import type { DevNode } from '../../src/chain/dev-node/embedded.js';
import { type CompiledContract, compileSolidity } from '../../src/chain/solidity/compile.js';
import { nameVerifier, renderVerifier } from '../../src/chain/solidity/standalone.js';
import { deployContract, estimateVerifyGas, verifyOnChain } from '../../src/chain/standalone.js';
import { ZkinferError } from '../../src/core/error.js';
import { Q, R } from '../../src/core/field.js';
import { CACHE_FOLDER, NODE_KINDS, startNode } from './support/nodes.js';
import { createTrapdoorKey } from './support/trapdoor.js';

const trapdoor = createTrapdoorKey(2);
const signals = [12345n, R - 1n];
const proof = trapdoor.simulate(signals);
const good = toCalldata(proof, signals.map(String));
const production = {
  name: 'iris mlp',
  profile: 'production',
  digests: { model: `sha256:${'ab'.repeat(32)}` },
} as const;

async function compile(profile: 'dev' | 'production'): Promise<CompiledContract> {
  const source = renderVerifier(trapdoor.key, { ...production, profile });
  const contracts = await compileSolidity({ 'Verifier.sol': source }, { cacheFolder: CACHE_FOLDER });
  return contracts[nameVerifier(production.name, profile)];
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (cause) {
    if (cause instanceof ZkinferError) return cause.code;
    throw cause;
  }
  return 'nothing thrown';
}

describe('standalone verifier, text', () => {
  it('keeps only letters and digits of a model name', () => {
    expect(nameVerifier('a;component main = Evil(); ../x', 'dev')).to.equal('AComponentMainEvilXDevVerifier');
    expect(nameVerifier('9 lives', 'production')).to.equal('LivesVerifier');
    expect(nameVerifier('☃', 'production')).to.equal('ModelVerifier');
    const text = renderVerifier(trapdoor.key, { ...production, name: 'x{} selfdestruct(0); //' });
    expect(text).to.include('contract XSelfdestruct0Verifier {').and.not.include('selfdestruct(0)');
  });

  it('writes digests and overrides into the header and nothing else of them', () => {
    const text = renderVerifier(trapdoor.key, { ...production, overrides: ['no audit\n} contract Evil {'] });
    expect(text)
      .to.include(`// model: ${production.digests.model}`)
      .and.include('// Override: no audit contract Evil ');
    const evil = () => renderVerifier(trapdoor.key, { ...production, digests: { model: 'sha256:00\nimport "evil";' } });
    expect(codeOf(evil)).to.equal('CHAIN_BAD_DIGEST');
  });

  it('refuses a key whose gamma equals delta, which had no phase-2 contribution', () => {
    const forgeable = { ...trapdoor.key, vk_delta_2: trapdoor.key.vk_gamma_2 };
    expect(codeOf(() => renderVerifier(forgeable, production))).to.equal('CHAIN_FORGEABLE_KEY');
  });

  it('refuses a key that leaves a signal unbound, or is off its curve', () => {
    const [ic0, ic1, ic2] = trapdoor.key.IC;
    for (const ic of [
      [ic0, ic1, ['0', '1', '0']],
      [ic0, ic1, ['0', '0', '1']],
      [ic0, ic1, ['1', '3', '1']],
      [ic0, ic1],
      [ic0, ic1, [ic2[0], `0${ic2[1]}`, '1']],
      [ic0, ic1, [String(BigInt(ic2[0]) + Q), ic2[1], '1']],
    ]) {
      expect(codeOf(() => renderVerifier({ ...trapdoor.key, IC: ic }, production))).to.equal('CHAIN_BAD_KEY');
    }
  });
});

for (const kind of NODE_KINDS) {
  describe(`standalone verifier on the ${kind} node`, () => {
    let node: DevNode;
    let signer: Signer;
    let address: string;
    let compiled: CompiledContract;

    before(async () => {
      node = await startNode(kind);
      signer = await node.provider.getSigner(0);
      compiled = await compile('dev');
      ({ address } = await deployContract(signer, compiled));
    });
    after(() => node.close());

    const ask = (change: Partial<ProofCalldata>) =>
      verifyOnChain(node.provider, address, compiled, { ...good, ...change });

    it('accepts a proof and refuses it for any other signal', async () => {
      expect(await ask({})).to.deep.equal({ valid: true });
      expect((await ask({ signals: [12346n, R - 1n] })).reason).to.equal('ProofInvalid()');
      expect((await ask({ signals: [R - 1n, 12345n] })).reason).to.equal('ProofInvalid()');
    });

    it('accepts a re-randomised proof of the same statement', async () => {
      const again = toCalldata(trapdoor.simulate(signals, 9n), signals.map(String));
      expect(again.a).not.to.deep.equal(good.a);
      expect(await ask(again)).to.deep.equal({ valid: true });
    });

    it('refuses aliases: a signal plus R, a coordinate plus Q', async () => {
      expect((await ask({ signals: [12345n + R, R - 1n] })).reason).to.equal('SignalNotInField(0)');
      expect((await ask({ signals: [12345n, 2n * R - 1n] })).reason).to.equal('SignalNotInField(1)');
      expect((await ask({ a: [good.a[0] + Q, good.a[1]] })).reason).to.equal('CoordinateNotInField(0)');
      expect((await ask({ b: [good.b[0], [good.b[1][0], good.b[1][1] + Q]] })).reason).to.equal(
        'CoordinateNotInField(5)',
      );
    });

    it('refuses the all-zero proof and points at infinity', async () => {
      const zero = [0n, 0n] as const;
      expect((await ask({ a: zero, b: [zero, zero], c: zero })).reason).to.equal('PointAtInfinity()');
      expect((await ask({ c: zero })).reason).to.equal('PointAtInfinity()');
      expect((await ask({ b: [zero, zero] })).reason).to.equal('PointAtInfinity()');
    });

    it('refuses points off the curve without burning the gas it was given', async () => {
      for (const change of [
        { a: [1n, 3n] as const },
        { c: [5n, 5n] as const },
        {
          b: [
            [1n, 2n],
            [3n, 4n],
          ] as const,
        },
      ]) {
        expect((await ask(change)).reason).to.equal('PrecompileFailed(8)');
      }
      const contract = new Contract(address, compiled.abi as never, signer);
      const { data } = await contract.verifyProof.populateTransaction([1n, 3n], good.b, good.c, signals);
      const sent = await signer.sendTransaction({ to: address, data, gasLimit: 10_000_000n });
      const receipt = await sent.wait().catch((cause: { receipt: { gasUsed: bigint } }) => cause.receipt);
      expect(Number(receipt?.gasUsed)).to.be.below(900_000);
    });

    it('refuses short calldata', async () => {
      const whole = new Contract(address, compiled.abi as never, signer).interface.encodeFunctionData('verifyProof', [
        ...[good.a, good.b, good.c, signals],
      ]);
      expect(BigInt(await node.provider.call({ to: address, data: whole }))).to.equal(1n);
      for (const cut of [2, 64, 128, whole.length - 10]) {
        const refusal = await node.provider
          .call({ to: address, data: whole.slice(0, -cut) })
          .catch((cause) => cause.code);
        expect(refusal).to.equal('CALL_EXCEPTION');
      }
    });

    it('never answers false when gas runs out, so that an estimate is one', async () => {
      const estimate = await estimateVerifyGas(node.provider, address, compiled, good);
      expect(Number(estimate)).to.be.within(200_000, 300_000);
      const contract = new Contract(address, compiled.abi as never, signer);
      const { data } = await contract.verifyProof.populateTransaction(good.a, good.b, good.c, signals);
      for (const gasLimit of [40_000n, 60_000n, 100_000n, 180_000n, estimate - 8_000n]) {
        const answer = await node.provider.call({ to: address, data, gasLimit }).catch(() => 'refused');
        expect(answer, `with ${gasLimit} gas`).to.equal('refused');
      }
      const receipt = await (await signer.sendTransaction({ to: address, data, gasLimit: estimate })).wait();
      expect(receipt?.status).to.equal(1);
    });

    it('encodes a proof as 256 bytes', () => {
      expect(encodeProof(good)).to.match(/^0x[0-9a-f]{512}$/);
    });
  });
}

describe('S1 development key off a local chain', () => {
  it('does not deploy there, and a production key does', async () => {
    const node = await startNode('embedded', 10);
    try {
      const signer = await node.provider.getSigner(0);
      const refusal = await deployContract(signer, await compile('dev')).catch((cause: ZkinferError) => cause);
      expect(refusal).to.be.instanceOf(ZkinferError);
      expect((refusal as ZkinferError).facts.join()).to.include('DevKeyOffLocalChain(10)');
      const compiled = await compile('production');
      const { address } = await deployContract(signer, compiled);
      expect(await verifyOnChain(node.provider, address, compiled, good)).to.deep.equal({ valid: true });
    } finally {
      await node.close();
    }
  });
});
