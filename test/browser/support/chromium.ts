import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a Chromium is; undefined where there is none. */
export function findChromium(): string | undefined {
  return [process.env.ZKINFER_CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));
}

/** Installs Debian's chromium where that is possible. @returns its path, or why there is none */
export function installChromium(): { readonly path: string } | { readonly reason: string } {
  const found = findChromium();
  if (found) return { path: found };
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return { reason: 'there is no Chromium, and apt-get cannot install one here (it takes Debian and root)' };
  const run = (...args: string[]) =>
    spawnSync('apt-get', args, {
      stdio: 'ignore',
      timeout: 300_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  run('update');
  run('install', '-y', '--no-install-recommends', 'chromium');
  const installed = findChromium();
  return installed ? { path: installed } : { reason: 'apt-get install chromium failed' };
}

/** A browser of its own, with a fresh profile and without traffic of its own. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium: npm run test:browser installs one where it can');
  const quiet = ['quic', 'background-networking', 'component-update', 'sync', 'gpu'].map((name) => `--disable-${name}`);
  return chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--no-first-run', ...quiet] });
}
