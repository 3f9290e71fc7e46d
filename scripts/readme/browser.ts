import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ensureBundle } from '../../examples/dapp/server/bundle.js';
import { readSampleDigits } from '../../examples/dapp/server/sample-digits.js';
import { buildPage } from '../../examples/dapp/server/start.js';
import { openSession, type Session } from '../../src/browser/session.js';
import { readManifest } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import type { ProofFile } from '../../src/verify/proof-file.js';
import { openVerifyingBundle } from '../../src/verify/verify-files.js';
import { verifyInference, verifyInferences } from '../../src/verify/verify-inference.js';
import { installChromium, launchChromium } from '../../test/browser/support/chromium.js';
import { type Harness, serveHarness } from '../../test/browser/support/harness.js';
import { formatTable } from '../marked-section.js';
import { describeMachine, formatMs } from './run-zkinfer.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SAMPLE = join(ROOT, 'examples/models/mnist-cnn');
const BUNDLE = join(ROOT, 'artifacts/dapp/mnist-cnn');
const RUNS = 9;
/** Proofs whose verification is timed. */
const PROOFS = 256;

interface Timing {
  /** From an empty cache to the first proof: fetching, loading, compiling the curve and proving. */
  readonly first: number;
  readonly witness: number;
  readonly prove: number;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Size of the page, time of a proof in it and in Node.js, and verifications a second. */
export async function renderBrowser(): Promise<string> {
  await ensureBundle(BUNDLE, SAMPLE, () => {});
  const [, , , , , , , image] = await readSampleDigits(join(SAMPLE, 'test.json'));
  const inNode = await measureNode(image);
  const { timing: inPage, version } = await measurePage(image);
  const row = (name: string, { witness, prove, first }: Timing) => [name, ...[witness, prove, first].map(formatMs)];
  const rates = await measureVerification(inNode.proof);
  const perMinute = (rate: number) => Math.round(rate * 60).toLocaleString('en');
  return [
    formatTable(
      ['the digits CNN of the demo', 'witness', 'proof, verified', 'first proof, from nothing'],
      [
        row(`Chromium ${version}, in the page`, inPage),
        row(`Node ${process.versions.node}, the same code`, inNode.timing),
      ],
    ),
    `Medians of ${RUNS} proofs, one thread each; the first proof reads the bundle, compiles the curve and loads the key.`,
    formatTable(['what a visitor loads', 'gzip'], await measureSizes()),
    formatTable(
      ['verification in Node.js, one thread', 'proofs a second', 'proofs a minute'],
      [
        ['one by one (`verifyInference`)', rates.single.toFixed(0), perMinute(rates.single)],
        ['batched (`verifyInferences`)', rates.batched.toFixed(0), perMinute(rates.batched)],
      ],
    ),
    `On ${describeMachine()}; \`npx tsx scripts/readme-numbers.ts browser\` measures it again.`,
  ].join('\n\n');
}

async function measureNode(image: readonly number[]): Promise<{ timing: Timing; proof: ProofFile }> {
  const start = performance.now();
  const manifest = await readManifest(BUNDLE);
  const paths = bundlePaths(BUNDLE);
  const session: Session = await openSession({
    manifest,
    load: async (name) => new Uint8Array(await readFile(paths[name])),
  });
  const { proof } = await session.prove({ image }, {});
  const first = performance.now() - start;
  const runs = [];
  for (let i = 0; i < RUNS; i++) runs.push((await session.prove({ image }, {})).ms);
  const timing = { first, witness: median(runs.map((ms) => ms.witness)), prove: median(runs.map((ms) => ms.prove)) };
  return { timing, proof };
}

async function measurePage(image: readonly number[]): Promise<{ timing: Timing; version: string }> {
  const chromium = installChromium();
  if ('reason' in chromium) throw new Error(chromium.reason);
  const folder = mkdtempSync(join(tmpdir(), 'zkinfer-readme-'));
  const site = await serveHarness({ bundle: BUNDLE }, folder);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction('window.zkinfer');
    const timing = await page.evaluate(
      async ([pixels, runs]) => {
        const { openProver } = (window as unknown as { zkinfer: Harness }).zkinfer;
        const start = performance.now();
        const prover = await openProver('/bundle/');
        await prover.prove({ image: pixels });
        const first = performance.now() - start;
        const all = [];
        for (let i = 0; i < runs; i++) all.push((await prover.prove({ image: pixels })).ms);
        const [witness, prove] = [all.map((ms) => ms.witness), all.map((ms) => ms.prove)].map(
          (values) => values.sort((a, b) => a - b)[runs >> 1],
        );
        return { first, witness, prove };
      },
      [image as number[], RUNS] as const,
    );
    return { timing, version: browser.version().split('.')[0] };
  } finally {
    await browser.close();
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Gzipped sizes of the built page and of the bundle's files. */
async function measureSizes(): Promise<string[][]> {
  const site = await buildPage();
  const files = (readdirSync(site, { recursive: true }) as string[]).filter((path) =>
    statSync(join(site, path)).isFile(),
  );
  const sizeOf = (paths: readonly string[]) =>
    paths.reduce((sum, path) => sum + gzipSync(readFileSync(path), { level: 9 }).length, 0);
  const inSite = (wanted: (path: string) => boolean) => sizeOf(files.filter(wanted).map((path) => join(site, path)));
  const isWorker = (path: string) => path.includes('worker-');
  const isFirst = (path: string) => /(^|\/)(index[.-][^/]*|icon\.svg)$/.test(path);
  const paths = bundlePaths(BUNDLE);
  const kb = (bytes: number) => `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;
  return [
    ['the page itself: HTML, CSS, script', kb(inSite(isFirst))],
    ['the worker: quantize, infer, witness, prove, verify', kb(inSite(isWorker))],
    [
      'manifest, integer model, verification key: now it infers',
      kb(sizeOf([paths.manifest, paths.qmodel, paths.verificationKey])),
    ],
    ['the chain client with ethers, loaded after that', kb(inSite((path) => !isFirst(path) && !isWorker(path)))],
    [
      'proving key and wire order, in the background, once',
      `${(sizeOf([paths.provingKey, paths.wireOrder]) / 1e6).toFixed(1)} MB`,
    ],
  ];
}

async function measureVerification(proof: ProofFile): Promise<{ single: number; batched: number }> {
  const { manifest, verificationKey } = await openVerifyingBundle(BUNDLE);
  const documents = Array.from({ length: PROOFS }, () => JSON.parse(JSON.stringify(proof)) as unknown);
  const rate = async (verify: () => Promise<readonly { readonly valid: boolean }[]>) => {
    const start = performance.now();
    const verdicts = await verify();
    if (!verdicts.every(({ valid }) => valid)) throw new Error('a proof was refused');
    return (1000 * verdicts.length) / (performance.now() - start);
  };
  const batched = () => rate(() => verifyInferences(documents, manifest, verificationKey));
  const single = () =>
    rate(async () => {
      const verdicts = [];
      for (const document of documents) verdicts.push(await verifyInference(document, manifest, verificationKey));
      return verdicts;
    });
  await batched();
  return { single: await single(), batched: await batched() };
}
