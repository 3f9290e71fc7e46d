import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { digestBytes, digestFile } from '../../src/bundle/digest.js';
import { readManifest, writeManifest } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import { type DevNode, startEmbeddedNode } from '../../src/chain/dev-node/embedded.js';
import { createDevPtau } from '../../src/groth16/dev-ptau.js';
import { digestPtau } from '../../src/groth16/ptau-file.js';
import { verifyProof } from '../../src/groth16/verify.js';
import { exportVerificationKey } from '../../src/groth16/zkey-file.js';
import { addBeacon, addContribution, beginCeremony, endCeremony } from '../../src/pipeline/hold-ceremony.js';
import { lastJson, type Ran, runWords } from '../cli/capture.js';
import { beaconSecret, forgeProof } from '../groth16/forge.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/iris-mlp');
const BEACON = { hash: '0102030405060708', iterationsExponent: 10 };

/** What anyone knows of the delta of a key to which nobody contributed. */
const KINDS = {
  'a key with zero contributions': { folder: 'zero', step: 0, delta: () => 1n },
  'a key with a beacon only': { folder: 'beacon', step: 1, delta: () => beaconSecret(BEACON) },
} as const;

describe('keys that everyone can forge with', function () {
  this.timeout(120_000);
  let scratch: string;
  let bundle: string;
  let ptauPath: string;
  let node: DevNode;
  let rpc: string;
  let verifier: string;

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'zkinfer-forgeries-'));
    [bundle, ptauPath] = [join(scratch, 'bundle'), join(scratch, 'dev.ptau')];
    const words = ['--calibration', join(SAMPLE, 'calibration.json'), '-o', bundle, '--engine', 'direct'];
    expect((await runWords('build', join(SAMPLE, 'model.onnx'), ...words)).code).to.equal(0);
    await writeFile(ptauPath, await createDevPtau(9));
    for (const { folder, step } of Object.values(KINDS)) {
      await beginCeremony({ folder: join(scratch, folder), bundle, ptauPath });
      if (step === 1) await addBeacon(join(scratch, folder), 'beacon', BEACON.hash, BEACON.iterationsExponent);
    }
    node = await startEmbeddedNode({ accounts: 1 });
    rpc = await node.listen();
    const deployed = await runWords('deploy', '--rpc', rpc, '--dev-account', '0', '--json');
    verifier = lastJson(deployed).address as string;
  });
  after(async () => {
    await node?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  const keyOf = ({ folder, step }: (typeof KINDS)[keyof typeof KINDS]) =>
    readFile(join(scratch, folder, `key-000${step}.zkey`));

  /** A bundle whose maker put such a key into it and made every digest and every claim agree. */
  async function passOff(kind: keyof typeof KINDS, profile: 'dev' | 'production'): Promise<string> {
    const dir = join(scratch, `${KINDS[kind].folder}-${profile}`);
    await rm(dir, { recursive: true, force: true });
    await cp(bundle, dir, { recursive: true });
    const paths = bundlePaths(dir);
    const zkey = await keyOf(KINDS[kind]);
    await writeFile(paths.provingKey, zkey);
    await writeFile(paths.verificationKey, JSON.stringify(await exportVerificationKey(zkey)));
    await cp(join(scratch, KINDS[kind].folder, 'ceremony.json'), paths.ceremony);
    const manifest = await readManifest(dir);
    const digests = {
      provingKey: digestBytes(zkey),
      verificationKey: await digestFile(paths.verificationKey),
      ceremony: await digestFile(paths.ceremony),
    };
    const ptau = { blake2b: await digestPtau(ptauPath), power: 9 };
    const setup = { profile, ptau, contributions: 3, beacon: KINDS[kind].step === 1, overrides: [] };
    await writeManifest(dir, { ...manifest, artifacts: { ...manifest.artifacts, ...digests }, setup });
    return dir;
  }

  function expectRefused(ran: Ran, what: string): void {
    expect(ran.code, `${what}\n${ran.stdout}${ran.stderr}`).to.equal(5);
    expect(ran.stderr).to.contain('KEY_FORGEABLE').and.contain('hint: hold a ceremony: zkinfer ceremony start');
  }

  for (const [kind, facts] of Object.entries(KINDS) as [keyof typeof KINDS, (typeof KINDS)[keyof typeof KINDS]][]) {
    it(`${kind} really is one: a proof of any signals verifies`, async () => {
      const key = await exportVerificationKey(await keyOf(facts));
      const forged = await forgeProof(
        key,
        Array.from({ length: key.nPublic }, (_, i) => BigInt(i + 7)),
        facts.delta(),
      );
      expect(await verifyProof(key, forged.publicSignals, forged.proof)).to.deep.equal({ valid: true });
    });

    it(`${kind} is refused by setup, which leaves the bundle as it was`, async () => {
      const before = await readFile(bundlePaths(bundle).manifest, 'utf8');
      const pinnedBlake2b = await digestPtau(ptauPath);
      const refusal = await endCeremony({ folder: join(scratch, facts.folder), bundle, ptauPath, pinnedBlake2b }).then(
        () => 'done',
        (error: { code?: string }) => error.code,
      );
      expect(refusal).to.equal(facts.step === 0 ? 'CEREMONY_INVALID' : 'CEREMONY_TOO_FEW');
      expect(await readFile(bundlePaths(bundle).manifest, 'utf8')).to.equal(before);
      expect(await readdir(bundle)).to.not.include('ceremony.json');
    });

    for (const profile of ['production', 'dev'] as const) {
      it(`${kind}, passed off as a ${profile} key, is refused by export-verifier, register and check`, async () => {
        const dir = await passOff(kind, profile);
        expectRefused(await runWords('export-verifier', dir), 'export-verifier');
        expect(await readdir(dir)).to.not.include('verifier.sol');
        const words = ['register', dir, '--verifier', verifier, '--rpc', rpc, '--dev-account', '0'];
        const block = await node.provider.getBlockNumber();
        expectRefused(await runWords(...words), 'register');
        expect(await node.provider.getBlockNumber(), 'nothing was sent').to.equal(block);
        expectRefused(await runWords('deploy', '--standalone', dir, '--rpc', rpc, '--dev-account', '0'), 'deploy');
        expectRefused(await runWords('check', dir), 'check');
      });
    }
  }

  it('a key with contributions is refused where the manifest claims others, or another verification key stands beside it', async () => {
    const folder = join(scratch, 'two');
    await beginCeremony({ folder, bundle, ptauPath });
    await addContribution(folder, 'one', 'typed');
    const dir = await passOff('a key with zero contributions', 'dev');
    const paths = bundlePaths(dir);
    const zkey = await readFile(join(folder, 'key-0001.zkey'));
    await writeFile(paths.provingKey, zkey);
    const manifest = await readManifest(dir);
    const claim = async (contributions: number, profile: 'dev' | 'production') => {
      const digests = { provingKey: digestBytes(zkey), verificationKey: await digestFile(paths.verificationKey) };
      const setup = { profile, ptau: null, contributions, beacon: false, overrides: [] };
      await writeManifest(dir, { ...manifest, artifacts: { ...manifest.artifacts, ...digests }, setup });
      const ran = await runWords('export-verifier', dir);
      return `${ran.code} ${/\[(\w+)\]/.exec(ran.stderr)?.[1]}`;
    };
    expect(await claim(1, 'dev'), 'the verification key of another').to.equal('3 KEY_OTHER_SETUP');
    await writeFile(paths.verificationKey, JSON.stringify(await exportVerificationKey(zkey)));
    expect(await claim(3, 'dev')).to.equal('3 KEY_OTHER_SETUP');
    expect(await claim(3, 'production')).to.equal('5 KEY_NOT_FOR_PRODUCTION');
    expect(await claim(1, 'dev')).to.equal('0 undefined');
  });
});
