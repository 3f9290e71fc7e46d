import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { printCanonicalJson } from '../../src/bundle/canonical-json.js';
import { digestBytes, digestFile } from '../../src/bundle/digest.js';
import { type Manifest, parseManifest } from '../../src/bundle/manifest.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import { encodeWeights } from '../../src/bundle/weights-files.js';
import { registerBundle } from '../../src/chain/commands/register.js';
import type { Statement } from '../../src/core/statement.js';
import type { VerificationKey } from '../../src/groth16/proof.js';
import { commitWeights, foldWeights } from '../../src/groth16/weights-commitment.js';
import {
  compileBundle,
  exportVerifier,
  openBundle,
  readManifest,
  reportBundle,
  setupBundle,
  writeQModel,
} from '../../src/index.js';
import { checkBundle } from '../../src/pipeline/check-bundle.js';
import { commitToWeights } from '../../src/pipeline/commit-weights.js';
import { verifyWeights } from '../../src/pipeline/verify-weights.js';
import { labelWeights } from '../../src/verify/model-key.js';
import { openVerifyingBundle } from '../../src/verify/verify-files.js';
import { quantizeIris } from './iris.js';

type Open = { -readonly [K in keyof Manifest]: Manifest[K] };

describe('bundles whose manifest claims what is not so', function () {
  this.timeout(30_000);
  let folder: string;
  const at = (name: string) => join(folder, name);
  const paths = () => bundlePaths(at('bad'));
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );
  const register = () =>
    registerBundle({ isLocal: true, chainId: 31337n } as never, {} as never, { bundleDir: at('bad'), verifier: '0x' });
  /** Codes of the refusals of everything that hands a key on, and of another use. */
  const uses = (other: Promise<unknown>) => Promise.all([exportVerifier(at('bad')), register(), other].map(codeOf));
  const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as never;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-claims-'));
    const qmodelPath = at('m.qmodel.json');
    await writeQModel(qmodelPath, (await quantizeIris()).qmodel);
    const options = { qmodelPath, engine: 'direct', audit: false } as const;
    await compileBundle({ ...options, outDir: at('constants'), audit: true });
    await compileBundle({ ...options, outDir: at('shape'), weights: 'private' });
    for (const name of ['constants', 'shape']) await setupBundle({ dir: at(name) });
    await commitToWeights({ architectureDir: at('shape'), qmodelPath, outDir: at('hidden') });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** A copy of a bundle with another manifest, which names the files as they are then. */
  async function forge(from: string, change: (manifest: Open) => unknown): Promise<void> {
    await rm(at('bad'), { recursive: true, force: true });
    await cp(at(from), at('bad'), { recursive: true });
    const manifest = await readManifest(at(from));
    await change(manifest);
    await writeFile(paths().manifest, printCanonicalJson(manifest));
  }

  /** Rows of the check that say no. */
  async function failedRows(): Promise<string[]> {
    const { valid, lines } = await checkBundle({ dir: at('bad') });
    const failed = lines.filter(({ verdict }) => verdict === 'differs').map(({ what }) => what);
    expect(valid).to.equal(failed.length === 0);
    return failed;
  }

  /** What the owner of the weights can do: commits anew, with a proof of knowledge that holds, to any reading of the bytes. */
  const recommit = (statement: Statement, dropped = 0) =>
    forge('hidden', async (manifest) => {
      const { packs, blinding } = (await openBundle(at('hidden'))).weights!;
      const scalars = [...packs, blinding].slice(dropped);
      const base: VerificationKey = await readJson(paths().architectureKey);
      manifest.statement = statement;
      const commitment = await commitWeights(base, scalars, labelWeights(manifest));
      const weights = encodeWeights(commitment);
      const key = printCanonicalJson(await foldWeights(base, scalars.length, commitment.point));
      await writeFile(paths().weights, weights);
      await writeFile(paths().verificationKey, key);
      const digests = { weights: digestBytes(weights), verificationKey: digestBytes(key) };
      manifest.artifacts = { ...manifest.artifacts, ...digests };
      manifest.source = { name: manifest.name, digest: digests.weights };
    });

  it('are not made by compile, setup and commit', async () => {
    for (const name of ['constants', 'shape', 'hidden']) {
      await forge(name, () => {});
      expect(await failedRows(), name).to.deep.equal([]);
    }
    await recommit((await readManifest(at('hidden'))).statement);
    expect(await failedRows()).to.deep.equal([]);
    expect((await verifyWeights(at('bad'), at('shape'))).problems).to.deep.equal([]);
  });

  it('a decoy beside a verification key of choice', async () => {
    const decoy = (weights: 'private' | undefined, withCommitment: boolean) =>
      forge('constants', async (manifest) => {
        const key: VerificationKey = await readJson(paths().verificationKey);
        await cp(paths().verificationKey, paths().architectureKey);
        await writeFile(paths().verificationKey, printCanonicalJson({ ...key, IC: [key.IC[1], ...key.IC.slice(1)] }));
        if (withCommitment) await cp(bundlePaths(at('hidden')).weights, paths().weights);
        manifest.artifacts = {
          ...manifest.artifacts,
          architectureKey: await digestFile(paths().architectureKey),
          verificationKey: await digestFile(paths().verificationKey),
          ...(withCommitment && { weights: await digestFile(paths().weights) }),
        };
        manifest.circuit = { ...manifest.circuit, ...(weights && { weights }) };
      });
    for (const [weights, withCommitment] of [
      [undefined, false],
      [undefined, true],
      ['private', false],
    ] as const) {
      await decoy(weights, withCommitment);
      expect(await uses(checkBundle({ dir: at('bad') })), `${weights}`).to.deep.equal(
        Array(3).fill('MANIFEST_INVALID'),
      );
    }
    await decoy('private', true);
    expect(await failedRows()).to.include.members(['weights', 'private weights']);
    expect(await codeOf(exportVerifier(at('bad')))).to.equal('WEIGHTS_UNPROVED');
    expect(await codeOf(register())).to.equal('WEIGHTS_UNPROVED');
  });

  it('a commitment without its key, or a key without its commitment', async () => {
    const { artifacts, ...manifest } = await readManifest(at('hidden'));
    const { architectureKey, weights, ...rest } = artifacts;
    const parse = (names: Manifest['artifacts']) => () =>
      parseManifest(JSON.stringify({ ...manifest, artifacts: names }));
    expect(parse(artifacts)).to.not.throw();
    expect(parse(rest)).to.not.throw();
    expect(parse({ ...rest, architectureKey }))
      .to.throw()
      .with.property('code', 'MANIFEST_INVALID');
    expect(parse({ ...rest, weights }))
      .to.throw()
      .with.property('code', 'MANIFEST_INVALID');
  });

  it('constants said to be private, and private weights said to be constants', async () => {
    await forge('constants', (manifest) => {
      manifest.circuit = { ...manifest.circuit, weights: 'private' };
    });
    expect(await failedRows()).to.include('weights');
    await forge('shape', (manifest) => {
      const { weights: _, ...circuit } = manifest.circuit;
      manifest.circuit = circuit;
    });
    expect(await failedRows()).to.include('weights');
    expect(await codeOf(exportVerifier(at('bad')))).to.equal('STATEMENT_DIFFERS');
    expect(await codeOf(openBundle(at('bad')))).to.equal('STATEMENT_DIFFERS');
  });

  it('another reading of the bytes, to which the owner of the weights has committed', async () => {
    const { statement } = await readManifest(at('hidden'));
    const [input] = statement.inputs;
    const [output] = statement.outputs;
    const readings: [Statement, number][] = [
      [{ ...statement, outputs: [{ ...output, bytesPerElement: output.bytesPerElement + 1 }] }, 0],
      [{ ...statement, outputs: [{ ...output, shape: [...output.shape].reverse() }] }, 0],
      [{ ...statement, outputs: [{ ...output, name: 'other' }] }, 0],
      [{ ...statement, outputs: [{ ...output, max: output.max.map((max) => max - 1) }] }, 0],
      [{ ...statement, inputs: [{ ...input, min: input.min.map((min) => min + 1) }] }, 0],
      [{ ...statement, inputs: [{ ...input, bits: input.bits - 1 }] }, 0],
      [{ ...statement, publicSignals: [...statement.publicSignals, 'output[9]'] }, 1],
    ];
    for (const [reading, dropped] of readings) {
      await recommit(reading, dropped);
      await openVerifyingBundle(at('bad'));
      const { problems } = await verifyWeights(at('bad'), at('shape'));
      expect(problems.join()).to.contain('integer model').and.contain('architecture');
      expect(await uses(openBundle(at('bad')))).to.deep.equal(Array(3).fill('STATEMENT_DIFFERS'));
    }
    expect(await failedRows()).to.include('statement');
  });

  it('leaves scales, zero points and labels of private weights to their owner', async () => {
    const { statement } = await readManifest(at('hidden'));
    const [output] = statement.outputs;
    await recommit({ ...statement, outputs: [{ ...output, scale: [2], zeroPoint: [0] }] });
    expect(await failedRows()).to.deep.equal([]);
  });

  it('the model file of another, a negated scale, other labels', async () => {
    const { statement } = await readManifest(at('constants'));
    const [output] = statement.outputs;
    const other = (change: Partial<Statement['outputs'][number]>) => (manifest: Open) => {
      manifest.statement = { ...statement, outputs: [{ ...output, ...change }] };
    };
    for (const change of [{ scale: output.scale.map((scale) => -scale) }, { labels: ['b', 'a', 'c'] }]) {
      await forge('constants', other(change));
      expect(await failedRows()).to.deep.equal(['statement']);
      expect(await uses(openBundle(at('bad')))).to.deep.equal(Array(3).fill('STATEMENT_DIFFERS'));
    }
    await forge('constants', (manifest) => {
      manifest.source = { ...manifest.source, digest: digestBytes('another model') };
    });
    expect(await failedRows()).to.deep.equal(['source']);
  });

  it('a contract, an audit or layers that are not those of the bundle', async () => {
    await cp(at('constants'), at('exported'), { recursive: true });
    await exportVerifier(at('exported'));
    await forge('exported', () => {});
    expect(await failedRows()).to.deep.equal([]);
    for (const [name, row] of [
      ['solidity', 'contract'],
      ['solidityJson', 'compiled contract'],
      ['audit', 'audit'],
    ] as const) {
      await forge('exported', async (manifest) => {
        const text = await readFile(paths()[name], 'utf8');
        await writeFile(
          paths()[name],
          text.replace(/\d(?=\D*$)/, (digit) => `${9 - Number(digit)}`),
        );
        manifest.artifacts = { ...manifest.artifacts, [name]: await digestFile(paths()[name]) };
      });
      expect(await failedRows()).to.deep.equal([row]);
    }
    await forge('constants', (manifest) => {
      manifest.circuit = { ...manifest.circuit, layers: manifest.circuit.layers.slice(1) };
    });
    expect(await failedRows()).to.deep.equal(['layers']);
  });

  it('a model with private weights that is called by another digest than its commitment', async () => {
    const refuses = async () => {
      expect((await verifyWeights(at('bad'))).valid).to.equal(false);
      expect(await codeOf(openVerifyingBundle(at('bad')))).to.equal('WEIGHTS_UNPROVED');
    };
    await forge('hidden', (manifest) => {
      manifest.source = { ...manifest.source, digest: digestBytes('another model') };
    });
    await refuses();
    expect(await failedRows()).to.include.members(['source', 'private weights']);
    await forge('hidden', (manifest) => {
      manifest.source = { ...manifest.source, name: 'another' };
    });
    await refuses();
    await forge('hidden', async (manifest) => {
      const text = JSON.stringify(await readJson(paths().weights));
      await writeFile(paths().weights, text);
      const weights = digestBytes(text);
      manifest.artifacts = { ...manifest.artifacts, weights };
      manifest.source = { ...manifest.source, digest: weights };
    });
    await refuses();
  });

  it('weights that are committed to, on a card that nobody checked', async () => {
    const say = async () => (await reportBundle({ dir: at('bad'), gas: false })).facts.circuit.weights;
    await forge('hidden', () => {});
    expect(await say()).to.equal('committed');
    await rm(paths().architectureKey);
    expect(await say()).to.equal('unchecked');
    await forge('hidden', (manifest) => {
      manifest.name = 'another';
    });
    expect(await codeOf(say())).to.equal('WEIGHTS_UNPROVED');
  });
});
