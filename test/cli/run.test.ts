import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { printCanonicalJson } from '../../src/bundle/canonical-json.js';
import { writeManifest } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import { commands } from '../../src/cli/commands/registry.js';
import { makeSumBundle } from '../verify/sum-bundle.js';
import { lastJson, runWords } from './capture.js';

describe('the command line', () => {
  it('lists every command, and each has a help with examples that name it and the exit codes', async () => {
    const { code, stdout } = await runWords('--help');
    expect(code).to.equal(0);
    for (const { name, examples } of commands) {
      expect(stdout).to.match(new RegExp(`^  ${name} `, 'm'));
      const help = await runWords(name, '--help');
      expect(help.code).to.equal(0);
      expect(help.stdout).to.contain('Exit codes: 0 done').and.contain('--json').and.contain('--debug');
      expect(examples).to.not.have.length(0);
      for (const example of examples) {
        expect(example).to.match(new RegExp(`^zkinfer ${name}\\b`));
        expect(help.stdout).to.contain(example);
      }
    }
  });

  it('says its version, the one of package.json', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect(await runWords('--version')).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('answers wrong usage with exit code 2, a suggestion and nothing on stdout', async () => {
    const typo = await runWords('verfy', 'x');
    expect([typo.code, typo.stdout]).to.deep.equal([2, '']);
    expect(typo.stderr).to.contain('Did you mean verify?');
    for (const words of [
      [],
      ['verify'],
      ['verify', 'p.json'],
      ['verify', 'p', '--bundle', 'b', '--frobnicate'],
      ['verify', 'a', 'b', '--bundle', 'c'],
    ]) {
      const { code, stdout } = await runWords(...words);
      expect([code, stdout], words.join(' ')).to.deep.equal([2, '']);
    }
    expect((await runWords('verify', 'p', '--bundle', 'b', '--context', 'abc')).code).to.equal(2);
  });

  it('prints an error as one block, and with --json as one object with its exit code', async () => {
    const { code, stdout, stderr } = await runWords('verify', 'p.json', '--bundle', '/nonexistent/b', '--json');
    expect(code).to.equal(2);
    expect(stderr).to.match(/^error: .* \[BUNDLE_MISSING\]\n {2}\S.*\n {2}hint: .*\n$/);
    expect(JSON.parse(stdout)).to.have.nested.property('error.code', 'BUNDLE_MISSING');
    expect(JSON.parse(stdout)).to.have.nested.property('error.exitCode', 2);
    expect(stderr).to.not.contain('    at ');
    expect((await runWords('verify', 'p.json', '--bundle', '/nonexistent/b', '--debug')).stderr).to.contain('    at ');
    expect(lastJson(await runWords('verify', '--json'))).to.have.nested.property('error.exitCode', 2);
  });
});

describe('zkinfer verify', () => {
  let folder: string;
  let proof: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-cli-'));
    const bundle = await makeSumBundle();
    await writeManifest(folder, bundle.manifest);
    await writeFile(bundlePaths(folder).verificationKey, printCanonicalJson(bundle.verificationKey));
    proof = join(folder, 'proof.json');
    await writeFile(proof, JSON.stringify(await bundle.prove(1, 2, 42n)));
  });
  after(() => rm(folder, { recursive: true }));

  it('exits 0 for a valid proof and shows inputs and outputs in real units', async () => {
    const { code, stdout, stderr } = await runWords('verify', proof, '--bundle', folder, '--context', '0x2a');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(/^valid: /);
    expect(stdout).to.contain('input x: [-4.5, -4]').and.contain('output y (before softmax): [-8.5] = three');
    const json = lastJson(await runWords('verify', proof, '--bundle', folder, '--json'));
    expect(json).to.include({ valid: true, profile: 'dev', context: '42' });
    expect(json.reason).to.be.a('string');
  });

  it('exits 1 for one that is not, and says why', async () => {
    const changed = join(folder, 'changed.json');
    await writeFile(changed, (await readFile(proof, 'utf8')).replace('"output":"03"', '"output":"04"'));
    const { code, stdout } = await runWords('verify', changed, '--bundle', folder);
    expect(code).to.equal(1);
    expect(stdout).to.match(/^NOT VALID: the public signals/);
    expect(lastJson(await runWords('verify', changed, '--bundle', folder, '--json')).valid).to.equal(false);
    expect((await runWords('verify', proof, '--bundle', folder, '--context', '43')).code).to.equal(1);
  });

  it('exits 3 for a bundle whose key was changed, 2 for a proof file that is not there', async () => {
    expect((await runWords('verify', join(folder, 'absent.json'), '--bundle', folder)).code).to.equal(2);
    const key = bundlePaths(folder).verificationKey;
    const text = await readFile(key, 'utf8');
    await writeFile(key, text.replace('"bn128"', '"bn129"'));
    const { code, stderr } = await runWords('verify', proof, '--bundle', folder);
    await writeFile(key, text);
    expect(code).to.equal(3);
    expect(stderr.match(/sha256:[0-9a-f]{64}/g)).to.have.length(2);
  });
});
