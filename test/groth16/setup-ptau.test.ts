import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { curves, powersOfTau, zKey } from 'snarkjs';
import { ZkinferError } from '../../src/core/error.js';
import { openProvingKey, prove } from '../../src/groth16/prove.js';
import { digestPtau, readPtauInfo } from '../../src/groth16/ptau-file.js';
import { needSection, readSections } from '../../src/groth16/section-file.js';
import { createInitialKey, neededPower, readR1csCounts, setupWithPtau } from '../../src/groth16/setup-ptau.js';
import { withSnarkjsCurve } from '../../src/groth16/snarkjs-curve.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { verifyProof } from '../../src/groth16/verify.js';
import { verifyPtau } from '../../src/groth16/verify-ptau.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { exportVerificationKey, readZkeyInfo } from '../../src/groth16/zkey-file.js';
import { forgeProof } from './forge.js';
import { cubicCircuit, mlCircuit } from './ml-circuit.js';
import { writeR1csFile } from './r1cs-file.js';
import { useScratchFolder } from './scratch.js';

const POWER = 4;

describe('setup from powers of tau', () => {
  const scratch = useScratchFolder();
  const { r1cs, witness } = cubicCircuit(3n);

  before(async function () {
    this.timeout(30_000);
    writeFileSync(scratch.path('cubic.r1cs'), writeR1csFile(r1cs));
    await withSnarkjsCurve('all', async () => {
      const curve = await curves.getCurveFromName('bn128');
      await powersOfTau.newAccumulator(curve, POWER, scratch.path('empty.ptau'));
      await powersOfTau.contribute(scratch.path('empty.ptau'), scratch.path('one.ptau'), 'first', 'some text');
      await powersOfTau.preparePhase2(scratch.path('one.ptau'), scratch.path('final.ptau'));
      await powersOfTau.preparePhase2(scratch.path('empty.ptau'), scratch.path('empty-final.ptau'));
    });
  });

  const options = (ptau: string, r1csName = 'cubic.r1cs') => ({
    r1csPath: scratch.path(r1csName),
    ptauPath: scratch.path(ptau),
    zkeyPath: scratch.path('out/key.zkey'),
  });

  async function expectRefusal(work: Promise<unknown>, code: string, kind: string, message: RegExp): Promise<void> {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error, 'nothing was thrown').to.be.instanceOf(ZkinferError);
    const { code: given, kind: family, message: text } = error as ZkinferError;
    expect({ code: given, kind: family }).to.deep.equal({ code, kind });
    expect(text).to.match(message);
    const folder = dirname(scratch.path('out/key.zkey'));
    expect(existsSync(folder) ? readdirSync(folder) : []).to.deep.equal([]);
  }

  it('A3 refuses a file that is too small, not prepared or without contributions, and leaves nothing behind', async () => {
    writeFileSync(scratch.path('large.r1cs'), writeR1csFile(mlCircuit(600).r1cs));
    const large = setupWithPtau({ ...options('final.ptau', 'large.r1cs'), profile: 'dev' });
    await expectRefusal(large, 'PTAU_TOO_SMALL', 'usage', /power 4, the circuit needs 10/);
    await expectRefusal(
      setupWithPtau({ ...options('one.ptau'), profile: 'dev' }),
      'PTAU_NOT_PREPARED',
      'usage',
      /not prepared/,
    );
    const empty = setupWithPtau({ ...options('empty-final.ptau'), profile: 'production' });
    await expectRefusal(empty, 'PTAU_WITHOUT_CONTRIBUTIONS', 'policy', /Nobody contributed/);
    await expectRefusal(
      setupWithPtau({ ...options('none.ptau'), profile: 'dev' }),
      'FILE_UNREADABLE',
      'usage',
      /cannot be read/,
    );
  });

  it('A1 refuses damaged powers-of-tau and constraint files', async () => {
    const whole = readFileSync(scratch.path('final.ptau'));
    const altered = (change: (bytes: Buffer<ArrayBuffer>) => void): Buffer<ArrayBuffer> => {
      const copy = Buffer.from(whole);
      change(copy);
      return copy;
    };
    const damaged = [
      whole.subarray(0, -1),
      whole.subarray(0, -1000),
      whole.subarray(0, whole.length / 2),
      whole.subarray(0, 5),
    ];
    damaged.push(
      Buffer.concat([whole, Buffer.of(0)]),
      altered((bytes) => bytes.write('zkey')),
    );
    damaged.push(
      altered((bytes) => bytes.writeUInt32LE(2 ** 31, 8)),
      altered((bytes) => bytes.writeBigUInt64LE(1n << 60n, 16)),
    );
    damaged.push(
      altered((bytes) => bytes.writeUInt32LE(5, 24 + 36)),
      altered((bytes) => bytes.writeUInt8(1, 30)),
    );
    for (const bytes of damaged) {
      writeFileSync(scratch.path('damaged.ptau'), bytes);
      const started = performance.now();
      await expectRefusal(
        setupWithPtau({ ...options('damaged.ptau'), profile: 'dev' }),
        'ARTIFACT_DAMAGED',
        'artifact',
        /ptau/,
      );
      expect(performance.now() - started).to.be.below(1000);
    }
    const cut = readFileSync(scratch.path('cubic.r1cs')).subarray(0, -10);
    writeFileSync(scratch.path('cut.r1cs'), cut);
    await expectRefusal(
      setupWithPtau({ ...options('final.ptau', 'cut.r1cs'), profile: 'dev' }),
      'ARTIFACT_DAMAGED',
      'artifact',
      /r1cs/,
    );
  });

  it('makes a key with one contribution that proves, verifies, and passes the check of snarkjs', async function () {
    this.timeout(20_000);
    const { info, verificationKey, ptau } = await setupWithPtau({
      ...options('final.ptau'),
      profile: 'production',
      contributor: 'me',
      pinnedBlake2b: await digestPtau(scratch.path('final.ptau')),
    });
    expect(ptau).to.deep.equal(await readPtauInfo(scratch.path('final.ptau')));
    expect(info).to.include({
      independentContributions: 1,
      gammaEqualsDelta: false,
      development: false,
      domainSize: 8,
    });
    expect(info.contributions[0]).to.include({ kind: 'contribution', name: 'me' });
    const zkey = readFileSync(scratch.path('out/key.zkey'));
    const { proof, publicSignals } = await prove(createSnarkjsProver(), await openProvingKey(zkey), writeWtns(witness));
    expect(await verifyProof(verificationKey, publicSignals, proof)).to.deep.equal({ valid: true });
    const checked = await withSnarkjsCurve('all', () =>
      zKey.verifyFromR1cs(scratch.path('cubic.r1cs'), scratch.path('final.ptau'), zkey),
    );
    expect(checked).to.equal(true);
  });

  it('tells a key without contributions, for which anyone can forge', async () => {
    const bare = await withSnarkjsCurve('one', () =>
      createInitialKey(readFileSync(scratch.path('cubic.r1cs')), scratch.path('final.ptau')),
    );
    expect(readZkeyInfo(bare)).to.include({ gammaEqualsDelta: true, independentContributions: 0 });
    const bareKey = await exportVerificationKey(bare);
    const forged = await forgeProof(bareKey, [123456789n]);
    expect(await verifyProof(bareKey, forged.publicSignals, forged.proof)).to.deep.equal({ valid: true });

    // The same forgery fails once somebody contributed.
    await setupWithPtau({ ...options('final.ptau'), profile: 'dev' });
    const { verificationKey } = await openProvingKey(readFileSync(scratch.path('out/key.zkey')));
    const again = await forgeProof(verificationKey, [123456789n]);
    expect((await verifyProof(verificationKey, again.publicSignals, again.proof)).valid).to.equal(false);
  });

  it('says which power a circuit needs, counting its public signals', () => {
    const counts = (constraintCount: number, publicCount: number) => neededPower({ constraintCount, publicCount });
    expect([counts(3, 1), counts(7, 0), counts(7, 1), counts(15, 16), counts(1, 0)]).to.deep.equal([3, 3, 4, 5, 1]);
    expect(readR1csCounts(readFileSync(scratch.path('cubic.r1cs')))).to.deep.equal({
      wireCount: 5,
      publicCount: 1,
      constraintCount: 3,
    });
  });

  it('verifies powers of tau in full, on request', async function () {
    this.timeout(20_000);
    expect(await verifyPtau(scratch.path('final.ptau'))).to.deep.equal([]);
    expect(await verifyPtau(scratch.path('empty-final.ptau'))).to.deep.equal([
      'nobody contributed: the secrets are known',
    ]);
    // Two points of the powers change places.
    const altered = readFileSync(scratch.path('final.ptau'));
    const { offset } = needSection(readSections(altered, 'ptau', 1), 'ptau', 2);
    altered.copyWithin(offset + 128, offset + 192, offset + 256);
    writeFileSync(scratch.path('altered.ptau'), altered);
    expect((await verifyPtau(scratch.path('altered.ptau'))).join()).to.match(/do not follow/);
  });

  it('computes the published kind of digest', async () => {
    writeFileSync(scratch.path('abc'), 'abc');
    expect(await digestPtau(scratch.path('abc'))).to.match(/^ba80a53f981c4d0d6a2797b69f12f6e9[0-9a-f]{96}$/);
  });
});
