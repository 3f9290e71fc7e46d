import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findMismatches } from '../../src/bundle/artifacts.js';
import { digestBytes } from '../../src/bundle/digest.js';
import { replaceTogether } from '../../src/bundle/journal.js';
import { withBundleLock } from '../../src/bundle/lock.js';
import { readManifest, writeBundle } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import { ZkinferError } from '../../src/core/error.js';
import { makeBundleFiles } from './small-bundle.js';

/** Files renamed and removed in one change: the journal, three artifacts, the manifest; the artifacts that are no more. */
const LAST_STEP = 20;

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

  it('A5 kill -9 between any two renames: the next reader finds the whole old bundle or the whole new one', async () => {
    const seen: string[] = [];
    for (let steps = 0; ; steps += steps < 6 ? 1 : 4) {
      expect(steps).to.be.at.most(LAST_STEP);
      const killed = await killAfter(steps);
      const manifest = await readManifest(folder);
      expect(await findMismatches(folder, manifest)).to.deep.equal([]);
      const isNew = manifest.source.digest === digestBytes('new');
      expect((await readdir(folder)).includes('verifier.sol'), 'goes with the old manifest').to.equal(!isNew);
      seen.push(isNew ? 'new' : 'old');
      await withBundleLock(folder, async () => undefined);
      expect((await readdir(folder)).filter((name) => name.startsWith('.'))).to.deep.equal([]);
      if (!killed) break;
      await rm(folder, { recursive: true });
      await mkdir(folder);
      const { files, manifest: old } = makeBundleFiles('old');
      await writeBundle(folder, files, old);
    }
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
      expect((await readManifest(folder)).source.digest, journal).to.equal(digestBytes('old'));
      expect(await readdir(folder))
        .to.include('own.txt')
        .and.not.include('.unfinished.json');
    }
    expect(await readFile(outside, 'utf8')).to.equal('mine');
    await rm(outside);
  });

  it('says so where it cannot be finished, because somebody on another machine holds the lock', async () => {
    await writeFile(join(folder, '.unfinished.json'), '{}');
    await writeFile(bundlePaths(folder).lock, JSON.stringify({ pid: 1, began: '', host: 'elsewhere' }));
    const error = await readManifest(folder).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(ZkinferError);
    expect(error).to.include({ code: 'BUNDLE_UNFINISHED', exitCode: 3 });
    expect((error as ZkinferError).facts.join()).to.contain('pid 1 on elsewhere');
  });
});
