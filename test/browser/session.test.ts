import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { openSession } from '../../src/browser/session.js';
import { readManifest } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import type { ZkinferError } from '../../src/core/error.js';
import { openBundle } from '../../src/pipeline/open-bundle.js';
import { inferReal } from '../../src/quantize/search.js';
import { buildSampleBundle, type SampleBundle } from '../chain/support/sample-bundle.js';

describe('a session of zkinfer/browser', function () {
  this.timeout(60_000);
  let sample: SampleBundle;
  before(async () => {
    sample = await buildSampleBundle();
  });
  after(() => sample?.remove());

  /** The bundle as a page sees it; `loads` counts how often each artifact was asked for. */
  async function openRemote() {
    const loads: Record<string, number> = {};
    const paths = bundlePaths(sample.bundle);
    const manifest = await readManifest(sample.bundle);
    const load = async (name: keyof typeof manifest.artifacts) => {
      loads[name] = (loads[name] ?? 0) + 1;
      return new Uint8Array(await readFile(paths[name]));
    };
    return { manifest, load, loads };
  }

  it('infers without the proving key, and asks for it once', async () => {
    const remote = await openRemote();
    const session = await openSession(remote);
    const { graph } = await openBundle(sample.bundle);
    const measurements = [5.1, 3.5, 1.4, 0.2];
    const { outputs, saturated } = session.infer({ measurements });
    expect(outputs.logits.real).to.deep.equal([
      ...inferReal(graph, { measurements: Float64Array.from(measurements) }).logits,
    ]);
    expect(saturated).to.deep.equal([]);
    expect(remote.loads).to.deep.equal({ qmodel: 1, verificationKey: 1 });

    await Promise.all([session.prepare(), session.prepare()]);
    const { proof } = await session.prove({ measurements }, {});
    expect(remote.loads).to.deep.equal({ qmodel: 1, verificationKey: 1, provingKey: 1, wireOrder: 1 });
    expect(await session.verify(proof, {})).to.include({ valid: true });
    expect(await session.verify({ ...proof, profile: 'production' }, {})).to.include({ valid: false });
    expect(await session.verify(proof, { context: '5' })).to.include({ valid: false });
  });

  it('asks again for a key that could not be fetched', async () => {
    const remote = await openRemote();
    let isDown = true;
    const load: typeof remote.load = async (name) => {
      if (name === 'provingKey' && isDown) throw new Error('the network is down');
      return remote.load(name);
    };
    const session = await openSession({ ...remote, load });
    expect(await session.prepare().catch((cause: Error) => cause.message)).to.equal('the network is down');
    isDown = false;
    await session.prepare();
  });

  it('refuses a strict input out of range, a bundle without keys, and private weights', async () => {
    const { manifest, load } = await openRemote();
    const session = await openSession({ manifest, load });
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => 'done',
        (cause: ZkinferError) => cause.code,
      );
    const far = { measurements: [1e6, 3.5, 1.4, 0.2] };
    expect(session.infer(far).saturated).to.have.length(1);
    expect(await codeOf(session.prove(far, { strict: true }))).to.equal('INPUT_OUT_OF_RANGE');
    expect(await codeOf(openSession({ manifest: { ...manifest, setup: null }, load }))).to.equal('BUNDLE_NOT_SET_UP');
    const hidden = { ...manifest, circuit: { ...manifest.circuit, weights: 'private' as const } };
    expect(await codeOf(openSession({ manifest: hidden, load }))).to.equal('BROWSER_WEIGHTS_PRIVATE');
  });
});
