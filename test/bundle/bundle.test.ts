import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ARTIFACT_NAMES } from '../../src/bundle/artifact-names.js';
import { checkArtifacts, isFresh } from '../../src/bundle/artifacts.js';
import { abandonPendingFiles, replaceFile, writeFileAtomic } from '../../src/bundle/atomic.js';
import { printCanonicalJson } from '../../src/bundle/canonical-json.js';
import { describeStatement } from '../../src/bundle/describe-statement.js';
import { digestBytes, digestFile } from '../../src/bundle/digest.js';
import { withBundleLock } from '../../src/bundle/lock.js';
import { type Manifest, parseManifest } from '../../src/bundle/manifest.js';
import { readManifest, writeManifest } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import { ZkinferError } from '../../src/core/error.js';
import { makeEveryKind } from './quant-graph.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zkinfer-bundle-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function errorOf(work: Promise<unknown>): Promise<ZkinferError> {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).to.be.instanceOf(ZkinferError);
  return error as ZkinferError;
}

function makeManifest(): Manifest {
  return {
    format: 'zkinfer-bundle/1',
    name: 'm',
    source: { name: 'm.onnx', digest: digestBytes('onnx') },
    tools: { zkinfer: '0.1.0', circom: '2.2.3' },
    artifacts: { r1cs: digestBytes('r1cs'), provingKey: digestBytes('zkey') },
    statement: describeStatement(makeEveryKind()),
    circuit: {
      engine: 'circom',
      overflow: 'saturate',
      flags: ['--O1'],
      constraints: 12,
      wires: 30,
      layers: [{ name: 'fc', kind: 'linear', constraints: 12 }],
    },
    setup: { profile: 'dev', ptau: null, contributions: 1, beacon: false, overrides: [] },
  };
}

describe('canonical JSON', () => {
  it('has the same bytes for every order of keys', () => {
    expect(printCanonicalJson({ b: [1, [2]], a: { d: null, c: undefined } })).to.equal(
      printCanonicalJson({ a: { d: null }, b: [1, [2]] }),
    );
    expect(JSON.parse(printCanonicalJson({ a: [{ b: 0.1 }, 'x"y'] }))).to.deep.equal({ a: [{ b: 0.1 }, 'x"y'] });
    expect(() => printCanonicalJson({ a: Number.NaN })).to.throw(RangeError);
  });
});

describe('the manifest', () => {
  it('is written and read back, byte for byte the same', async () => {
    await writeManifest(folder, makeManifest());
    const first = await readFile(bundlePaths(folder).manifest, 'utf8');
    expect(await readManifest(folder)).to.deep.equal(makeManifest());
    await writeManifest(folder, await readManifest(folder));
    expect(await readFile(bundlePaths(folder).manifest, 'utf8')).to.equal(first);
  });

  it('is refused with exit code 3 where a key is unknown, missing or of another type', () => {
    const changes: Record<string, unknown>[] = [
      { format: 'zkinfer-bundle/2' },
      { extra: 1 },
      { setup: undefined },
      { artifacts: { r1cs: 'sha256:AB' } },
      { artifacts: { unknown: digestBytes('') } },
      { setup: { ...makeManifest().setup, profile: 'prod' } },
      { statement: { ...makeManifest().statement, publicSignals: [1] } },
    ];
    for (const change of changes) {
      const text = JSON.stringify({ ...makeManifest(), ...change });
      expect(() => parseManifest(text), JSON.stringify(change))
        .to.throw(ZkinferError)
        .with.property('exitCode', 3);
    }
    for (const text of ['', '[]', 'null', '{'])
      expect(() => parseManifest(text))
        .to.throw(ZkinferError)
        .with.property('exitCode', 3);
  });

  it('names every artifact exactly once', () => {
    const paths = Object.values(bundlePaths('b'));
    expect(new Set(paths).size).to.equal(ARTIFACT_NAMES.length + 3);
  });

  it('describes inputs and outputs: bytes an element, their limb, then the context', () => {
    const { inputs, outputs, publicSignals } = describeStatement(makeEveryKind());
    expect(inputs.map(({ bytesPerElement, bits }) => [bytesPerElement, bits])).to.deep.equal([[1, 8]]);
    expect(outputs.slice(0, 2).map((output) => output.bytesPerElement)).to.deep.equal([1, 2]);
    expect(publicSignals).to.deep.equal(['inputAndOutput', 'context']);
  });
});

