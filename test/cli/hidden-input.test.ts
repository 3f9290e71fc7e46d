import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ProofFile } from '../../src/verify/proof-file.js';
import { runWords } from './capture.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/iris-mlp');
const MARKER = '5.271828182';

let folder: string;
const at = (name: string) => join(folder, name);

async function run(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runWords(...words);
  expect(code, `${words.join(' ')}\n${stderr}`).to.equal(0);
  return stdout + stderr;
}

/** A bundle of the same integer model whose statement shows the input as told. */
async function makeBundle(visibility: string): Promise<string> {
  const bundle = at(visibility);
  await run('compile', at('m.qmodel.json'), '-o', bundle, '--input', visibility, '--engine', 'direct', '--no-audit');
  await run('setup', bundle);
  return bundle;
}

async function readProof(name: string): Promise<ProofFile> {
  return JSON.parse(await readFile(at(name), 'utf8')) as ProofFile;
}

describe('S3: inputs that the statement hides', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-hidden-'));
    const model = join(SAMPLE, 'model.onnx');
    await run('quantize', model, '--calibration', join(SAMPLE, 'calibration.json'), '-o', at('m.qmodel.json'));
    await writeFile(at('input.json'), `[${MARKER}, 3.5, 1.4, 0.2]`);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('S3 appear neither as numbers nor as codes in anything that is printed or written', async () => {
    const open = await makeBundle('public');
    await run('prove', open, '--input', at('input.json'), '-o', at('open.json'));
    const codes = (await readProof('open.json')).statement.input;
    expect(codes).to.match(/^[0-9a-f]{8,}$/);
    const secrets = [MARKER, codes, String(BigInt(`0x${codes}`))];
    await rm(at('open.json'));

    const hidden = { private: await makeBundle('private'), committed: await makeBundle('committed') };
    const scratch = at('scratch');
    await mkdir(scratch);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = scratch;
    const seen: string[] = [];
    try {
      seen.push(await run('prove', hidden.private, '--input', at('input.json'), '-o', at('private.json'), '--debug'));
      const salted = ['--input', at('input.json'), '--salt', at('salt')];
      seen.push(await run('prove', hidden.committed, ...salted, '-o', at('committed.json'), '--json'));
      for (const [name, bundle] of Object.entries(hidden)) {
        seen.push(await run('verify', at(`${name}.json`), '--bundle', bundle));
      }
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
    const written = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name !== 'input.json')
      .map((entry) => join(entry.parentPath, entry.name));
    expect(written).to.include.members([at('private.json'), at('committed.json')]);
    for (const path of written) seen.push(path, (await readFile(path)).toString('latin1'));
    for (const secret of secrets) for (const text of seen) expect(text.includes(secret), secret).to.equal(false);
  });

  it('S3 are committed to with a salt that only its owner may read, and that no proof holds', async () => {
    expect((await stat(at('salt'))).mode & 0o077).to.equal(0);
    const salt = (await readFile(at('salt'), 'utf8')).trim();
    expect(salt).to.match(/^\d{60,}$/);
    expect(await readFile(at('committed.json'), 'utf8')).to.not.contain(salt);
    const again = ['prove', at('committed'), '--input', at('input.json'), '-o', at('again.json')];
    await run(...again, '--salt', at('salt'));
    expect((await readProof('again.json')).statement.input).to.equal(
      (await readProof('committed.json')).statement.input,
    );
    await run(...again, '--salt', at('other-salt'));
    expect((await readProof('again.json')).statement.input).to.not.equal(
      (await readProof('committed.json')).statement.input,
    );
  });
});
