import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { curves, powersOfTau, zKey } from 'snarkjs';
import { applyBeacon, type CeremonyFiles, contributeToCeremony, startCeremony } from '../../src/groth16/ceremony.js';
import { finishCeremony, verifyCeremony } from '../../src/groth16/ceremony-check.js';
import { openProvingKey, prove } from '../../src/groth16/prove.js';
import { digestPtau } from '../../src/groth16/ptau-file.js';
import { createResidentProver } from '../../src/groth16/resident-prover.js';
import { withSnarkjsCurve } from '../../src/groth16/snarkjs-curve.js';
import { verifyProof } from '../../src/groth16/verify.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { exportVerificationKey, readZkeyLayout } from '../../src/groth16/zkey-file.js';
import { beaconSecret, forgeProof, isDelta } from './forge.js';
import { cubicCircuit } from './ml-circuit.js';
import { writeR1csFile } from './r1cs-file.js';
import { useScratchFolder } from './scratch.js';

const BEACON = { hash: '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', iterationsExponent: 10 };

describe('setup ceremony', function () {
  this.timeout(60_000);
  const scratch = useScratchFolder();
  const { r1cs, witness } = cubicCircuit(3n);
  const artifacts = (zkey: string, transcript: string) => ({
    transcriptPath: scratch.path(transcript),
    r1csPath: scratch.path('cubic.r1cs'),
    ptauPath: scratch.path('final.ptau'),
    zkeyPath: scratch.path(zkey),
  });
  const step = (from: string, to: string, transcript = 'ceremony.json'): CeremonyFiles => ({
    transcriptPath: scratch.path(transcript),
    zkeyPath: scratch.path(from),
    nextZkeyPath: scratch.path(to),
    attestationPath: scratch.path(`${to}.txt`),
  });
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'nothing',
      ({ code, kind }) => `${kind} ${code}`,
    );

  before(async () => {
    writeFileSync(scratch.path('cubic.r1cs'), writeR1csFile(r1cs));
    await withSnarkjsCurve('all', async () => {
      const curve = await curves.getCurveFromName('bn128');
      await powersOfTau.newAccumulator(curve, 4, scratch.path('empty.ptau'));
      await powersOfTau.contribute(scratch.path('empty.ptau'), scratch.path('one.ptau'), 'first', 'text');
      await powersOfTau.preparePhase2(scratch.path('one.ptau'), scratch.path('final.ptau'));
    });
    const { zkeyPath, ...rest } = artifacts('0.zkey', 'ceremony.json');
    await startCeremony({ ...rest, zkeyPath });
    for (const [index, name] of ['ada', 'grace', 'emmy'].entries()) {
      // Each contributor works in a folder of their own, with the files of the one before.
      mkdirSync(scratch.path(name));
      const [zkey, transcript] = [`${name}/in.zkey`, `${name}/ceremony.json`];
      writeFileSync(scratch.path(zkey), readFileSync(scratch.path(`${index}.zkey`)));
      writeFileSync(scratch.path(transcript), readFileSync(scratch.path('ceremony.json')));
      await contributeToCeremony(step(zkey, `${name}/out.zkey`, transcript), name, `${name} types something`);
      writeFileSync(scratch.path(`${index + 1}.zkey`), readFileSync(scratch.path(`${name}/out.zkey`)));
      writeFileSync(scratch.path('ceremony.json'), readFileSync(scratch.path(transcript)));
    }
    await applyBeacon(step('3.zkey', 'final.zkey'), 'beacon', BEACON);
  });

  it('of three contributors and a beacon ends in a key that proves and verifies', async () => {
    const pinned = await digestPtau(scratch.path('final.ptau'));
    const { report, zkey, verificationKey } = await finishCeremony(artifacts('final.zkey', 'ceremony.json'), pinned);
    expect(report).to.include({
      valid: true,
      independentContributions: 3,
      endsWithBeacon: true,
      publishedPtau: undefined,
    });
    expect(report.transcript.steps.map(({ name }) => name)).to.deep.equal(['ada', 'grace', 'emmy', 'beacon']);
    const { proof, publicSignals } = await prove(
      createResidentProver(),
      await openProvingKey(zkey),
      writeWtns(witness),
    );
    expect(await verifyProof(verificationKey, publicSignals, proof)).to.deep.equal({ valid: true });
    const forged = await forgeProof(verificationKey, [7n], beaconSecret(BEACON));
    expect((await verifyProof(verificationKey, forged.publicSignals, forged.proof)).valid).to.equal(false);
  });

  it('leaves no file open after a replay, and none after one that fails', async function () {
    if (!existsSync('/proc/self/fd')) return this.skip();
    const countOpen = () =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(scratch.path(''));
        } catch {
          return false;
        }
      }).length;
    expect((await verifyCeremony(artifacts('final.zkey', 'ceremony.json'))).valid).to.equal(true);
    expect(countOpen()).to.equal(0);
    const failing = withSnarkjsCurve('one', () =>
      zKey.verifyFromR1cs(scratch.path('ceremony.json'), scratch.path('final.ptau'), scratch.path('final.zkey')),
    );
    expect(await codeOf(failing)).to.not.equal('nothing');
    expect(countOpen()).to.equal(0);
  });

  it('writes an attestation for each step', () => {
    const { steps } = JSON.parse(readFileSync(scratch.path('ceremony.json'), 'utf8'));
    const text = readFileSync(scratch.path('grace/out.zkey.txt'), 'utf8');
    expect(text).to.include(steps[1].contributionHash).and.include(steps[1].zkey).and.include('"grace"');
  });

  it('refuses a powers-of-tau file that is neither published nor pinned', async () => {
    const work = finishCeremony(artifacts('final.zkey', 'ceremony.json'));
    expect(await codeOf(work)).to.equal('policy PTAU_UNKNOWN');
  });

  it('refuses a key with fewer than three contributions', async () => {
    const transcript = JSON.parse(readFileSync(scratch.path('ceremony.json'), 'utf8'));
    transcript.steps.length = 2;
    writeFileSync(scratch.path('two.json'), JSON.stringify(transcript));
    expect(await codeOf(finishCeremony(artifacts('2.zkey', 'two.json')))).to.equal('policy CEREMONY_TOO_FEW');
  });

  it('refuses keys out of order, and says both digests', async () => {
    expect(await codeOf(contributeToCeremony(step('1.zkey', 'bad.zkey'), 'mallory', ''))).to.equal(
      'artifact CEREMONY_ORDER',
    );
    expect(existsSync(scratch.path('bad.zkey'))).to.equal(false);
  });

  it('refuses bad names, beacons and transcripts', async () => {
    expect(
      await codeOf(Promise.resolve().then(() => contributeToCeremony(step('3.zkey', 'bad.zkey'), 'a\nb', ''))),
    ).to.equal('usage CEREMONY_NAME');
    const odd = { hash: 'abc', iterationsExponent: 10 };
    expect(await codeOf(Promise.resolve().then(() => applyBeacon(step('3.zkey', 'bad.zkey'), 'b', odd)))).to.equal(
      'usage CEREMONY_BEACON',
    );
    const transcript = JSON.parse(readFileSync(scratch.path('ceremony.json'), 'utf8'));
    for (const bad of [
      '',
      '[]',
      '{}',
      JSON.stringify({ ...transcript, extra: 1 }),
      JSON.stringify({ ...transcript, steps: [{}] }),
    ]) {
      writeFileSync(scratch.path('bad.json'), bad);
      expect(await codeOf(verifyCeremony(artifacts('final.zkey', 'bad.json')))).to.equal(
        'artifact CEREMONY_TRANSCRIPT',
      );
    }
  });

  it('finds every change of transcript, key and constraints', async () => {
    const transcript = JSON.parse(readFileSync(scratch.path('ceremony.json'), 'utf8'));
    const problemsOf = async (change: (copy: typeof transcript) => void, zkey = 'final.zkey') => {
      const copy = structuredClone(transcript);
      change(copy);
      writeFileSync(scratch.path('changed.json'), JSON.stringify(copy));
      const report = await verifyCeremony(artifacts(zkey, 'changed.json'));
      expect(report.valid).to.equal(false);
      return report.problems.join('\n');
    };
    expect(await problemsOf((copy) => (copy.steps[0].name = 'eve'))).to.match(/name of step 1: ada/);
    expect(await problemsOf((copy) => copy.steps.pop())).to.match(/number of steps/);
    expect(await problemsOf((copy) => (copy.r1cs.sha256 = '0'.repeat(64)))).to.match(/constraints/);
    expect(await problemsOf((copy) => (copy.steps[2].contributionHash = '0'.repeat(128)))).to.match(
      /contributionHash of step 3/,
    );
    expect(await problemsOf(() => {}, '3.zkey')).to.match(/sha256 of the key/);

    // A key that was altered, with a transcript that was altered to match.
    const altered = Buffer.from(readFileSync(scratch.path('final.zkey')));
    const { h } = readZkeyLayout(altered);
    altered.copyWithin(h.offset, h.offset + 64, h.offset + 128);
    writeFileSync(scratch.path('altered.zkey'), altered);
    const digest = createHash('sha256').update(altered).digest('hex');
    const found = await problemsOf((copy) => (copy.steps.at(-1).zkey = digest), 'altered.zkey');
    expect(found).to.match(/does not follow|cannot be replayed/);
  });

  it('refuses a key with only a beacon, for which anyone can forge', async () => {
    const { zkeyPath, ...rest } = artifacts('lone-0.zkey', 'lone.json');
    await startCeremony({ ...rest, zkeyPath });
    expect((await verifyCeremony(artifacts('lone-0.zkey', 'lone.json'))).problems.join()).to.match(
      /gamma equals delta/,
    );
    await applyBeacon(step('lone-0.zkey', 'lone-1.zkey', 'lone.json'), 'beacon', BEACON);
    const verificationKey = await exportVerificationKey(readFileSync(scratch.path('lone-1.zkey')));
    const secret = beaconSecret(BEACON);
    expect(await isDelta(verificationKey, secret)).to.equal(true);
    const forged = await forgeProof(verificationKey, [987654321n], secret);
    expect(await verifyProof(verificationKey, forged.publicSignals, forged.proof)).to.deep.equal({ valid: true });

    const report = await verifyCeremony(artifacts('lone-1.zkey', 'lone.json'));
    expect(report).to.include({ valid: true, independentContributions: 0, endsWithBeacon: true });
    expect(await codeOf(finishCeremony(artifacts('lone-1.zkey', 'lone.json')))).to.equal('policy CEREMONY_TOO_FEW');
  });
});
