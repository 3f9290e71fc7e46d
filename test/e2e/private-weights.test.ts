import { cp, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { digestFile } from '../../src/bundle/digest.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import type { QModel } from '../../src/bundle/qmodel.js';
import { toCalldata } from '../../src/chain/calldata.js';
import { registerBundle } from '../../src/chain/commands/register.js';
import { deployContract, verifyOnChain } from '../../src/chain/standalone.js';
import {
  compileBundle,
  exportVerifier,
  openBundle,
  proveInput,
  proveRow,
  readManifest,
  setupBundle,
  verifyInference,
  writeQModel,
} from '../../src/index.js';
import { checkBundle } from '../../src/pipeline/check-bundle.js';
import { commitToWeights } from '../../src/pipeline/commit-weights.js';
import { verifyWeights } from '../../src/pipeline/verify-weights.js';
import { openVerifyingBundle, verifyProofFile } from '../../src/verify/verify-files.js';
import { startNode } from '../chain/support/nodes.js';
import { lastJson, runWords } from '../cli/capture.js';
import { quantizeIris } from './iris.js';

/** The same network with other weights: those of the first layer halved. */
function retrain(qmodel: QModel): QModel {
  let layer = 0;
  const nodes = qmodel.graph.nodes.map((node) => {
    if (node.kind !== 'linear' || layer++ > 0) return node;
    return {
      ...node,
      map: { ...node.map, kernels: node.map.kernels.map((kernel) => kernel.map((w) => Math.trunc(w / 2))) },
    };
  });
  return { ...qmodel, graph: { ...qmodel.graph, nodes } };
}

describe('private weights, from compile to verdict', () => {
  let folder: string;
  let row: Record<string, Float64Array>;
  const at = (name: string) => join(folder, name);
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );
  const refusals = (works: readonly Promise<unknown>[]) => Promise.all(works.map(refusal));

  before(async function () {
    this.timeout(60_000);
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-weights-'));
    const iris = await quantizeIris();
    row = iris.row;
    await writeQModel(at('one.qmodel.json'), iris.qmodel);
    await writeQModel(at('two.qmodel.json'), retrain(iris.qmodel));
    const compiled = await compileBundle({
      qmodelPath: at('one.qmodel.json'),
      outDir: at('shape'),
      weights: 'private',
      room: 2,
    });
    expect(compiled.audit).to.equal('proved');
    await setupBundle({ dir: at('shape') });
    for (const name of ['one', 'two']) {
      const request = { architectureDir: at('shape'), qmodelPath: at(`${name}.qmodel.json`), outDir: at(name) };
      expect((await commitToWeights(request)).model).to.match(/^sha256:/);
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('serves two models with one setup: each proves, and its proof holds under its own key alone', async () => {
    const proofs = [];
    for (const name of ['one', 'two']) {
      const { proof } = await proveInput({ dir: at(name), row, context: '42', outPath: at(`${name}.proof.json`) });
      expect(
        await verifyProofFile(at(`${name}.proof.json`), await openVerifyingBundle(at(name)), { context: '42' }),
      ).to.include({ valid: true });
      proofs.push(proof);
    }
    expect(await digestFile(bundlePaths(at('one')).provingKey)).to.equal(
      await digestFile(bundlePaths(at('two')).provingKey),
    );
    expect(proofs[0].outputs).to.not.deep.equal(proofs[1].outputs);
    const other = await openVerifyingBundle(at('two'));
    const renamed = { ...proofs[0], digests: proofs[1].digests };
    expect(await verifyInference(renamed, other.manifest, other.verificationKey)).to.deep.equal({
      valid: false,
      reason: 'the pairing equation does not hold',
    });
  });

  it('is verified by an ordinary contract, which refuses the proof of the other model', async function () {
    this.timeout(30_000);
    const node = await startNode('embedded');
    try {
      const { compiled } = await exportVerifier(at('one'));
      const { address } = await deployContract(await node.provider.getSigner(0), compiled);
      const ask = async (name: string) => {
        const { proof } = await proveInput({ dir: at(name), row, context: '42' });
        return verifyOnChain(node.provider, address, compiled, toCalldata(proof.proof, proof.publicSignals));
      };
      expect(await ask('one')).to.deep.equal({ valid: true });
      expect((await ask('two')).reason).to.equal('ProofInvalid()');
    } finally {
      await node.close();
    }
  });

  it('gives the outputs of the model as it would with constants', async () => {
    await compileBundle({ qmodelPath: at('one.qmodel.json'), outDir: at('constants'), engine: 'direct', audit: false });
    await setupBundle({ dir: at('constants') });
    const [open, hidden] = await Promise.all([at('constants'), at('one')].map(openBundle));
    const [expected, given] = [await proveRow(open, row), await proveRow(hidden, row)];
    for (const [name, output] of Object.entries(expected.proof.outputs)) {
      expect(given.proof.outputs[name].real).to.deep.equal(output.real);
    }
  });

  it('says nothing of the weights in anything but the opening, which its owner alone can read', async () => {
    const paths = bundlePaths(at('one'));
    expect((await stat(paths.weightsOpening)).mode & 0o777).to.equal(0o600);
    const { weights } = await openBundle(at('one'));
    const secrets = [...weights!.packs.filter((pack) => pack > 1n << 80n), weights!.blinding].map(String);
    expect(secrets.length).to.be.greaterThan(10);
    await proveInput({ dir: at('one'), row, outPath: at('leak.proof.json') });
    const manifest = await readManifest(at('one'));
    const source = await readFile(at('one.qmodel.json'), 'utf8');
    const { qmodel } = manifest.artifacts;
    expect(qmodel).to.equal((await readManifest(at('shape'))).artifacts.qmodel);
    expect(source).to.not.contain(manifest.source.digest);
    for (const path of [
      paths.manifest,
      paths.weights,
      paths.verificationKey,
      paths.qmodel,
      paths.circom,
      at('leak.proof.json'),
    ]) {
      const text = await readFile(path, 'utf8');
      for (const secret of secrets) expect(text.includes(secret), path).to.equal(false);
    }
  });

  it('is verified from outside, without the opening', async () => {
    await cp(at('one'), at('public'), { recursive: true });
    await rm(bundlePaths(at('public')).weightsOpening);
    expect(await verifyWeights(at('public'), at('shape'))).to.deep.include({
      valid: true,
      problems: [],
      profile: 'dev',
    });
    expect((await exportVerifier(at('public'))).contractName).to.match(/Dev/);
    expect(await refusal(openBundle(at('public')))).to.include({ code: 'FILE_UNUSABLE' });
  });

  it('is checked by anyone who rebuilds the circuit and the keys', async function () {
    this.timeout(20_000);
    const report = await checkBundle({ dir: at('one') });
    expect(report.lines.filter(({ verdict }) => verdict === 'differs')).to.deep.equal([]);
    expect(report.lines.map(({ what }) => what)).to.include('private weights');
  });

  it('from the command line: commit, verify as JSON, and exit codes for what is missing or wrong', async function () {
    this.timeout(30_000);
    const commit = ['weights', 'commit', at('shape'), '--qmodel', at('two.qmodel.json'), '-o', at('cli'), '--json'];
    const committed = await runWords(...commit);
    expect(committed.code, committed.stderr).to.equal(0);
    expect(lastJson(committed)).to.include({ bundle: at('cli'), profile: 'dev' });
    expect(committed.stdout).to.not.contain('blinding');
    const kept = await readFile(bundlePaths(at('cli')).weightsOpening, 'utf8');
    const again = await runWords(...commit);
    expect(again.code, again.stderr).to.equal(2);
    expect(again.stderr).to.contain('WEIGHTS_KEPT').and.contain('-o');
    expect(await readFile(bundlePaths(at('cli')).weightsOpening, 'utf8'), 'the only opening').to.equal(kept);
    await rename(bundlePaths(at('cli')).manifest, join(at('cli'), '.manifest.json.1-0.tmp'));
    const journal = { rename: [['.manifest.json.1-0.tmp', 'manifest.json']], remove: [] };
    await writeFile(join(at('cli'), '.unfinished.json'), JSON.stringify(journal));
    expect(await refusal(openBundle(at('cli')))).to.include({ code: 'BUNDLE_UNFINISHED' });
    expect((await runWords(...commit)).stderr, 'one that was killed is finished first').to.contain('WEIGHTS_KEPT');
    await openBundle(at('cli'));
    const verified = await runWords('weights', 'verify', at('cli'), '--architecture', at('shape'), '--json');
    expect(verified.code, verified.stderr).to.equal(0);
    expect(lastJson(verified)).to.include({ valid: true, profile: 'dev' });
    expect((await runWords('weights', 'verify', at('constants'), '--json')).code).to.equal(1);
    expect((await runWords('weights', 'commit', at('shape'), '-o', at('cli2'))).code).to.equal(2);
    expect((await runWords('weights', 'sell', at('shape'))).code).to.equal(2);
    expect((await runWords('weights', 'verify', at('nowhere'))).code).to.equal(2);
  });

  describe('refuses', () => {
    /** A copy of the bundle with one artifact changed, its digest in the manifest with it. */
    async function tamper(name: 'weights' | 'verificationKey' | 'manifest', change: (json: never) => unknown) {
      await rm(at('bad'), { recursive: true, force: true });
      await cp(at('one'), at('bad'), { recursive: true });
      const paths = bundlePaths(at('bad'));
      await writeFile(paths[name], JSON.stringify(change(JSON.parse(await readFile(paths[name], 'utf8')) as never)));
      if (name === 'manifest') return;
      const manifest = JSON.parse(await readFile(paths.manifest, 'utf8')) as { artifacts: Record<string, string> };
      manifest.artifacts[name] = await digestFile(paths[name]);
      await writeFile(paths.manifest, JSON.stringify(manifest));
    }

    const expectUnproved = async () => {
      expect((await verifyWeights(at('bad'))).valid).to.equal(false);
      for (const error of await refusals([openVerifyingBundle(at('bad')), exportVerifier(at('bad'))]))
        expect(error).to.include({ code: 'WEIGHTS_UNPROVED', kind: 'policy' });
      const connection = { isLocal: true, chainId: 31337n } as never;
      const register = registerBundle(connection, {} as never, { bundleDir: at('bad'), verifier: '0x' });
      expect(await refusal(register)).to.include({ code: 'WEIGHTS_UNPROVED' });
    };

    it('a commitment without a proof of knowledge', async () => {
      await tamper('weights', (file: { responses: string[] }) => ({
        ...file,
        responses: file.responses.map(() => '1'),
      }));
      await expectUnproved();
    });

    it('a key that is not the folded one', async () => {
      const { IC } = JSON.parse(await readFile(bundlePaths(at('one')).verificationKey, 'utf8')) as { IC: string[][] };
      await tamper('verificationKey', (key: object) => ({ ...key, IC: [IC[1], ...IC.slice(1)] }));
      await expectUnproved();
    });

    it('another name or another reading of the statement beside the same commitment', async () => {
      await tamper('manifest', (manifest: object) => ({ ...manifest, name: 'mine' }));
      await expectUnproved();
      await tamper('manifest', (manifest: { statement: { outputs: { scale: number[] }[] } }) => {
        manifest.statement.outputs[0].scale = [1];
        return manifest;
      });
      await expectUnproved();
    });

    it('the commitment of another architecture', async function () {
      this.timeout(20_000);
      await compileBundle({
        qmodelPath: at('one.qmodel.json'),
        outDir: at('other'),
        engine: 'direct',
        weights: 'private',
        room: 3,
      });
      await setupBundle({ dir: at('other') });
      const { problems } = await verifyWeights(at('one'), at('other'));
      expect(problems.join()).to.contain('circuit').and.to.contain('key of the setup');
      await cp(at('other'), at('bad'), { recursive: true, force: true });
      const manifest = JSON.parse(await readFile(bundlePaths(at('one')).manifest, 'utf8')) as {
        artifacts: Record<string, string>;
      };
      const { r1cs } = (await readManifest(at('other'))).artifacts;
      manifest.artifacts = { ...manifest.artifacts, r1cs: r1cs as string };
      await cp(at('one'), at('bad'), { recursive: true });
      await writeFile(bundlePaths(at('bad')).manifest, JSON.stringify(manifest));
      expect((await verifyWeights(at('bad'))).valid).to.equal(false);
    });

    it('to prove or verify with an architecture, to set up a model, to commit where weights are constants', async () => {
      const works = [openBundle(at('shape')), openVerifyingBundle(at('shape')), exportVerifier(at('shape'))];
      for (const error of await refusals(works)) expect(error).to.include({ code: 'WEIGHTS_NOT_COMMITTED' });
      expect(await refusal(setupBundle({ dir: at('one') }))).to.include({ code: 'WEIGHTS_COMMITTED' });
      const request = { qmodelPath: at('one.qmodel.json'), outDir: at('none') };
      for (const architectureDir of [at('one'), at('constants')])
        expect(await refusal(commitToWeights({ ...request, architectureDir }))).to.include({
          code: 'WEIGHTS_NOT_PRIVATE',
        });
    });

    it('an opening that is not of the commitment', async () => {
      await rm(at('bad'), { recursive: true, force: true });
      await cp(at('one'), at('bad'), { recursive: true });
      await cp(bundlePaths(at('two')).weightsOpening, bundlePaths(at('bad')).weightsOpening);
      expect(await refusal(proveInput({ dir: at('bad'), row }))).to.include({ code: 'WEIGHTS_MISMATCH' });
    });
  });
});
