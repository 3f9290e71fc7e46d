import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { serveSite, writePolicy } from '../../../examples/dapp/server/site.js';
import type * as entry from '../../../src/browser/index.js';

/** What the page of the harness has as `window.zkinfer`. */
export type Harness = Pick<typeof entry, 'clearArtifactCache' | 'openProver'>;

export interface HarnessSite {
  readonly url: string;
  /** The same page under a policy without WebAssembly. */
  readonly forbiddingUrl: string;
  readonly close: () => Promise<void>;
}

/** Builds the page that hands the library out, and serves it with bundles beside it. @param bundles folders by name */
export async function serveHarness(bundles: Readonly<Record<string, string>>, folder: string): Promise<HarnessSite> {
  const outDir = join(folder, 'harness');
  await build({
    configFile: false,
    root: join(import.meta.dirname, '../harness'),
    base: './',
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
    worker: { format: 'es' },
  });
  const folders = Object.fromEntries(Object.entries(bundles).map(([name, dir]) => [`/${name}/`, dir]));
  const policy = writePolicy('');
  const sites = [policy, policy.replace(" 'wasm-unsafe-eval'", '')].map((one) =>
    serveSite({ folders: { '/': outDir, ...folders }, documents: {}, policy: one }, 0),
  );
  const [open, forbidding] = await Promise.all(sites);
  return {
    url: open.url,
    forbiddingUrl: forbidding.url,
    close: async () => {
      for (const { server } of [open, forbidding]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await rm(outDir, { recursive: true, force: true });
    },
  };
}
