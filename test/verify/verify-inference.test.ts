import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { printCanonicalJson } from '../../src/bundle/canonical-json.js';
import { writeManifest } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import type { ZkinferError } from '../../src/core/error.js';
import type { ProofFile } from '../../src/verify/proof-file.js';
import { openVerifyingBundle, verifyProofFile, verifyProofText } from '../../src/verify/verify-files.js';
import { verifyInference } from '../../src/verify/verify-inference.js';
import { makeSumBundle, type SumBundle } from './sum-bundle.js';

// biome-ignore lint/suspicious/noExplicitAny: mutations go into parsed JSON at any depth.
type Mutable = any;

let bundle: SumBundle;
let honest: ProofFile;
before(async () => {
  bundle = await makeSumBundle();
  honest = await bundle.prove(1, 2, 77n);
});

const check = (document: unknown, context?: string) =>
  verifyInference(document, bundle.manifest, bundle.verificationKey, context === undefined ? {} : { context });

async function refuse(change: (file: Mutable) => void, reason: string): Promise<void> {
  const file = structuredClone(honest) as Mutable;
  change(file);
  const verdict = await check(file);
  expect(verdict.valid, JSON.stringify(file)).to.equal(false);
  expect(verdict.reason).to.contain(reason);
  expect(verdict).to.not.have.any.keys('outputs', 'inputs');
}

describe('verifying an inference', () => {
  it('accepts an honest proof and gives inputs and outputs in integers and real units', async () => {
    const verdict = await check(JSON.parse(JSON.stringify(honest)));
    expect(verdict.valid, verdict.reason).to.equal(true);
    expect(verdict.profile).to.equal('dev');
    expect(verdict.reason).to.contain('development key');
    expect({ ...verdict.outputs }).to.deep.equal({
      y: { integers: [3], real: [-8.5], label: 'three', cut: 'softmax' },
    });
    expect({ ...verdict.inputs }).to.deep.equal({ x: { integers: [1, 2], real: [-4.5, -4] } });
  });

  it('refuses other bytes, other outputs and other signals than the proved ones', async () => {
    await refuse((file) => (file.statement.output = '04'), 'public signals');
    await refuse((file) => (file.statement.input = '0103'), 'public signals');
    await refuse((file) => (file.statement.output = ''), '0 bytes, expected 1');
    await refuse((file) => (file.statement.input = '6502'), 'outside its declared range');
    await refuse((file) => (file.outputs.y.integers = [4]), 'not what the proved bytes say');
    await refuse((file) => (file.outputs.y.real = [9]), 'not what the proved bytes say');
    await refuse((file) => (file.outputs.y.label = 'two'), 'not what the proved bytes say');
    await refuse((file) => (file.outputs.z = file.outputs.y), 'other outputs');
    await refuse((file) => (file.publicSignals[0] = '4'), 'public signals');
    await refuse((file) => file.publicSignals.pop(), 'public signals');
  });

  it('refuses a proof whose whole story was changed consistently: only the pairing says so', async () => {
    await refuse((file) => {
      file.statement.output = '04';
      file.outputs.y = { integers: [4], real: [-8], cut: 'softmax' };
      file.publicSignals[0] = String(256 * Number(`0x${file.statement.input}`) + 4);
    }, 'pairing');
    await refuse((file) => {
      file.context.value = '78';
      file.publicSignals[1] = '78';
    }, 'pairing');
  });

  it('refuses a proof made for another model, key or circuit, naming both digests', async () => {
    for (const name of ['model', 'qmodel', 'r1cs', 'verificationKey']) {
      const other = `sha256:${'0'.repeat(64)}`;
      await refuse((file) => (file.digests[name] = other), `another ${name}: it names ${other}`);
    }
    await refuse((file) => (file.profile = 'production'), 'development');
  });

  it('holds the proof to the context that the caller expects', async () => {
    expect((await check(honest, '77')).valid).to.equal(true);
    expect((await check(honest, '0x4d')).valid).to.equal(true);
    expect((await check(honest, '0')).reason).to.contain('bound to context 77');
    await refuse((file) => (file.context.value = '0x4d'), 'canonical');
    await refuse((file) => (file.context.value = '-1'), 'no decimal');
  });

  it('refuses a key without a contribution (gamma = delta)', async () => {
    const forgeable = { ...bundle.verificationKey, vk_delta_2: bundle.verificationKey.vk_gamma_2 };
    expect((await verifyInference(honest, bundle.manifest, forgeable)).reason).to.contain('no contribution');
  });
});

