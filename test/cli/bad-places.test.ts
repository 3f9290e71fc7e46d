import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { makeFolder } from '../../src/bundle/make-folder.js';
import { runWords } from './capture.js';

const ROOT = join(import.meta.dirname, '../..');
const SAMPLE = join(ROOT, 'examples/models/iris-mlp');

describe('places and files that will not do', function () {
  this.timeout(30_000);
  let folder: string;
  let qmodel: string;
  let bundle: string;
  let input: string;
  const at = (name: string) => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-places-'));
    [qmodel, bundle, input] = [at('iris.qmodel.json'), at('iris'), at('x.json')];
    await writeFile(input, '[5.1, 3.5, 1.4, 0.2]');
    await writeFile(at('file'), 'a file');
    const words = ['--calibration', join(SAMPLE, 'calibration.json'), '-o', qmodel];
    expect((await runWords('quantize', join(SAMPLE, 'model.onnx'), ...words)).code).to.equal(0);
    expect((await runWords('compile', qmodel, '-o', bundle, '--engine', 'direct')).code).to.equal(0);
    expect((await runWords('setup', bundle)).code).to.equal(0);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('compile says that a folder is needed where -o is a file, or below one', async () => {
    for (const out of [at('file'), at('file/deep/er')]) {
      const { code, stderr } = await runWords('compile', qmodel, '-o', out, '--engine', 'direct');
      expect(code, stderr).to.equal(2);
      expect(stderr).to.contain('a folder is needed here, and there is a file');
    }
    expect(await readFile(at('file'), 'utf8')).to.equal('a file');
  });

  it('no command hangs on a file system in which no folder can be made', async function () {
    if (!existsSync('/proc/self')) return this.skip();
    const main = ['--import', 'tsx', join(ROOT, 'src/cli/main.ts')];
    const commands = [
      ['compile', qmodel, '-o', '/proc/zkinfer/bundle', '--engine', 'direct'],
      ['report', bundle, '-o', '/proc/zkinfer/report.html', '--no-gas'],
      ['prove', bundle, '--batch', input, '-o', '/proc/zkinfer/proofs'],
    ];
    const run = async (words: string[]) =>
      promisify(execFile)(process.execPath, [...main, ...words], { timeout: 20_000 }).catch((error) => error);
    for (const { code, stderr } of await Promise.all(commands.map(run))) {
      expect(code, stderr).to.equal(2);
      expect(stderr).to.contain('FOLDER_UNUSABLE');
    }
  });

  it('makes folders as deep as they are asked for, and says which was the first', async () => {
    expect(await makeFolder(at('a/b/c'))).to.equal(at('a'));
    expect(await makeFolder(at('a/b/c'))).to.equal(undefined);
    expect(await makeFolder(at('a/b/d'))).to.equal(at('a/b/d'));
    const many = await Promise.all(Array.from({ length: 8 }, () => makeFolder(at('x/y/z'))));
    expect(many.filter((made) => made === at('x'))).to.have.length.at.most(1);
    expect(await readdir(at('x/y'))).to.deep.equal(['z']);
  });

  it('setup and ceremony call a text no powers-of-tau file', async () => {
    for (const content of ['not powers of tau\n', '', '{"power": 9}']) {
      await writeFile(at('text.ptau'), content);
      for (const words of [
        ['setup', bundle, '--ptau', at('text.ptau')],
        ['ptau', 'verify', at('text.ptau')],
        ['ceremony', 'start', at('ceremony'), '--bundle', bundle, '--ptau', at('text.ptau')],
      ]) {
        const { code, stderr } = await runWords(...words);
        expect([code, /\[(\w+)\]/.exec(stderr)?.[1]], stderr).to.deep.equal([2, 'PTAU_NOT_ONE']);
        expect(stderr).to.contain('hint: See zkinfer ptau list');
      }
    }
    expect(await readdir(bundle)).to.not.include('ceremony.json');
  });

  it('diff says which rows there are', async () => {
    const words = ['--model', join(SAMPLE, 'model.onnx'), '--input', join(SAMPLE, 'test.json'), '--row', '999'];
    const { code, stderr } = await runWords('diff', bundle, ...words);
    expect(code).to.equal(2);
    expect(stderr).to.contain('it has rows 0 to 49').and.contain('hint: rows are counted from 0: --row 49 is the last');
  });

  it('A2 verify refuses a bundle with a changed small file, and does without files that are not there', async () => {
    const proof = at('proof.json');
    expect((await runWords('prove', bundle, '--input', input, '-o', proof)).code).to.equal(0);
    for (const name of ['model.qmodel.json', 'audit.json']) {
      const copy = at('copy');
      await rm(copy, { recursive: true, force: true });
      await cp(bundle, copy, { recursive: true });
      await writeFile(join(copy, name), '{}');
      const changed = await runWords('verify', proof, '--bundle', copy);
      expect([changed.code, /\[(\w+)\]/.exec(changed.stderr)?.[1]]).to.deep.equal([3, 'ARTIFACT_MISMATCH']);
      expect(changed.stderr).to.contain(name);
      await rm(join(copy, name));
      expect((await runWords('verify', proof, '--bundle', copy)).code).to.equal(0);
    }
  });
});
