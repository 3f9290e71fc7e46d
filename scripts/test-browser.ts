/**
 * Tests in a real browser: `npm run test:browser`. Debian's chromium is installed where it is missing and can be.
 *
 *     npm run test:browser -- --screenshots      rewrites docs/screenshots as well
 */
import { spawnSync } from 'node:child_process';
import { installChromium } from '../test/browser/support/chromium.js';

const chromium = installChromium();
if ('reason' in chromium) {
  console.log(`browser tests skipped: ${chromium.reason}; ZKINFER_CHROMIUM may name a Chromium`);
  process.exit(0);
}
const wantsPictures = process.argv.includes('--screenshots');
const { status } = spawnSync('npx', ['mocha', '--spec', 'test/browser/*.browser.ts'], {
  stdio: 'inherit',
  env: { ...process.env, ZKINFER_CHROMIUM: chromium.path, ...(wantsPictures && { ZKINFER_SCREENSHOTS: '1' }) },
});
process.exit(status ?? 1);
