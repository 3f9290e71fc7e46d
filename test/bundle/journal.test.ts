import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findMismatches } from '../../src/bundle/artifacts.js';
import { digestBytes } from '../../src/bundle/digest.js';
import { replaceTogether } from '../../src/bundle/journal.js';
import { withBundleLock } from '../../src/bundle/lock.js';
import { encodeManifest, readManifest, writeBundle } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import { ZkinferError } from '../../src/core/error.js';
import { runWords } from '../cli/capture.js';
import { makeBundleFiles } from './small-bundle.js';

/** Files renamed and removed in one change: the journal, three artifacts, the manifest; the artifacts that are no more. */
const LAST_STEP = 20;

const errorOf = (work: Promise<unknown>) => work.catch((cause: unknown) => cause);

describe('A5 a change of a bundle that is cut short', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-journal-'));
    const { files, manifest } = makeBundleFiles('old');
    await writeBundle(folder, files, manifest);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function killAfter(steps: number): Promise<boolean> {
    const program = join(import.meta.dirname, 'killed-program.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', program, folder, String(steps), 'new'], {
      stdio: 'inherit',
    });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (signal === null) expect(code).to.equal(0);
    return signal === 'SIGKILL';
  }

  it('A5 kill -9 between any two renames: the next writer finds the whole old bundle or the whole new one', async () => {
    const seen: string[] = [];
    let refused = 0;
    for (let steps = 0; ; steps += steps < 6 ? 1 : 4) {
      expect(steps).to.be.at.most(LAST_STEP);
      const killed = await killAfter(steps);
      if ((await readdir(folder)).includes('.unfinished.json')) {
        refused++;
        expect(await errorOf(readManifest(folder))).to.include({ code: 'BUNDLE_UNFINISHED' });
      }
      await withBundleLock(folder, async () => undefined);
      const manifest = await readManifest(folder);
      expect(await findMismatches(folder, manifest)).to.deep.equal([]);
      const isNew = manifest.source.digest === digestBytes('new');
      expect((await readdir(folder)).includes('verifier.sol'), 'goes with the old manifest').to.equal(!isNew);
      seen.push(isNew ? 'new' : 'old');
      expect((await readdir(folder)).filter((name) => name.startsWith('.'))).to.deep.equal([]);
      if (!killed) break;
      await rm(folder, { recursive: true });
      await mkdir(folder);
      const { files, manifest: old } = makeBundleFiles('old');
      await writeBundle(folder, files, old);
    }
    expect(refused).to.be.above(0);
    expect(seen.indexOf('new')).to.be.above(0);
    expect(seen.lastIndexOf('old')).to.be.below(seen.indexOf('new'));
  });

  it('A5 leaves every old file where one of the new cannot be written', async () => {
    const paths = bundlePaths(folder);
    const failing = replaceTogether(
      folder,
      [
        [paths.r1cs, 'new r1cs'],
        [join(paths.qmodel, 'below'), 'never'],
      ],
      [paths.solidity],
    );
    expect(await failing.catch((error: ZkinferError) => error.code)).to.equal('FOLDER_IS_FILE');
    expect(await findMismatches(folder, await readManifest(folder))).to.deep.equal([]);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).to.deep.equal([]);
  });

  it('passes over a journal that names anything but a bundle’s own files', async () => {
    const outside = join(folder, '..', 'zkinfer-outside');
    await writeFile(outside, 'mine');
    await writeFile(join(folder, '.evil.1-1.tmp'), 'evil');
    for (const journal of [
      'not json',
      '[]',
      'null',
      JSON.stringify({ rename: [['.evil.1-1.tmp', '../zkinfer-outside']], remove: ['../zkinfer-outside', 'own.txt'] }),
      JSON.stringify({ rename: [['.evil.1-1.tmp', 'manifest.json'], 7], remove: 'manifest.json' }),
    ]) {
      await writeFile(join(folder, 'own.txt'), 'kept');
      await writeFile(join(folder, '.unfinished.json'), journal);
      await withBundleLock(folder, async () => undefined);
      expect((await readManifest(folder)).source.digest, journal).to.equal(digestBytes('old'));
      expect(await readdir(folder))
        .to.include('own.txt')
        .and.not.include('.unfinished.json');
    }
    expect(await readFile(outside, 'utf8')).to.equal('mine');
    await rm(outside);
  });

  it('puts no other manifest in the place of the one that a reader was given, and changes nothing in the folder', async () => {
    const { manifest } = makeBundleFiles('new');
    const waiting = '.manifest.json.1-0.tmp';
    await writeFile(join(folder, waiting), encodeManifest(manifest));
    await writeFile(
      join(folder, '.unfinished.json'),
      JSON.stringify({ rename: [[waiting, 'manifest.json']], remove: [] }),
    );
    const before = await readFile(bundlePaths(folder).manifest, 'utf8');
    const names = (await readdir(folder)).sort();
    const { code, stderr } = await runWords('verify', join(folder, 'proof.json'), '--bundle', folder);
    expect(code, stderr).to.equal(3);
    expect(stderr).to.contain('BUNDLE_UNFINISHED').and.contain(waiting).and.contain('.unfinished.json');
    for (const words of [
      ['check', folder],
      ['report', folder, '-o', join(folder, 'card.html')],
    ])
      expect((await runWords(...words)).stderr, words[0]).to.contain('BUNDLE_UNFINISHED');
    expect((await readdir(folder)).sort()).to.deep.equal(names);
    expect(await readFile(bundlePaths(folder).manifest, 'utf8')).to.equal(before);
    await withBundleLock(folder, async () => undefined);
    expect((await readManifest(folder)).source.digest, 'a writer finishes it').to.equal(digestBytes('new'));
  });

  it('places an opening with the rest of its bundle, readable by its owner alone', async () => {
    const { files, manifest } = makeBundleFiles('new');
    await writeBundle(folder, files, manifest, 'secret');
    const { weightsOpening } = bundlePaths(folder);
    expect([await readFile(weightsOpening, 'utf8'), (await stat(weightsOpening)).mode & 0o777]).to.deep.equal([
      'secret',
      0o600,
    ]);
    const waiting = '.weights.secret.json.1-0.tmp';
    await writeFile(join(folder, waiting), 'staged', { mode: 0o600 });
    await rm(weightsOpening);
    const journal = { rename: [[waiting, 'weights.secret.json']], remove: ['weights.secret.json'] };
    await writeFile(join(folder, '.unfinished.json'), JSON.stringify(journal));
    await withBundleLock(folder, async () => undefined);
    expect(await readFile(weightsOpening, 'utf8')).to.equal('staged');
  });

  it('lets a reader wait for a writer that is at it, and refuses where the writer does not end', async () => {
    await writeFile(join(folder, '.unfinished.json'), '{}');
    await writeFile(bundlePaths(folder).lock, JSON.stringify({ pid: 1, began: '', host: 'elsewhere' }));
    const error = await readManifest(folder).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(ZkinferError);
    expect(error).to.include({ code: 'BUNDLE_UNFINISHED', exitCode: 3 });
    expect((error as ZkinferError).facts.join()).to.contain('.unfinished.json');
    const read = readManifest(folder);
    await rm(join(folder, '.unfinished.json'));
    expect((await read).source.digest).to.equal(digestBytes('old'));
  });
});
