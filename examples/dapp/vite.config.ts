import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

/** A busy machine is no reason to warn. */
const rolldownOptions = { checks: { bundlerTimings: false } };

export default defineConfig({
  // In a project of your own leave the aliases out: npm install zkinfer.
  resolve: { alias: { 'zkinfer/browser': source('browser/index.ts'), 'zkinfer/chain': source('chain/index.ts') } },
  build: { target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0, rolldownOptions },
  worker: { format: 'es', rolldownOptions },
});
