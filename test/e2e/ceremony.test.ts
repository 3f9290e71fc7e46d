import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { digestBytes } from '../../src/bundle/digest.js';
import { writeManifest } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import { toCalldata } from '../../src/chain/calldata.js';
import { refuseDevKeyOffLocal } from '../../src/chain/commands/bundle-model.js';
import type { Connection } from '../../src/chain/commands/signer.js';
import { startDevNode } from '../../src/chain/dev-node/start.js';
import { deployContract, verifyOnChain } from '../../src/chain/standalone.js';
import { createDevPtau } from '../../src/groth16/dev-ptau.js';
import { digestPtau } from '../../src/groth16/ptau-file.js';
import {
  compileBundle,
  exportVerifier,
  proveInput,
  readManifest,
  verifyInference,
  writeQModel,
} from '../../src/index.js';
import {
  addBeacon,
  addContribution,
  beginCeremony,
  endCeremony,
  replayCeremony,
} from '../../src/pipeline/hold-ceremony.js';
import { quantizeIris } from './iris.js';

describe('a ceremony between people who exchange a folder', () => {
  let scratch: string;
  let bundle: string;
  let folder: string;
  let ptauPath: string;
  let row: Record<string, Float64Array>;

  before(async function () {
    this.timeout(120_000);
    scratch = await mkdtemp(join(tmpdir(), 'zkinfer-ceremony-'));
    [bundle, folder, ptauPath] = ['bundle', 'ceremony', 'dev.ptau'].map((name) => join(scratch, name));
    const iris = await quantizeIris();
    row = iris.row;
    await writeQModel(join(scratch, 'q.json'), iris.qmodel);
    await compileBundle({ qmodelPath: join(scratch, 'q.json'), outDir: bundle, engine: 'direct' });
    await writeFile(ptauPath, await createDevPtau(9));
  });

  after(() => rm(scratch, { recursive: true, force: true }));

  it('makes a production key that proves, verifies and deploys; too few contributors and unknown powers of tau are refused', async function () {
    this.timeout(180_000);
    await beginCeremony({ folder, bundle, ptauPath });
    const again = beginCeremony({ folder, bundle, ptauPath }).catch((error: { code?: string }) => error.code);
    expect(await again, 'one is held there').to.equal('CEREMONY_EXISTS');
    const pinnedBlake2b = await digestPtau(ptauPath);
    const finish = (pin?: string) =>
      endCeremony({ folder, bundle, ptauPath, pinnedBlake2b: pin }).then(
        () => 'done',
        (error: { code?: string }) => error.code,
      );
    expect(await finish(pinnedBlake2b), 'nobody contributed').to.equal('CEREMONY_INVALID');
    await addBeacon(folder, 'beacon only', '0102', 10);
    expect(await finish(pinnedBlake2b), 'a beacon is no contribution').to.equal('CEREMONY_TOO_FEW');
    await rm(folder, { recursive: true });

    await beginCeremony({ folder, bundle, ptauPath });
    for (const name of ['first', 'second', 'third']) await addContribution(folder, name, `typed by ${name}`);
    await addBeacon(folder, 'beacon', '0102030405', 10);
    expect((await replayCeremony(folder, ptauPath)).valid).to.equal(true);
    expect(await finish(), 'powers of tau of nobody').to.equal('PTAU_UNKNOWN');
    expect(await finish(pinnedBlake2b)).to.equal('done');

    const manifest = await readManifest(bundle);
    expect(manifest.setup).to.deep.include({ profile: 'production', contributions: 3, beacon: true });
    expect(manifest.setup?.overrides).to.deep.equal([
      'powers of tau pinned by hand',
      'nobody contributed to the powers of tau: local chains only',
    ]);
    const { proof } = await proveInput({ dir: bundle, row });
    const key = JSON.parse(await readFile(bundlePaths(bundle).verificationKey, 'utf8')) as unknown;
    expect((await verifyInference(proof, manifest, key)).valid).to.equal(true);
    const { compiled, contractName, sourcePath } = await exportVerifier(bundle);
    expect(contractName).to.not.include('Dev');
    // Nobody contributed to these powers of tau: whoever knows that can forge, so the key never leaves local chains.
    const source = await readFile(sourcePath, 'utf8');
    expect(source).to.include('Override: nobody contributed to the powers of tau').and.include('block.chainid');
    const elsewhere = { isLocal: false, chainId: 1n } as Connection;
    expect(() => refuseDevKeyOffLocal(manifest, elsewhere)).to.throw('local chains only');
    const node = await startDevNode('embedded');
    try {
      const signer = await node.provider.getSigner(0);
      const { address } = await deployContract(signer, compiled);
      const calldata = toCalldata(proof.proof, proof.publicSignals);
      const changed = { ...calldata, signals: calldata.signals.map((signal, i) => (i === 1 ? signal + 1n : signal)) };
      expect((await verifyOnChain(signer, address, compiled, calldata)).valid).to.equal(true);
      expect((await verifyOnChain(signer, address, compiled, changed)).valid).to.equal(false);
    } finally {
      await node.close();
    }
  });

  it('refuses a bundle with a changed file, and a circuit that was not audited or not proved sound', async function () {
    this.timeout(60_000);
    const pinnedBlake2b = await digestPtau(ptauPath);
    const manifest = await readManifest(bundle);
    const finish = async (audit: string | undefined) => {
      const copy = join(scratch, 'unaudited');
      await rm(copy, { recursive: true, force: true });
      await cp(bundle, copy, { recursive: true });
      if (audit !== undefined) await writeFile(bundlePaths(copy).audit, audit);
      const artifacts = { ...manifest.artifacts, audit: audit === undefined ? undefined : digestBytes(audit) };
      await writeManifest(copy, { ...manifest, artifacts });
      return endCeremony({ folder, bundle: copy, ptauPath, pinnedBlake2b }).catch(
        (error: { code?: string }) => error.code,
      );
    };
    expect(await finish(undefined)).to.equal('POLICY_NO_AUDIT');
    expect(await finish('{"proved":false}')).to.equal('POLICY_NO_AUDIT');
    const copy = join(scratch, 'changed');
    await cp(bundle, copy, { recursive: true });
    await writeFile(bundlePaths(copy).qmodel, '{}');
    const changed = endCeremony({ folder, bundle: copy, ptauPath, pinnedBlake2b });
    expect(await changed.catch((error: { code?: string }) => error.code)).to.equal('ARTIFACT_MISMATCH');
  });

  it('finds a contribution that was replaced', async function () {
    this.timeout(60_000);
    const path = join(folder, 'ceremony.json');
    const transcript = JSON.parse(await readFile(path, 'utf8')) as { steps: { name: string }[] };
    transcript.steps[1].name = 'somebody else';
    await writeFile(path, JSON.stringify(transcript));
    const report = await replayCeremony(folder, ptauPath);
    expect(report.valid).to.equal(false);
    expect(report.problems.join()).to.include('name of step 2');
  });
});
