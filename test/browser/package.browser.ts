import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { build, createServer, type InlineConfig, preview } from 'vite';
import { buildSampleBundle, type SampleBundle } from '../chain/support/sample-bundle.js';
import { launchChromium } from './support/chromium.js';

const ROOT = join(import.meta.dirname, '../..');

const PAGE = `
import { openProver } from 'zkinfer/browser';
import { toProvenInference } from 'zkinfer/chain';
const prover = await openProver('/bundle/');
const { proof } = await prover.prove({ measurements: [5.1, 3.5, 1.4, 0.2] });
const { valid } = await prover.verify(proof);
document.title = valid && typeof toProvenInference === 'function' ? 'proved' : 'refused';
`;

describe('the package, in a project that installs it', function () {
  this.timeout(60_000);
  let project: string;
  let sample: SampleBundle;
  let browser: Browser;
  let options: NonNullable<InlineConfig['optimizeDeps']>;

  before(async function () {
    if (!existsSync(join(ROOT, 'dist/browser/index.js'))) return this.skip();
    project = await mkdtemp(join(tmpdir(), 'zkinfer-project-'));
    const modules = join(project, 'node_modules');
    await mkdir(join(modules, 'zkinfer'), { recursive: true });
    const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', project];
    const name = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    execFileSync('tar', ['-xzf', join(project, name), '-C', join(modules, 'zkinfer'), '--strip-components=1']);
    for (const dependency of ['wasmcurves', 'wasmbuilder'])
      await cp(join(ROOT, 'node_modules', dependency), join(modules, dependency), { recursive: true });
    await symlink(join(ROOT, 'node_modules/ethers'), join(modules, 'ethers'));

    sample = await buildSampleBundle();
    await cp(sample.bundle, join(project, 'public/bundle'), { recursive: true });
    await writeFile(join(project, 'package.json'), '{ "name": "project", "type": "module" }');
    await writeFile(join(project, 'page.js'), PAGE);
    const html = '<!doctype html><title>waiting</title><script type="module" src="/page.js"></script>';
    await writeFile(join(project, 'index.html'), html);
    const stated = /optimizeDeps: (\{[^`]*\})`/.exec(await readFile(join(ROOT, 'docs/dapp.md'), 'utf8'))?.[1] ?? '';
    options = JSON.parse(stated.replace(/(\w+):/g, '"$1":').replaceAll("'", '"'));
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await sample?.remove();
    if (project) await rm(project, { recursive: true, force: true });
  });

  async function titleOf(url: string | undefined): Promise<string> {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(url ?? '');
    await page.waitForFunction(() => document.title !== 'waiting', undefined, { timeout: 30_000 }).catch(() => {});
    const title = [await page.title(), ...errors].join(': ');
    await page.close();
    return title;
  }
  const common = () => ({ root: project, configFile: false, logLevel: 'error' }) as const;

  it('proves in a page that Vite built, without options', async () => {
    await build({ ...common(), build: { target: 'es2022' } });
    const server = await preview({ ...common(), preview: { port: 0, host: '127.0.0.1' } });
    try {
      expect(await titleOf(server.resolvedUrls?.local[0])).to.equal('proved');
    } finally {
      await server.close();
    }
  });

  it('proves in Vite’s development server, with the options that docs/dapp.md names', async () => {
    expect(options).to.have.keys('exclude', 'include');
    const server = await createServer({ ...common(), optimizeDeps: options, server: { port: 0, host: '127.0.0.1' } });
    try {
      await server.listen();
      expect(await titleOf(server.resolvedUrls?.local[0])).to.equal('proved');
    } finally {
      await server.close();
    }
  });
});
