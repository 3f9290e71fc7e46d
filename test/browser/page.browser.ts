import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { type Dapp, startDapp } from '../../examples/dapp/server/start.js';
import { openBundle } from '../../src/pipeline/open-bundle.js';
import { proveRow } from '../../src/pipeline/prove-bundle.js';
import type { ProofFile } from '../../src/verify/proof-file.js';
import { runWords } from '../cli/capture.js';
import { launchChromium } from './support/chromium.js';
import { drawDigit } from './support/draw.js';
import { openPage, type WatchedPage } from './support/open-page.js';

const SCREENSHOTS = join(import.meta.dirname, '../../docs/screenshots');
const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

describe('the example page, in chromium', function () {
  this.timeout(60_000);
  let dapp: Dapp;
  let browser: Browser;
  let visit: WatchedPage;
  let page: Page;
  let scratch: string;

  before(async () => {
    dapp = await startDapp();
    browser = await launchChromium();
    scratch = await mkdtemp(join(tmpdir(), 'zkinfer-page-'));
    visit = await open();
    page = visit.page;
  });
  after(async () => {
    await browser?.close();
    await dapp?.close();
    if (scratch) await rm(scratch, { recursive: true, force: true });
  });
  afterEach(() => {
    expect(visit.complaints, 'what the page complained of').to.deep.equal([]);
  });

  async function open(options: Parameters<typeof openPage>[1] = {}): Promise<WatchedPage> {
    const opened = await openPage(browser, options);
    const response = await opened.page.goto(dapp.url);
    expect(response?.headers()['content-security-policy']).to.match(
      /default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self';/,
    );
    await opened.page.waitForSelector('html[data-ready=key]');
    return opened;
  }

  const digit = () => page.textContent('#digit');
  const reads = (wanted: number, on = page) =>
    on.waitForFunction((text) => document.getElementById('digit')?.textContent === text, String(wanted), {
      timeout: 5_000,
    });

  /** A picture for the documents, where the run was asked for them. */
  async function keepPicture(name: string, on = page): Promise<void> {
    const path = join(scratch, name);
    await on.evaluate(() => scrollTo(0, 0));
    await on.screenshot({ path, animations: 'disabled', fullPage: !name.startsWith('phone') });
    if (!process.env.ZKINFER_SCREENSHOTS) return;
    await mkdir(SCREENSHOTS, { recursive: true });
    await copyFile(path, join(SCREENSHOTS, name));
  }

  async function findBarriers(on = page): Promise<string[]> {
    await on.evaluate(await readFile(axeSource, 'utf8'));
    const { violations } = (await on.evaluate('axe.run()')) as AxeResults;
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  const widthOf = (on: Page) => on.evaluate(() => document.documentElement.scrollWidth);

  it('is small: the page 20 kB, its worker 100 kB and the client of the chain 120 kB at most, gzipped', async () => {
    const sizes: Record<string, number> = { page: 0, worker: 0, chain: 0 };
    for (const path of await readdir(dapp.siteDir, { recursive: true })) {
      if (!/\.(html|css|js)$/.test(path)) continue;
      const part = path.includes('worker-') ? 'worker' : /(^|\/)index[.-]/.test(path) ? 'page' : 'chain';
      sizes[part] += gzipSync(await readFile(join(dapp.siteDir, path))).length;
    }
    const budget: Record<string, number> = { page: 20_000, worker: 100_000, chain: 120_000 };
    for (const [part, size] of Object.entries(sizes)) expect(size, part).to.be.within(1_000, budget[part]);
  });

  it('reads a digit while it is drawn', async () => {
    for (const wanted of [7, 3, 1]) {
      await page.click('#clear');
      expect(await digit()).to.equal('–');
      expect(await page.isDisabled('#prove')).to.equal(true);
      await drawDigit(page, wanted);
      await reads(wanted);
    }
  });

  it('reads the handwritten samples', async () => {
    for (let wanted = 0; wanted < 10; wanted++) {
      await page.click(`button[aria-label="Sample ${wanted}"]`);
      await reads(wanted);
    }
  });

  it('is drawn on with the keyboard alone', async () => {
    await page.focus('#surface');
    await page.keyboard.press('Delete');
    for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    for (let i = 0; i < 18; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await reads(1);
    await page.waitForFunction(() => document.getElementById('live')?.textContent === 'The model reads 1');
    await page.focus('#tab-prove');
    await page.keyboard.press('ArrowRight');
    expect(await page.getAttribute('#tab-market', 'aria-selected')).to.equal('true');
    expect(await page.isVisible('#panel-prove')).to.equal(false);
    await page.keyboard.press('Home');
    expect(await page.isVisible('#panel-prove')).to.equal(true);
  });

  it('stops a proof at once', async () => {
    await page.evaluate(() => {
      document.getElementById('prove')?.click();
      setTimeout(() => document.getElementById('stop')?.click(), 60);
    });
    await page.waitForSelector('#outcome .note', { timeout: 5_000 });
    expect(await page.textContent('#outcome')).to.equal('Stopped.');
    expect(await page.isVisible('#stop')).to.equal(false);
  });

  it('proves in the page, and the contract accepts', async () => {
    await page.click('#clear');
    await drawDigit(page, 7);
    await reads(7);
    await page.click('#prove');
    await page.waitForSelector('#accepted');
    const text = (await page.textContent('#accepted')) ?? '';
    expect(text).to.include('The contract accepts: this model reads 7.');
    expect(text).to.match(/checked for \d{3},\d{3} gas/);
    expect(text).to.include('28 public signals').and.include('784 bytes in 26 limbs').and.include('30 bytes in 1 limb');
    const states = await page.$$eval('#steps li', (items) => items.map((item) => (item as HTMLElement).dataset.state));
    expect(states).to.deep.equal(['done', 'done', 'done', 'done']);
  });

  it('makes the proof that the command line makes, which zkinfer verify accepts', async () => {
    const path = join(scratch, 'proof.json');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    await download.saveAs(path);
    const verified = await runWords('verify', path, '--bundle', dapp.bundleDir, '--json');
    expect(JSON.parse(verified.stdout)).to.include({ valid: true });
    expect(verified.code).to.equal(0);

    const ours = JSON.parse(await readFile(path, 'utf8')) as ProofFile;
    const bundle = await openBundle(dapp.bundleDir);
    const { binding } = ours.context;
    if (!binding) throw new Error('the proof states no binding');
    const image = Float64Array.from(Buffer.from(ours.statement.input, 'hex'));
    const theirs = await proveRow(bundle, { image }, { binding: { ...binding, chainId: BigInt(binding.chainId) } });
    // The points differ: every proof is blinded anew.
    const story = ({ proof, ...rest }: ProofFile) => ({ ...rest, proof: Object.keys(proof) });
    expect(story(ours)).to.deep.equal(JSON.parse(JSON.stringify(story(theirs.proof))));
  });

  it('shows how the contract refuses a changed output', async () => {
    await page.click('#tamper');
    await page.waitForSelector('#refused');
    const text = (await page.textContent('#refused')) ?? '';
    expect(text).to.include('The contract refuses: ProofInvalid()').and.include('and not 7');
    expect(text).to.include('This page: the public signals are not the packed bytes of the statement.');
    await keepPicture('prove-light.png');
  });

  it('has no barrier that axe finds, in light and dark, on both tabs', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const tab of ['prove', 'market']) {
        await page.click(`#tab-${tab}`);
        expect(await findBarriers(), `${colorScheme}, ${tab}`).to.deep.equal([]);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('posts a bounty; an agent fulfils it and is paid, as the events say', async () => {
    await page.click('#tab-market');
    await page.click('button[aria-label="Sample 4"]');
    await reads(4);
    await page.fill('#bounty', '0.07');
    await page.click('#post-button');
    await page.waitForSelector('[data-request="1"][data-status="fulfilled"]', { timeout: 30_000 });
    expect(await page.textContent('#requests')).to.include('it reads 4; 0.08 ETH to the agent');
    const events = await page.$$eval('#events li', (items) => items.map((item) => item.textContent ?? ''));
    const steps = ['proved to read 4, 0.08 ETH to the agent', 'the agent locked it with a bond', 'you posted 0.07 ETH'];
    const ofRequest = events.filter((event) => event.includes('Request 1: '));
    expect(ofRequest.map((event) => event.replace(/^block \d+ Request 1: /, ''))).to.deep.equal(steps);
    expect(await page.textContent('#paid')).to.include('bonds that it got back included: 0.08 ETH');
    expect(await findBarriers()).to.deep.equal([]);
    await keepPicture('market-light.png');
  });

  it('fits a phone of 360 pixels, in the dark and without motion', async () => {
    const phone = await open({
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
      reducedMotion: 'reduce',
      hasTouch: true,
    });
    const on = phone.page;
    await on.tap('button[aria-label="Sample 2"]');
    await reads(2, on);
    await keepPicture('phone-dark.png', on);
    await on.tap('#prove');
    await on.waitForSelector('[data-state="running"]');
    const motion = await on.$eval('[data-state="running"]', (item) => getComputedStyle(item, '::before').animationName);
    expect(motion).to.equal('none');
    await on.waitForSelector('#accepted');
    await on.tap('#tamper');
    await on.waitForSelector('#refused');
    for (const summary of await on.$$('summary')) await summary.tap();
    expect(await widthOf(on)).to.equal(360);
    expect(await findBarriers(on)).to.deep.equal([]);
    await on.tap('#tab-market');
    expect(await widthOf(on)).to.equal(360);
    expect(await findBarriers(on)).to.deep.equal([]);
    expect(phone.complaints).to.deep.equal([]);
    await phone.close();
  });
});
