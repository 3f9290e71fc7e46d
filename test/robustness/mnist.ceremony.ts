import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { toCalldata } from '../../src/chain/calldata.js';
import { startDevNode } from '../../src/chain/dev-node/start.js';
import { deployContract, verifyOnChain } from '../../src/chain/standalone.js';
import { digestPtau } from '../../src/groth16/ptau-file.js';
import { readManifest } from '../../src/index.js';
import { startCli } from './process.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/mnist-cnn');
const PEOPLE = ['ada', 'grace', 'emmy'];

/** Hands the transcript and the latest key of one folder to another, which is all that a participant needs. */
async function passOn(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const keys = (await readdir(from)).filter((name) => name.endsWith('.zkey')).sort();
  for (const name of ['ceremony.json', keys[keys.length - 1]]) await copyFile(join(from, name), join(to, name));
}

describe('a ceremony for the digits CNN, between three people with a folder each', function () {
  this.timeout(1_800_000);
  let scratch: string;
  const at = (...names: string[]) => join(scratch, ...names);

  /** Runs a command line as a process of its own and says how long it took. */
  async function run(...words: string[]): Promise<Record<string, unknown>> {
    const { code, output, ms } = await startCli([...words, '--json', '--quiet']).ended;
    expect(code, `${words.join(' ')}\n${output}`).to.equal(0);
    console.log(`      ${words.slice(0, 2).join(' ').replaceAll(scratch, '…')}: ${(ms / 1000).toFixed(1)} s`);
    return JSON.parse(output.trimEnd().split('\n').at(-1) as string) as Record<string, unknown>;
  }

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'zkinfer-mnist-ceremony-'));
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  it('ends in a production verifier that deploys, accepts a proof and refuses a changed one', async () => {
    const rows = ['--calibration', join(SAMPLE, 'calibration.json'), '--test', join(SAMPLE, 'test.json')];
    const [bundle, ptau] = [at('mnist'), at('dev15.ptau')];
    await run('quantize', join(SAMPLE, 'model.onnx'), ...rows, '-o', at('mnist.qmodel.json'));
    await run('compile', at('mnist.qmodel.json'), '-o', bundle);
    await run('ptau', 'make', ptau, '--power', '15');

    await run('ceremony', 'start', at('start'), '--bundle', bundle, '--ptau', ptau);
    let last = at('start');
    for (const name of PEOPLE) {
      await passOn(last, at(name));
      await run('ceremony', 'contribute', at(name), '--name', name);
      last = at(name);
      expect(await readdir(last)).to.include(`attestation-000${PEOPLE.indexOf(name) + 1}.txt`);
    }
    await passOn(last, at('end'));
    await run('ceremony', 'beacon', at('end'), '--name', 'a block', '--hash', '0102030405060708', '--iterations', '10');
    await copyFile(at('start', 'circuit.r1cs'), at('end', 'circuit.r1cs'));
    const replayed = await run('ceremony', 'verify', at('end'), '--ptau', ptau);
    expect(replayed).to.include({ valid: true, independentContributions: 3, endsWithBeacon: true });
    const pin = await digestPtau(ptau);
    await run('ceremony', 'finish', at('end'), '--bundle', bundle, '--ptau', ptau, '--pin', pin);

    const manifest = await readManifest(bundle);
    expect(manifest.setup).to.deep.include({ profile: 'production', contributions: 3, beacon: true });
    const test = JSON.parse(await readFile(join(SAMPLE, 'test.json'), 'utf8')) as {
      format: string;
      inputs: Record<string, { rows: number[][] }>;
    };
    const [[name, image]] = Object.entries(test.inputs);
    const one = { format: test.format, count: 1, inputs: { [name]: { ...image, rows: image.rows.slice(0, 1) } } };
    await writeFile(at('x.json'), JSON.stringify(one));
    await run('prove', bundle, '--input', at('x.json'), '-o', at('proof.json'));
    expect(await run('verify', at('proof.json'), '--bundle', bundle)).to.include({
      valid: true,
      profile: 'production',
    });
    const { contractName, compiled: path } = await run('export-verifier', bundle);
    expect(contractName).to.equal('MnistVerifier');

    const compiled = JSON.parse(await readFile(path as string, 'utf8'));
    const proof = JSON.parse(await readFile(at('proof.json'), 'utf8'));
    const node = await startDevNode('embedded');
    try {
      const signer = await node.provider.getSigner(0);
      const { address, gasUsed } = await deployContract(signer, compiled);
      const calldata = toCalldata(proof.proof, proof.publicSignals);
      const output = calldata.signals.length - 2;
      const signals = calldata.signals.map((signal, i) => (i === output ? signal + 1n : signal));
      const changed = { ...calldata, signals };
      expect(await verifyOnChain(signer, address, compiled, calldata)).to.deep.equal({ valid: true });
      expect((await verifyOnChain(signer, address, compiled, changed)).valid).to.equal(false);
      console.log(`      ${contractName} deployed for ${gasUsed} gas; ${manifest.circuit.constraints} constraints`);
    } finally {
      await node.close();
    }
  });
});
