import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ProverChoice, pickProver } from '../../src/pipeline/pick-prover.js';
import { runWords } from '../cli/capture.js';
import { writeProgram, writeSnarkjsProgram } from '../groth16/external-prover.js';
import { useScratchFolder } from '../groth16/scratch.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/iris-mlp');

describe('the choice of a prover', function () {
  this.timeout(60_000);
  const scratch = useScratchFolder();
  let good: string;
  let liar: string;
  before(() => {
    good = writeSnarkjsProgram(scratch.path('good'));
    liar = writeProgram(scratch.path('liar'), '#!/bin/sh\necho "{}" > "$3"\necho "[]" > "$4"\n');
  });
  const refusalOf = (choice: ProverChoice, binary?: string) =>
    pickProver(choice, binary).catch(({ code, kind }: { code: string; kind: string }) => ({ code, kind }));

  it('is our own where nothing else is asked for', async () => {
    expect(await pickProver()).to.deep.equal({ backend: 'resident' });
    expect(await pickProver('snarkjs', liar)).to.deep.equal({ backend: 'snarkjs' });
    expect(await pickProver('resident', liar)).to.deep.equal({ backend: 'resident' });
  });

  it('is the external program where one is named and proves what it is given', async () => {
    expect(await pickProver('auto', good)).to.deep.equal({ backend: 'rapidsnark', binary: good });
  });

  it('is never a program that lies or is not there', async () => {
    expect(await refusalOf('rapidsnark', liar)).to.deep.equal({ code: 'PROVER_UNFIT', kind: 'usage' });
    expect(await refusalOf('rapidsnark', scratch.path('nowhere'))).to.deep.equal({
      code: 'RAPIDSNARK_MISSING',
      kind: 'usage',
    });
    for (const [program, code] of [
      [liar, 'PROVER_UNFIT'],
      [scratch.path('nowhere'), 'RAPIDSNARK_MISSING'],
    ]) {
      const picked = await pickProver('auto', program);
      expect(picked.backend).to.equal('resident');
      expect(picked.passedOver).to.include({ code });
    }
  });

  describe('on the command line', () => {
    const given = process.env.ZKINFER_RAPIDSNARK;
    before(async () => {
      const at = (name: string) => scratch.path(name);
      const calibration = join(SAMPLE, 'calibration.json');
      for (const words of [
        ['quantize', join(SAMPLE, 'model.onnx'), '--calibration', calibration, '-o', at('m.qmodel.json')],
        ['compile', at('m.qmodel.json'), '-o', at('bundle'), '--engine', 'direct', '--no-audit'],
        ['setup', at('bundle')],
      ]) {
        const { code, stderr } = await runWords(...words);
        expect(code, stderr).to.equal(0);
      }
      writeFileSync(at('input.json'), '[5.1, 3.5, 1.4, 0.2]');
    });
    afterEach(() => {
      if (given === undefined) delete process.env.ZKINFER_RAPIDSNARK;
      else process.env.ZKINFER_RAPIDSNARK = given;
    });
    const prove = (...words: string[]) =>
      runWords(
        'prove',
        scratch.path('bundle'),
        '--input',
        scratch.path('input.json'),
        '-o',
        scratch.path('p.json'),
        ...words,
      );

    it('takes the program of ZKINFER_RAPIDSNARK, in batches too', async () => {
      const policy = scratch.path('policy');
      process.env.ZKINFER_RAPIDSNARK = writeProgram(
        scratch.path('noting'),
        `#!/bin/sh\nprintf '%s' "$OMP_WAIT_POLICY" > ${policy}\nexec ${good} "$@"\n`,
      );
      writeFileSync(scratch.path('rows.ndjson'), '[5.1, 3.5, 1.4, 0.2]\n');
      const batch = ['--batch', scratch.path('rows.ndjson'), '-o', scratch.path('proofs'), '--workers', '1', '--json'];
      const { code, stdout } = await runWords('prove', scratch.path('bundle'), ...batch);
      expect(code).to.equal(0);
      expect(JSON.parse(stdout)).to.include({ backend: 'rapidsnark', done: 1, failed: 0 });
      // In the threads of a pool, too, many of them at once do not spin for one another.
      expect(readFileSync(policy, 'utf8')).to.equal('PASSIVE');
    });

    it('warns and goes on with our own where that program is unfit, unless it was asked for by name', async () => {
      process.env.ZKINFER_RAPIDSNARK = liar;
      const auto = await prove();
      expect(auto.code).to.equal(0);
      expect(auto.stderr).to.contain('ZKINFER_RAPIDSNARK is not used');
      const named = await prove('--prover', 'rapidsnark');
      expect(named.code).to.equal(2);
      expect(named.stderr).to.contain('PROVER_UNFIT');
    });

    it('proves with snarkjs, and refuses names that are no prover', async () => {
      expect((await prove('--prover', 'snarkjs')).code).to.equal(0);
      expect((await prove('--prover', 'gnark')).code).to.equal(2);
    });
  });
});
