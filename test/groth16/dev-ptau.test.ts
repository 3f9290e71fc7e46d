import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { powersOfTau, zKey } from 'snarkjs';
import { createDevPtau } from '../../src/groth16/dev-ptau.js';
import { readPtauInfo } from '../../src/groth16/ptau-file.js';
import { needSection, readSections } from '../../src/groth16/section-file.js';
import { setupWithPtau } from '../../src/groth16/setup-ptau.js';
import { withSnarkjsCurve } from '../../src/groth16/snarkjs-curve.js';
import { cubicCircuit } from './ml-circuit.js';
import { writeR1csFile } from './r1cs-file.js';
import { useScratchFolder } from './scratch.js';

describe('development powers of tau', function () {
  this.timeout(30_000);
  const scratch = useScratchFolder();
  before(async () => writeFileSync(scratch.path('dev.ptau'), await createDevPtau(4)));

  it('has the structure of a prepared file, without contributions, and the same bytes each time', async () => {
    expect(await readPtauInfo(scratch.path('dev.ptau'))).to.deep.equal({ power: 4, prepared: true, contributions: [] });
    expect(Buffer.from(await createDevPtau(4)).equals(readFileSync(scratch.path('dev.ptau')))).to.equal(true);
    expect(
      Buffer.from(await createDevPtau(4, { seed: Uint8Array.of(1) })).equals(readFileSync(scratch.path('dev.ptau'))),
    ).to.equal(false);
  });

  it('holds the Lagrange forms that snarkjs prepares from its powers', async () => {
    await withSnarkjsCurve('all', () =>
      powersOfTau.preparePhase2(scratch.path('dev.ptau'), scratch.path('again.ptau')),
    );
    const [ours, theirs] = ['dev.ptau', 'again.ptau'].map((name) => readFileSync(scratch.path(name)));
    const content = (file: Buffer, type: number) => {
      const { offset, size } = needSection(readSections(file, 'ptau', 1), 'ptau', type);
      return file.subarray(offset, offset + size).toString('hex');
    };
    for (const type of [2, 3, 4, 5, 6, 12, 13, 14, 15])
      expect(content(ours, type), `section ${type}`).to.equal(content(theirs, type));
  });

  it('makes a key that passes the check of snarkjs, in the dev profile only', async () => {
    writeFileSync(scratch.path('cubic.r1cs'), writeR1csFile(cubicCircuit(3n).r1cs));
    const paths = {
      r1csPath: scratch.path('cubic.r1cs'),
      ptauPath: scratch.path('dev.ptau'),
      zkeyPath: scratch.path('key.zkey'),
    };
    await setupWithPtau({ ...paths, profile: 'dev' });
    const valid = await withSnarkjsCurve('all', () =>
      zKey.verifyFromR1cs(paths.r1csPath, paths.ptauPath, paths.zkeyPath),
    );
    expect(valid).to.equal(true);
    const refusal = await setupWithPtau({ ...paths, profile: 'production' }).catch((error: unknown) => error);
    expect(refusal).to.include({ code: 'PTAU_WITHOUT_CONTRIBUTIONS', kind: 'policy' });
  });

  it('refuses powers that are none', async () => {
    for (const power of [0, -1, 21, 2.5, Number.NaN]) {
      expect(await createDevPtau(power).catch((error: unknown) => error)).to.include({
        code: 'PTAU_POWER',
        kind: 'usage',
      });
    }
  });
});
