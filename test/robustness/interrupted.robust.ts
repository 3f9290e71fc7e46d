import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findMismatches } from '../../src/bundle/artifacts.js';
import { withBundleLock } from '../../src/bundle/lock.js';
import { readManifest } from '../../src/bundle/manifest-file.js';
import { digestFolder, startCli } from './process.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/iris-mlp');
const KILLS_PER_STEP = 4;

let folder: string;
let clean: string;
let input: string;

before(async function () {
  this.timeout(120_000);
  folder = await mkdtemp(join(tmpdir(), 'zkinfer-robust-'));
  clean = join(folder, 'clean');
  const words = ['build', join(SAMPLE, 'model.onnx'), '--calibration', join(SAMPLE, 'calibration.json'), '-o', clean];
  const built = await startCli(words).ended;
  expect(built.code, built.output).to.equal(0);
  input = join(folder, 'x.json');
  await writeFile(input, '[5.8, 2.8, 5.1, 2.4]');
});
after(() => rm(folder, { recursive: true, force: true }));

/** The steps that change a bundle folder, as command lines. */
const steps: Record<string, (bundle: string) => string[]> = {
  compile: (bundle) => ['compile', join(clean, 'model.qmodel.json'), '-o', bundle],
  setup: (bundle) => ['setup', bundle],
  'export-verifier': (bundle) => ['export-verifier', bundle],
};

async function copyClean(name: string): Promise<string> {
  const bundle = join(folder, name);
  await rm(bundle, { recursive: true, force: true });
  await cp(clean, bundle, { recursive: true });
  return bundle;
}

/** Whole, once a writer has taken the lock. */
async function expectIntact(bundle: string): Promise<void> {
  await withBundleLock(bundle, async () => undefined);
  expect(await findMismatches(bundle, await readManifest(bundle))).to.deep.equal([]);
}

const leftovers = async (bundle: string) => (await readdir(bundle)).filter((name) => name.startsWith('.'));

describe('A5: interrupted work', function () {
  this.timeout(300_000);

  for (const [name, words] of Object.entries(steps)) {
    it(`A5 kill -9 during ${name} leaves the old bundle or the new, and the next run works`, async () => {
      const bundle = await copyClean(`killed-${name}`);
      const whole = await startCli(words(bundle)).ended;
      expect(whole.code, whole.output).to.equal(0);
      let killed = 0;
      for (let i = 0; i < KILLS_PER_STEP; i++) {
        const run = startCli(words(bundle));
        const timer = setTimeout(() => run.child.kill('SIGKILL'), whole.ms * (0.3 + (0.65 * i) / (KILLS_PER_STEP - 1)));
        const { signal } = await run.ended;
        clearTimeout(timer);
        if (signal === 'SIGKILL') killed++;
        await expectIntact(bundle);
      }
      expect(killed, 'kills that came before the end').to.be.at.least(2);
      const next = await startCli(words(bundle)).ended;
      expect(next.code, next.output).to.equal(0);
      await expectIntact(bundle);
      expect(await leftovers(bundle)).to.deep.equal([]);
    });
  }

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`A5 ${signal} leaves the old bundle, no lock and nothing half-written, and exits ${code}`, async () => {
      const bundle = await copyClean(signal);
      const scratch = join(folder, `tmp-${signal}`);
      await mkdir(scratch);
      const before = await digestFolder(bundle);
      const run = startCli(steps.compile(bundle), { TMPDIR: scratch });
      while (!run.output().includes('compiling with circom')) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await leftovers(bundle)).to.include('.lock');
      run.child.kill(signal);
      const ended = await run.ended;
      expect(ended.code, ended.output).to.equal(code);
      expect(await digestFolder(bundle)).to.deep.equal(before);
      // The TypeScript loader keeps a cache of its own there.
      expect((await readdir(scratch)).filter((name) => !name.startsWith('tsx-'))).to.deep.equal([]);
    });
  }

  it('A5 two runs on one folder: the second says who holds the lock, the first is not disturbed', async () => {
    const bundle = await copyClean('two');
    const first = startCli(steps.compile(bundle));
    while (!first.output().includes('compiling with circom')) await new Promise((resolve) => setTimeout(resolve, 10));
    // Held still while it holds the lock, so that the second comes in time on any machine.
    first.child.kill('SIGSTOP');
    const second = await startCli(steps.setup(bundle)).ended;
    first.child.kill('SIGCONT');
    const { code, output } = await first.ended;
    expect(second.code, second.output).to.equal(4);
    expect(second.output).to.contain(`locked by pid ${first.child.pid}`);
    expect(code, output).to.equal(0);
    await expectIntact(bundle);
  });
});