describe('V1, V4: verification is total', () => {
  const hostile: Record<string, () => unknown> = {
    nothing: () => undefined,
    null: () => null,
    'a list': () => [],
    'nested lists': () => [[], []],
    'a text': () => 'proof',
    'an empty object': () => ({}),
    'a throwing getter': () =>
      Object.defineProperty({}, 'format', {
        enumerable: true,
        get: () => {
          throw new Error('boo');
        },
      }),
    'a proxy': () =>
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('boo');
          },
        },
      ),
    'a function': () => () => honest,
    'public signals of another kind': () => ({ ...honest, publicSignals: {} }),
    'empty public signals': () => ({ ...honest, publicSignals: [] }),
    'public signals of empty texts': () => ({ ...honest, publicSignals: ['', '', ''] }),
    'public signals of lists': () => ({ ...honest, publicSignals: [[], []] }),
    'no proof': () => ({ ...honest, proof: undefined }),
    'a proof of nulls': () => ({ ...honest, proof: { ...honest.proof, pi_a: [null, null, null] } }),
    'an inherited proof': () => Object.create(honest),
    'outputs named __proto__': () =>
      JSON.parse(JSON.stringify(honest).replace('"outputs":{', '"outputs":{"__proto__":{"integers":[],"real":[]},')),
    'ten megabytes of hexadecimal': () => ({ ...honest, statement: { input: '00'.repeat(10 << 20), output: '03' } }),
  };
  for (const [name, make] of Object.entries(hostile)) {
    it(`answers false for ${name}`, async () => {
      const start = performance.now();
      const verdict = await check(make());
      expect(verdict.valid).to.equal(false);
      expect(verdict.reason).to.be.a('string').and.have.length.above(5);
      expect(performance.now() - start).to.be.below(1500);
    });
  }

  it('answers false for text that is not JSON, cut anywhere or nested a million deep', async () => {
    const text = JSON.stringify(honest);
    for (let end = 0; end < text.length; end += 97) {
      expect((await verifyProofText(text.slice(0, end), bundle)).valid).to.equal(false);
    }
    expect((await verifyProofText('['.repeat(1e6), bundle)).valid).to.equal(false);
  });
});

describe('verifying files', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-verify-'));
    await writeManifest(folder, bundle.manifest);
    await writeFile(bundlePaths(folder).verificationKey, printCanonicalJson(bundle.verificationKey));
    await writeFile(join(folder, 'proof.json'), JSON.stringify(honest));
  });
  after(() => rm(folder, { recursive: true }));

  it('needs only manifest, key and proof', async () => {
    const verdict = await verifyProofFile(join(folder, 'proof.json'), await openVerifyingBundle(folder));
    expect(verdict.valid, verdict.reason).to.equal(true);
  });

  it('tells a caller’s mistake (2) and a damaged bundle (3) from a proof that does not hold', async () => {
    const exitCode = async (work: Promise<unknown>) =>
      ((await work.catch((error: ZkinferError) => error)) as ZkinferError).exitCode;
    const open = await openVerifyingBundle(folder);
    expect(await exitCode(verifyProofFile(join(folder, 'absent.json'), open))).to.equal(2);
    expect(await exitCode(openVerifyingBundle(join(folder, 'absent')))).to.equal(2);
    await writeFile(bundlePaths(folder).verificationKey, `${printCanonicalJson(bundle.verificationKey)} `);
    expect(await exitCode(openVerifyingBundle(folder))).to.equal(3);
  });
});