describe('A2: artifacts that are not the manifest’s', () => {
  async function makeBundle(): Promise<Manifest> {
    const manifest = makeManifest();
    await writeManifest(folder, manifest);
    await writeFile(bundlePaths(folder).r1cs, 'r1cs');
    await writeFile(bundlePaths(folder).provingKey, 'zkey');
    return manifest;
  }

  it('are refused with exit code 3, naming both digests', async () => {
    const manifest = await makeBundle();
    await checkArtifacts(folder, manifest, ['r1cs', 'provingKey']);
    await writeFile(bundlePaths(folder).r1cs, 'r1ct');
    const error = await errorOf(checkArtifacts(folder, manifest, ['r1cs']));
    expect(error.exitCode).to.equal(3);
    expect(error.facts.join('\n')).to.contain(digestBytes('r1cs')).and.contain(digestBytes('r1ct'));
    await rm(bundlePaths(folder).r1cs);
    expect((await errorOf(checkArtifacts(folder, manifest, ['r1cs']))).facts.join('\n')).to.contain('no file');
  });

  it('are told from steps that were not run, with the command to run', async () => {
    const error = await errorOf(checkArtifacts(folder, await makeBundle(), ['verificationKey']));
    expect(error.exitCode).to.equal(2);
    expect(error.hint).to.contain('zkinfer setup');
  });

  it('are fresh only while source and files have the digests of the manifest', async () => {
    const manifest = await makeBundle();
    const madeFrom = { r1cs: await digestFile(bundlePaths(folder).r1cs) };
    expect(await isFresh(folder, manifest, madeFrom, ['provingKey'])).to.equal(true);
    expect(await isFresh(folder, manifest, { r1cs: digestBytes('other') }, ['provingKey'])).to.equal(false);
    expect(await isFresh(folder, manifest, madeFrom, ['verificationKey'])).to.equal(false);
    await writeFile(bundlePaths(folder).provingKey, 'touched');
    expect(await isFresh(folder, manifest, madeFrom, ['provingKey'])).to.equal(false);
  });
});

describe('atomic writes', () => {
  it('leave the old file and no temporary when the writer fails', async () => {
    const path = join(folder, 'a.json');
    await writeFileAtomic(path, 'old');
    const failing = replaceFile(path, async (temporary) => {
      await writeFile(temporary, 'half');
      throw new ZkinferError({ code: 'X', kind: 'internal', message: 'x' });
    });
    expect((await errorOf(failing)).code).to.equal('X');
    expect(await readFile(path, 'utf8')).to.equal('old');
    expect(await readdir(folder)).to.deep.equal(['a.json']);
  });

  it('leave the old file and no temporary when a signal arrives', async () => {
    const path = join(folder, 'a.json');
    await writeFileAtomic(path, 'old');
    const running = replaceFile(path, async (temporary) => {
      await writeFile(temporary, 'half');
      abandonPendingFiles();
    });
    await errorOf(running);
    expect(await readdir(folder)).to.deep.equal(['a.json']);
    expect(await readFile(path, 'utf8')).to.equal('old');
  });

  it('turn the system’s refusal into an error with the path', async () => {
    await writeFile(join(folder, 'file'), '');
    const error = await errorOf(writeFileAtomic(join(folder, 'file', 'below.json'), 'x'));
    expect(error.exitCode).to.equal(2);
    expect(error.facts[0]).to.equal(join(folder, 'file'));
  });
});

describe('the lock of a bundle', () => {
  const holder = (pid: number) => JSON.stringify({ pid, began: '', host: hostname() });

  it('lets one writer in and names it to the other', async () => {
    let error: ZkinferError | undefined;
    await withBundleLock(folder, async () => {
      error = await errorOf(withBundleLock(folder, async () => undefined));
    });
    expect(error?.message).to.contain(`locked by pid ${process.pid}`);
    expect(error?.exitCode).to.equal(4);
    expect(await withBundleLock(folder, async () => 'free again')).to.equal('free again');
  });

  it('is taken over from a process that is gone, whose temporaries are removed', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await writeFile(bundlePaths(folder).lock, holder(child.pid as number));
    await writeFile(join(folder, `.circuit.r1cs.${child.pid}-0.tmp`), 'half');
    await withBundleLock(folder, async () => {
      expect(await readdir(folder)).to.deep.equal(['.lock']);
    });
  });

  it('is not taken from a process that runs, and is taken from one whose id was used again', async () => {
    const { lock } = bundlePaths(folder);
    await mkdir(folder, { recursive: true });
    await writeFile(lock, holder(process.ppid));
    expect((await errorOf(withBundleLock(folder, async () => undefined))).code).to.equal('BUNDLE_LOCKED');
    await writeFile(lock, JSON.stringify({ pid: process.ppid, began: '1', host: hostname() }));
    if (process.platform === 'linux') expect(await withBundleLock(folder, async () => 1)).to.equal(1);
  });

  it('goes to exactly one of many who find it stale', async () => {
    await writeFile(bundlePaths(folder).lock, holder(2 ** 22 + 1));
    let inside = 0;
    const wins = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        withBundleLock(folder, async () => {
          inside++;
          expect(inside).to.equal(1);
          await new Promise((resolve) => setTimeout(resolve, 20));
          inside--;
        }),
      ),
    );
    expect(wins.filter(({ status }) => status === 'fulfilled')).to.have.length.at.least(1);
    const reasons = wins.flatMap((win) => (win.status === 'rejected' ? [String(win.reason.code ?? win.reason)] : []));
    expect(reasons.filter((reason) => reason !== 'BUNDLE_LOCKED')).to.deep.equal([]);
  });
});
