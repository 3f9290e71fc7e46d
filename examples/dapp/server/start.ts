import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { InferenceClient } from '../../../src/chain/client/inference-client.js';
import { openBundleModel } from '../../../src/chain/commands/bundle-model.js';
import { deployInferenceMarket, deployInferenceVerifier } from '../../../src/chain/commands/deploy.js';
import { startDevNode } from '../../../src/chain/dev-node/start.js';
import type { AgentSettings } from './agent-process.js';
import { ensureBundle } from './bundle.js';
import type { PageConfig } from './page-config.js';
import { readSampleDigits } from './sample-digits.js';
import { serveSite, writePolicy } from './site.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SAMPLE = join(ROOT, 'examples/models/mnist-cnn');
const FOLDER = join(ROOT, 'artifacts/dapp');

/** Roles of the development accounts. */
const ACCOUNTS = { publisher: 0, agent: 1, visitor: 2 } as const;

export interface Dapp {
  readonly url: string;
  readonly config: PageConfig;
  readonly bundleDir: string;
  /** Folder of the built page. */
  readonly siteDir: string;
  readonly close: () => Promise<void>;
}

/** Builds the page into `artifacts/dapp/site`. @throws Error with every warning of the build: there are to be none */
export async function buildPage(): Promise<string> {
  const outDir = join(FOLDER, 'site');
  const warnings: string[] = [];
  await build({
    configFile: join(ROOT, 'examples/dapp/vite.config.ts'),
    root: join(ROOT, 'examples/dapp'),
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true },
    customLogger: {
      info: () => {},
      warn: (text) => warnings.push(text),
      warnOnce: (text) => warnings.push(text),
      error: (text) => warnings.push(text),
      clearScreen: () => {},
      hasErrorLogged: () => false,
      hasWarned: false,
    },
  });
  if (warnings.length > 0) throw new Error(`building the page:\n${warnings.join('\n')}`);
  return outDir;
}

async function startAgentProcess(settings: AgentSettings, onStep: (step: string) => void): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./agent-process.ts', import.meta.url)), [JSON.stringify(settings)], {
    execArgv: ['--import', 'tsx'],
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', (line) => onStep(String(line)));
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the agent ended with ${code}`)));
  });
  return child;
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(late);
}

/**
 * Starts everything on this machine: the bundle where it is missing, a chain, the contracts, the agent, the page.
 * @param port of the page; 0 takes a free one
 */
export async function startDapp({
  port = 0,
  onStep = () => {},
}: {
  readonly port?: number;
  readonly onStep?: (step: string) => void;
} = {}): Promise<Dapp> {
  const bundleDir = join(FOLDER, 'mnist-cnn');
  const digest = await ensureBundle(bundleDir, SAMPLE, onStep);
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const node = await startDevNode('embedded');
    closers.push(node.close);
    const chain = await node.listen();
    const publisher = await node.provider.getSigner(ACCOUNTS.publisher);
    const verifier = await deployInferenceVerifier(publisher);
    const market = await deployInferenceMarket(publisher, verifier.address);
    const { key, spec } = await openBundleModel(bundleDir);
    const { modelId } = await new InferenceClient(publisher, verifier.address).registerModel(key, spec);
    onStep(`chain ${node.chainId}: ${chain}, contracts deployed, model registered`);

    const { address: agent, privateKey } = node.accounts[ACCOUNTS.agent];
    const where = { verifier: verifier.address, market: market.address, modelId };
    const child = await startAgentProcess(
      { rpc: chain, chainId: node.chainId, privateKey, ...where, bundleDir },
      onStep,
    );
    closers.push(() => stopProcess(child));

    const siteDir = await buildPage();
    const visitor = ACCOUNTS.visitor;
    const config: PageConfig = { chain, chainId: node.chainId, ...where, agent, visitor, bundle: '/bundle/', digest };
    const site = {
      folders: { '/': siteDir, '/bundle/': bundleDir },
      documents: { '/config.json': config, '/samples.json': await readSampleDigits(join(SAMPLE, 'test.json')) },
      policy: writePolicy(chain),
    };
    const { url, server } = await serveSite(site, port);
    closers.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return { url, config, bundleDir, siteDir, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}
