import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { digestFile } from '../../src/bundle/digest.js';
import { openBundle } from '../../src/pipeline/open-bundle.js';
import { inferReal } from '../../src/quantize/search.js';
import type { ProofFile } from '../../src/verify/proof-file.js';
import { buildSampleBundle, type SampleBundle } from '../chain/support/sample-bundle.js';
import { runWords } from '../cli/capture.js';
import { launchChromium } from './support/chromium.js';
import { type Harness, type HarnessSite, serveHarness } from './support/harness.js';
import { openPage, type WatchedPage } from './support/open-page.js';

const ROW = { measurements: [5.1, 3.5, 1.4, 0.2] };

/** What a call in the page came to: a value, or the code of an error. */
interface Outcome<T> {
  readonly value?: T;
  readonly code?: string;
}

describe('zkinfer/browser, in chromium', function () {
  this.timeout(60_000);
  let samples: Record<'packed' | 'bound' | 'committed', SampleBundle>;
  let folder: string;
  let site: HarnessSite;
  let browser: Browser;
  let visit: WatchedPage;
  let page: Page;

  before(async () => {
    const packed = await buildSampleBundle();
    const bound = await buildSampleBundle('--statement', 'bound');
    const committed = await buildSampleBundle('--input', 'committed');
    samples = { packed, bound, committed };
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-library-'));
    const damaged = join(folder, 'damaged');
    await cp(packed.bundle, damaged, { recursive: true });
    const key = await readFile(join(damaged, 'proving.zkey'));
    key[key.length >> 1] ^= 1;
    await writeFile(join(damaged, 'proving.zkey'), key);
    const bundles = Object.fromEntries(Object.entries(samples).map(([name, { bundle }]) => [name, bundle]));
    site = await serveHarness({ ...bundles, damaged }, folder);
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
    for (const sample of Object.values(samples ?? {})) await sample.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    visit = await openPage(browser);
    page = visit.page;
    await page.goto(site.url);
    await page.waitForFunction('window.zkinfer');
  });
  afterEach(() => visit.close());

  /** Runs a call of the library in the page; errors come as their code. */
  function ask<A, T>(call: (zkinfer: Harness, args: A) => Promise<T>, args: A): Promise<Outcome<T>> {
    return page.evaluate(
      `(async () => {
        const __name = (named) => named; // the loader of the tests wraps functions in it
        try { return { value: await (${call.toString()})(window.zkinfer, ${JSON.stringify(args)}) }; }
        catch (cause) { return { code: cause.code ?? String(cause) }; }
      })()`,
    );
  }

  it('infers what the evaluator infers in Node.js', async () => {
    const { value } = await ask(
      async ({ openProver }, row) => (await (await openProver('/packed/')).infer(row)).outputs,
      ROW,
    );
    const { graph } = await openBundle(samples.packed.bundle);
    const expected = inferReal(graph, { measurements: Float64Array.from(ROW.measurements) });
    expect(value?.logits.real).to.deep.equal([...expected.logits]);
    expect(visit.complaints).to.deep.equal([]);
  });

  for (const kind of ['packed', 'bound', 'committed'] as const) {
    it(`proves a ${kind} statement that zkinfer verify accepts, and refuses it where a number is changed`, async () => {
      const { value, code } = await ask(
        async ({ openProver }, { row, url, salted }) => {
          const prover = await openProver(url);
          const { proof } = await prover.prove(row, salted ? { salt: 12345n } : {});
          const honest = await prover.verify(proof);
          const changed = {
            ...proof,
            publicSignals: proof.publicSignals.map((one, i) => (i ? one : String(BigInt(one) + 1n))),
          };
          return { proof, honest, refused: await prover.verify(changed), nothing: await prover.verify(null) };
        },
        { row: ROW, url: `/${kind}/`, salted: kind === 'committed' },
      );
      expect(code).to.equal(undefined);
      expect([value?.honest.valid, value?.refused.valid, value?.nothing.valid]).to.deep.equal([true, false, false]);
      const path = join(folder, `${kind}.json`);
      await writeFile(path, JSON.stringify(value?.proof as ProofFile));
      const verified = await runWords('verify', path, '--bundle', samples[kind].bundle);
      expect(verified.stdout, verified.stderr).to.include('valid: the proof holds');
      expect(visit.complaints).to.deep.equal([]);
    });
  }

  it('tells how it gets on, and downloads an artifact once', async () => {
    const { value } = await ask(async ({ openProver, clearArtifactCache }, row) => {
      const visits: string[][] = [];
      for (let i = 0; i < 3; i++) {
        const stages: string[] = [];
        const onProgress = (progress: { stage: string; artifact?: string; cached?: boolean; fraction?: number }) => {
          const { stage, artifact, cached, fraction = 0 } = progress;
          if (!(fraction >= 0 && fraction <= 1)) throw new Error(`a fraction of ${fraction}`);
          stages.push([stage, artifact, cached].join(' ').trim());
        };
        const prover = await openProver('/packed/', { onProgress });
        await prover.prove(row, { onProgress });
        prover.close();
        visits.push([...new Set(stages)].sort());
        if (i === 1) await clearArtifactCache();
      }
      return visits;
    }, ROW);
    const artifacts = ['provingKey', 'qmodel', 'verificationKey', 'wireOrder'];
    const stages = (cached: boolean) =>
      [
        'fetch manifest false',
        ...artifacts.map((name) => `fetch ${name} ${cached}`),
        'load',
        'proof',
        'witness',
      ].sort();
    expect(value).to.deep.equal([stages(false), stages(true), stages(false)]);
  });

  it('takes the bundle that is pinned and no other', async () => {
    const digest = await digestFile(join(samples.packed.bundle, 'manifest.json'));
    const open = (url: string, pin: string) =>
      ask(async ({ openProver }, args) => (await openProver(args.url, { digest: args.pin })).manifest.name, {
        url,
        pin,
      });
    expect(await open('/packed/', digest)).to.deep.equal({ value: 'iris' });
    expect(await open('/bound/', digest)).to.deep.equal({ code: 'ARTIFACT_MISMATCH' });
    expect(await open('/packed/', 'latest')).to.deep.equal({ code: 'ARTIFACT_MISMATCH' });
  });

  it('refuses a damaged key, a missing bundle and a row of another shape', async () => {
    const prove = (url: string, row: object) =>
      ask(async ({ openProver }, args) => (await (await openProver(args.url)).prove(args.row as never)).ms, {
        url,
        row,
      });
    expect(await prove('/damaged/', ROW)).to.deep.equal({ code: 'ARTIFACT_MISMATCH' });
    expect(await prove('/packed/', { measurements: [1, 2, 3] })).to.deep.equal({ code: 'INPUT_SHAPE' });
    expect(await prove('/packed/', { measurements: [1, 2, 3, null] })).to.deep.equal({ code: 'INPUT_SHAPE' });
    expect(await prove('/packed/', {})).to.deep.equal({ code: 'INPUT_SHAPE' });
    expect(await prove('/nowhere/', ROW)).to.deep.equal({ code: 'BROWSER_FETCH_FAILED' });
  });

  it('ends at once when it is told to, and starts anew at the next call', async () => {
    const { value } = await ask(async ({ openProver }, row) => {
      const prover = await openProver('/packed/');
      const controller = new AbortController();
      const ended = prover
        .prove(row, { signal: controller.signal, onProgress: ({ stage }) => stage === 'witness' && controller.abort() })
        .catch((cause) => cause.code);
      const codes = [await ended];
      const late = await prover.prove(row, { signal: AbortSignal.abort() }).catch((cause) => cause.code);
      const { proof } = await prover.prove(row);
      codes.push(late, (await prover.verify(proof)).valid);
      prover.close();
      codes.push(await prover.infer(row).catch((cause) => cause.code));
      return codes;
    }, ROW);
    expect(value).to.deep.equal(['BROWSER_ABORTED', 'BROWSER_ABORTED', true, 'BROWSER_ABORTED']);
    expect(visit.complaints).to.deep.equal([]);
  });

  it('keeps to the bundle that it opened, when another one is served before it starts anew', async () => {
    const { value } = await ask(async ({ openProver }) => {
      const prover = await openProver('/packed/');
      Object.assign(window, { prover });
      return prover.digest;
    }, {});
    expect(value).to.equal(await digestFile(join(samples.packed.bundle, 'manifest.json')));
    await page.route('**/packed/manifest.json', (route) =>
      route.continue({ url: new URL('/bound/manifest.json', site.url).href }),
    );
    const again = await ask(async (_, row) => {
      const { prover } = window as unknown as { prover: Awaited<ReturnType<Harness['openProver']>> };
      const signal = AbortSignal.timeout(1);
      await prover.prove(row, { signal }).catch(() => {});
      return prover.infer(row);
    }, ROW);
    expect(again).to.deep.equal({ code: 'ARTIFACT_MISMATCH' });
  });

  it('says so when the policy of the page forbids WebAssembly', async () => {
    await page.goto(site.forbiddingUrl);
    await page.waitForFunction('window.zkinfer');
    const outcome = await ask(async ({ openProver }, row) => {
      const prover = await openProver('/packed/');
      await prover.infer(row);
      return prover.prove(row);
    }, ROW);
    expect(outcome).to.deep.equal({ code: 'BROWSER_WASM_FORBIDDEN' });
  });

  it('says so when the worker cannot start', async () => {
    await page.route('**/*worker*.js', (route) => route.abort());
    const outcome = await ask(async ({ openProver }) => openProver('/packed/'), {});
    expect(outcome).to.deep.equal({ code: 'BROWSER_WORKER_FAILED' });
  });
});
