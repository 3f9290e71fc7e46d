import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { printCanonicalJson } from '../../src/bundle/canonical-json.js';
import { writeManifest } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import type { ProofFile } from '../../src/verify/proof-file.js';
import { compileGlob } from '../../src/verify/proof-sources.js';
import { verifyInference, verifyInferences } from '../../src/verify/verify-inference.js';
import { makeSumBundle, type SumBundle } from '../verify/sum-bundle.js';
import { lastJson, runWords } from './capture.js';

let folder: string;
let bundle: SumBundle;
let proofs: ProofFile[];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zkinfer-many-'));
  bundle = await makeSumBundle();
  await mkdir(join(folder, 'b'));
  await writeManifest(join(folder, 'b'), bundle.manifest);
  await writeFile(bundlePaths(join(folder, 'b')).verificationKey, printCanonicalJson(bundle.verificationKey));
  proofs = await Promise.all([1, 2, 3].map((x) => bundle.prove(x, x + 1)));
  await mkdir(join(folder, 'proofs/deep'), { recursive: true });
  await writeFile(join(folder, 'proofs/one.json'), JSON.stringify(proofs[0]));
  await writeFile(join(folder, 'proofs/deep/two.json'), JSON.stringify(proofs[1]));
});
after(() => rm(folder, { recursive: true, force: true }));

/** The proof with its pairing broken and nothing else: A and C of different proofs. */
const forge = (proof: ProofFile, other: ProofFile) => ({ ...proof, proof: { ...proof.proof, pi_c: other.proof.pi_c } });

const verify = (...words: string[]) => runWords('verify', ...words, '--bundle', join(folder, 'b'));

describe('verifying many proofs', () => {
  it('gives the verdicts of one by one, in order, whatever is among them', async () => {
    const documents = [
      proofs[0],
      forge(proofs[0], proofs[1]),
      null,
      proofs[1],
      { ...proofs[2], publicSignals: [] },
      proofs[2],
    ];
    const many = await verifyInferences(documents, bundle.manifest, bundle.verificationKey);
    const single = await Promise.all(
      documents.map((one) => verifyInference(one, bundle.manifest, bundle.verificationKey)),
    );
    expect(many).to.deep.equal(single);
    expect(many.map(({ valid }) => valid)).to.deep.equal([true, false, false, true, false, true]);
  });

  it('takes folders, globs and NDJSON, and names what does not hold by file and line', async () => {
    const lines = [proofs[2], forge(proofs[2], proofs[0])].map((one) => JSON.stringify(one));
    const all = join(folder, 'all.ndjson');
    await writeFile(all, `${lines[0]}\n\n${lines[1]}\nnot json\n`);
    const good = await verify(join(folder, 'proofs'), '--json');
    expect([good.code, lastJson(good).total, lastJson(good).valid]).to.deep.equal([0, 2, true]);
    expect(lastJson(await verify(join(folder, 'proofs/*.json'), '--json')).total).to.equal(1);
    expect(lastJson(await verify(join(folder, 'proofs/**/t?o.json'), '--json')).total).to.equal(1);
    const mixed = await verify(join(folder, 'proofs'), all, '--json');
    expect(mixed.code).to.equal(1);
    expect(lastJson(mixed)).to.include({ total: 5, valid: false });
    expect((lastJson(mixed).invalid as { name: string }[]).map(({ name }) => name)).to.deep.equal([
      `${all}:3`,
      `${all}:4`,
    ]);
    expect(lastJson(mixed).files).to.deep.equal([
      { path: join(folder, 'proofs/deep/two.json'), proofs: 1 },
      { path: join(folder, 'proofs/one.json'), proofs: 1 },
      { path: all, proofs: 3 },
    ]);
    const one = join(folder, 'proofs/one.json');
    expect(lastJson(await verify(one, '--json')).files).to.deep.equal([{ path: one, proofs: 1 }]);
    expect((await verify(all)).stdout)
      .to.contain(`${all}:3`)
      .and.contain('2 of 3 proofs do not hold');
  });

  it('answers exit code 2 where nothing matches, and 1 for an empty file of proofs', async () => {
    expect((await verify(join(folder, 'none*.json'))).code).to.equal(2);
    expect((await verify(join(folder, 'proofs'), join(folder, 'absent.json'))).code).to.equal(2);
    await writeFile(join(folder, 'empty.ndjson'), '\n');
    expect((await verify(join(folder, 'empty.ndjson'))).code).to.equal(1);
  });

  it('writes a JUnit report in which no name or reason can break out', async () => {
    const evil = join(folder, 'a"<b>&.json');
    await writeFile(evil, '{"format":"]]></failure>"}');
    const report = join(folder, 'report.xml');
    expect((await verify(join(folder, 'proofs/one.json'), evil, '--junit', report)).code).to.equal(1);
    const xml = await readFile(report, 'utf8');
    expect(xml).to.contain('tests="2" failures="1"').and.contain('a&quot;&lt;b&gt;&amp;.json');
    expect(xml.match(/<\/failure>/g)).to.equal(null);
    expect(xml.match(/<testcase /g)).to.have.length(2);
  });

  it('annotates and summarizes under GitHub Actions, and only there', async () => {
    const bad = join(folder, 'bad,50%.json');
    await writeFile(bad, '{}');
    const summary = join(folder, 'summary.md');
    const names = ['GITHUB_ACTIONS', 'GITHUB_STEP_SUMMARY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    try {
      for (const name of names) delete process.env[name];
      expect((await verify(bad)).stderr).to.equal('');
      Object.assign(process.env, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary });
      const { code, stderr } = await verify(bad, join(folder, 'proofs'));
      expect(code).to.equal(1);
      expect(stderr).to.match(/^::error file=.*bad%2C50%25\.json,title=proof not valid::/);
      expect(await readFile(summary, 'utf8'))
        .to.contain('### zkinfer verify sum')
        .and.contain('1 of 3 proofs do not hold');
    } finally {
      for (const [name, value] of before)
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
  });

  it('verifies thousands of proofs a minute', async () => {
    const many = join(folder, 'many.ndjson');
    const lines = proofs.map((one) => JSON.stringify(one));
    await writeFile(many, Array.from({ length: 400 }, (_, i) => lines[i % 3]).join('\n'));
    const { code, stdout } = await verify(many, '--json');
    const json = JSON.parse(stdout) as { total: number; perMinute: number };
    expect([code, json.total]).to.deep.equal([0, 400]);
    expect(json.perMinute).to.be.above(2000);
  });

  it('reads globs as shells do', () => {
    expect(compileGlob('a/*.json').test('a/b.json')).to.equal(true);
    expect(compileGlob('a/*.json').test('a/b/c.json')).to.equal(false);
    expect(compileGlob('**/c.json').test('a/b/c.json')).to.equal(true);
    expect(compileGlob('**/c.json').test('c.json')).to.equal(true);
    expect(compileGlob('a.b').test('axb')).to.equal(false);
  });
});
