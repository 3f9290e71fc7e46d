import { expect } from 'chai';
import { curves, groth16, zKey } from 'snarkjs';
import { createDevKey } from '../../src/groth16/dev-key.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { exportVerificationKey, readZkeyInfo } from '../../src/groth16/zkey-file.js';
import { cubicCircuit, mlCircuit } from './ml-circuit.js';

describe('development keys', () => {
  after(async () => {
    await (await curves.getCurveFromName('bn128')).terminate();
  });

  it('is a key that snarkjs reads, proves with and verifies', async () => {
    const { r1cs, witness } = cubicCircuit(3n);
    const { zkey, verificationKey } = await createDevKey(r1cs);
    expect(await zKey.exportVerificationKey(zkey)).to.deep.equal(verificationKey);
    const { proof, publicSignals } = await groth16.prove(zkey, writeWtns(witness));
    expect(publicSignals).to.deep.equal(['35']);
    expect(await groth16.verify(verificationKey, publicSignals, proof)).to.equal(true);
    expect(await groth16.verify(verificationKey, ['36'], proof)).to.equal(false);
  });

  it('serves a circuit of quantized layers, and only its true witnesses', async () => {
    const { r1cs, witness } = mlCircuit(1000);
    const { zkey, verificationKey } = await createDevKey(r1cs);
    const { proof, publicSignals } = await groth16.prove(zkey, writeWtns(witness));
    expect(await groth16.verify(verificationKey, publicSignals, proof)).to.equal(true);
    const wrong = [...witness];
    wrong[wrong.length - 1] += 1n;
    const bad = await groth16.prove(zkey, writeWtns(wrong));
    expect(await groth16.verify(verificationKey, bad.publicSignals, bad.proof)).to.equal(false);
  });

  it('is marked as a development key, with a delta of its own', async () => {
    const { r1cs } = cubicCircuit(3n);
    const { zkey } = await createDevKey(r1cs);
    const info = readZkeyInfo(zkey);
    expect(info).to.include({
      wireCount: 5,
      publicCount: 1,
      domainSize: 8,
      development: true,
      gammaEqualsDelta: false,
    });
    expect(info.independentContributions).to.equal(0);
  });

  it('has the same bytes for the same circuit and seed, others for another seed', async () => {
    const first = await createDevKey(cubicCircuit(3n).r1cs);
    const again = await createDevKey(cubicCircuit(4n).r1cs);
    const other = await createDevKey(cubicCircuit(3n).r1cs, { seed: Uint8Array.of(1) });
    expect(Buffer.from(first.zkey).equals(Buffer.from(again.zkey))).to.equal(true);
    expect(Buffer.from(first.zkey).equals(Buffer.from(other.zkey))).to.equal(false);
  });

  it('has the same bytes whether one thread or several made it, and reports progress', async function () {
    this.timeout(30_000);
    const { r1cs } = mlCircuit(1500);
    const shares: number[] = [];
    const { zkey, verificationKey } = await createDevKey(r1cs, {
      threads: 2,
      onProgress: (share) => shares.push(share),
    });
    const alone = await createDevKey(r1cs, { threads: 1 });
    expect(Buffer.from(zkey).equals(Buffer.from(alone.zkey))).to.equal(true);
    expect(shares[0]).to.equal(0);
    expect(shares.at(-1)).to.equal(1);
    expect(shares).to.deep.equal([...shares].sort((a, b) => a - b));
    expect(await exportVerificationKey(zkey)).to.deep.equal(verificationKey);
  });
});
