import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodeR1cs } from '../../src/circom/r1cs-file.js';
import { R } from '../../src/core/field.js';
import { readWitnessValues, readWtns, writeWtns } from '../../src/groth16/wtns-file.js';
import { Sketch } from '../audit/sketch.js';
import { lastJson, runWords } from './capture.js';

describe('zkinfer audit, of an R1CS file from elsewhere', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-audit-'));
    // "The absolute value": y with y·y = x·x, which -y is as well.
    const s = new Sketch();
    const x = s.input('x');
    const square = s.product('square', x, x);
    const y = s.output('y', (value) => value(x));
    s.constrain(y, y, square);
    await writeFile(at('abs.r1cs'), encodeR1cs(s.r1cs()));
    await writeFile(at('abs.sym'), '1,1,0,main.y\n2,2,0,main.x\n3,3,0,main.square\n4,1,1,main.inner.copy\n');
    await writeFile(at('honest.wtns'), writeWtns([1n, 3n, 3n, 9n]));
    await writeFile(at('other.wtns'), writeWtns([1n, 3n, 3n, 8n]));
    const sound = new Sketch();
    const given = sound.input('x');
    sound.outputOf('y', given);
    await writeFile(at('sound.r1cs'), encodeR1cs(sound.r1cs()));
    await writeFile(at('sound.wtns'), writeWtns([1n, 5n, 5n]));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('names what is not determined, and forges it', async () => {
    const words = ['audit', at('abs.r1cs'), '--sym', at('abs.sym'), '--witness', at('honest.wtns')];
    const { code, stdout } = await runWords(...words, '--forged', at('forged.wtns'));
    expect(code).to.equal(1);
    expect(stdout).to.contain('NOT proved sound').and.contain('main.y');
    expect(stdout)
      .to.contain('FORGED')
      .and.contain(`main.y: 3 → ${R - 3n}`);
    const forged = readWtns(await readFile(at('forged.wtns')));
    expect(readWitnessValues(forged, 0, 4)).to.deep.equal([1n, R - 3n, 3n, 9n]);
    const json = lastJson(await runWords(...words, '--json'));
    expect(json.forgery).to.deep.equal({
      beside: at('honest.wtns'),
      changesOutput: true,
      changed: [{ wire: 1, signal: 'main.y', honest: '3', forged: `${R - 3n}` }],
    });
    const sarif = ['--sym', at('abs.sym'), '--sarif', at('abs.sarif')];
    expect((await runWords('audit', at('abs.r1cs'), ...sarif)).code).to.equal(1);
    const log = JSON.parse(await readFile(at('abs.sarif'), 'utf8'));
    expect(log).to.include({ version: '2.1.0' });
    expect(JSON.stringify(log.runs[0].results)).to.contain('main.y');
  });

  it('looks for no forgery where it proves', async () => {
    const { code, stdout } = await runWords('audit', at('sound.r1cs'), '--witness', at('sound.wtns'));
    expect(code).to.equal(0);
    expect(stdout).to.contain('proved sound').and.not.contain('FORGED');
  });

  it('refuses witnesses of another circuit, and options that mean nothing for a bundle', async () => {
    for (const name of ['other.wtns', 'sound.wtns']) {
      const { code, stderr } = await runWords('audit', at('abs.r1cs'), '--witness', at(name));
      expect(code).to.equal(3);
      expect(stderr).to.contain('WITNESS_MISMATCH');
    }
    expect((await runWords('audit', at('abs.r1cs'), '--witness', at('absent.wtns'))).code).to.equal(2);
    expect((await runWords('audit', folder, '--sym', at('abs.sym'))).code).to.equal(2);
  });
});