describe('A5: places that cannot be written', function () {
  this.timeout(120_000);
  let mount: string;

  before(async function () {
    mount = join(folder, 'mount');
    await mkdir(mount);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mount], { stdio: 'ignore' });
    } catch {
      console.log('      not permitted to mount a tmpfs here: skipped');
      this.skip();
    }
  });
  after(() => {
    try {
      execFileSync('umount', [mount], { stdio: 'ignore' });
    } catch {
      // It was not mounted.
    }
  });

  async function fillDisk(leaveBytes: number): Promise<void> {
    const { bavail, bsize } = await (await import('node:fs/promises')).statfs(mount);
    await writeFile(join(mount, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
  }

  it('A5 a full disk: exit 4, the old bundle intact, nothing half-written; with space again the next run works', async () => {
    const bundle = join(mount, 'iris');
    await cp(clean, bundle, { recursive: true });
    await fillDisk(32 * 1024);
    const before = await digestFolder(mount);
    const commands = [
      steps.setup(bundle),
      [...steps.compile(bundle), '--engine', 'direct'],
      steps.compile(bundle),
      ['prove', bundle, '--input', input, '-o', join(mount, 'deep', 'proof.json')],
    ];
    for (const words of commands) {
      const { code, output } = await startCli(words).ended;
      const isProof = words[0] === 'prove';
      // A proof of 4 KB fits into what is left; everything else does not.
      expect(code, `${words.join(' ')}\n${output}`).to.equal(isProof ? 0 : 4);
      if (!isProof) expect(await digestFolder(mount), words.join(' ')).to.deep.equal(before);
    }
    await rm(join(mount, 'deep'), { recursive: true });
    await fillDisk(0).catch(() => undefined);
    const full = await startCli(['prove', bundle, '--input', input, '-o', join(mount, 'proof.json')]).ended;
    expect([0, 4]).to.include(full.code);
    if (full.code === 4) expect(await readdir(mount)).to.not.include('proof.json');
    else expect(JSON.parse(await readFile(join(mount, 'proof.json'), 'utf8')).format).to.equal('zkinfer-proof/1');
    await rm(join(mount, 'filler'));
    const again = await startCli(steps.setup(bundle)).ended;
    expect(again.code, again.output).to.equal(0);
    await expectIntact(bundle);
    await rm(bundle, { recursive: true });
  });

  it('A5 a read-only folder: exit 2 for what writes, while verify and inspect work', async () => {
    const bundle = join(mount, 'iris');
    await cp(clean, bundle, { recursive: true });
    const proof = join(mount, 'proof.json');
    expect((await startCli(['prove', bundle, '--input', input, '-o', proof]).ended).code).to.equal(0);
    execFileSync('mount', ['-o', 'remount,ro', mount]);
    try {
      for (const words of [
        steps.setup(bundle),
        steps.compile(bundle),
        ['prove', bundle, '--input', input, '-o', join(mount, 'p.json')],
      ]) {
        const { code, output } = await startCli(words).ended;
        expect(code, `${words.join(' ')}\n${output}`).to.equal(2);
      }
      const verified = await startCli(['verify', proof, '--bundle', bundle]).ended;
      expect(verified.code, verified.output).to.equal(0);
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', mount]);
    }
    expect((await stat(proof)).size).to.be.above(0);
  });
});

describe('W2: a batch that is killed', function () {
  this.timeout(120_000);

  it('W2 goes on where it stopped and ends with the proofs of a clean run', async () => {
    const rows = join(folder, 'rows.ndjson');
    const test = JSON.parse(await readFile(join(SAMPLE, 'test.json'), 'utf8')) as {
      inputs: Record<string, { rows: number[][] }>;
    };
    await writeFile(
      rows,
      Object.values(test.inputs)[0]
        .rows.slice(0, 12)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    const proofs = join(folder, 'proofs');
    const words = ['prove', clean, '--batch', rows, '-o', proofs, '--workers', '1'];
    const run = startCli(words);
    while (!(await readdir(proofs).catch((): string[] => [])).includes('proof-000003.json')) {
      if (run.child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    run.child.kill('SIGKILL');
    await run.ended;
    // A temporary of the process that was killed, wherever the kill came.
    await writeFile(join(proofs, `.proof-000009.json.${run.child.pid}-7.tmp`), '{');
    const there = (await readdir(proofs)).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
    const times = await Promise.all(there.map(async (name) => (await stat(join(proofs, name))).mtimeMs));
    const next = await startCli([...words, '--json', '--quiet']).ended;
    expect(next.code, next.output).to.equal(0);
    expect(JSON.parse(next.output)).to.include({ skipped: there.length, done: 12 - there.length, failed: 0 });
    const again = await Promise.all(there.map(async (name) => (await stat(join(proofs, name))).mtimeMs));
    expect(again, 'finished items are not redone').to.deep.equal(times);
    const names = await readdir(proofs);
    expect(names).to.have.length(12);
    for (const name of names) {
      expect((await startCli(['verify', join(proofs, name), '--bundle', clean]).ended).code).to.equal(0);
    }
  });
});
