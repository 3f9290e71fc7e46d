/** The page: what is drawn goes to the model at once, and from there to a proof or to the market. */
import { type Inference, openProver, type PageProver } from 'zkinfer/browser';
import type { PageConfig } from '../server/page-config.js';
import { find, formatCount, make, shorten } from './dom.js';
import type { MarketTab } from './market-tab.js';
import { showPixels } from './pixels.js';
import { ProveTab } from './prove-tab.js';
import { SIDE } from './raster.js';
import { setUpSamples } from './samples.js';
import { setUpScores, showScores } from './scores.js';
import { Surface } from './surface.js';
import { setUpTabs } from './tabs.js';

async function readJson<T>(path: string): Promise<T> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as T;
}

/** Lets the model read the latest drawing; a drawing that comes while it reads replaces the one that waits. */
function followDrawing(prover: PageProver, name: string, show: (inference: Inference | null) => void) {
  let waiting: Float64Array | null | undefined;
  let isReading = false;
  return async (pixels: Float64Array | null) => {
    waiting = pixels;
    if (isReading) return;
    isReading = true;
    while (waiting !== undefined) {
      const current: Float64Array | null = waiting;
      waiting = undefined;
      show(current && (await prover.infer({ [name]: current }).catch(() => null)));
    }
    isReading = false;
  };
}

async function connectChain(config: PageConfig) {
  const module = await import('./chain.js');
  const chain = await module.connect(config);
  find('chain').textContent = `Local chain ${config.chainId}, verifier ${shorten(config.verifier)}`;
  return { module, chain };
}

async function start(): Promise<void> {
  setUpScores();
  setUpTabs(['prove', 'market'], () => {});
  showPixels(find<HTMLCanvasElement>('seen'), new Float64Array(SIDE * SIDE));
  const config = await readJson<PageConfig>('/config.json');
  const prover = await openProver(config.bundle, { digest: config.digest });
  const [{ name }] = prover.manifest.statement.inputs;

  const chain = connectChain(config);
  const proveTab = new ProveTab(prover, name, chain);
  let marketTab: MarketTab | undefined;
  let latest: Inference | null = null;
  const read = followDrawing(prover, name, (inference) => {
    latest = inference;
    showScores(inference);
    marketTab?.setInput(inference);
  });
  const surface = new Surface((pixels) => {
    showPixels(find<HTMLCanvasElement>('seen'), pixels ?? new Float64Array(SIDE * SIDE));
    proveTab.setInput(pixels);
    void read(pixels);
  });
  find('clear').addEventListener('click', () => surface.clear());
  setUpSamples(await readJson<number[][]>('/samples.json'), (pixels) => surface.take(pixels));
  document.documentElement.dataset.ready = 'model';

  const { module, chain: connected } = await chain;
  const { MarketTab: Tab } = await import('./market-tab.js');
  marketTab = new Tab(
    module,
    connected,
    prover.manifest.statement.outputs[0].shape.reduce((a, b) => a * b, 1),
  );
  marketTab.setInput(latest);
  document.documentElement.dataset.ready = 'chain';
  // The proving key is large; it is fetched while the visitor draws.
  await prover.prepare();
  document.documentElement.dataset.ready = 'key';
  const { constraints } = prover.manifest.circuit;
  find('chain').append(`, ${formatCount(constraints)} constraints`);
}

start().catch((cause: unknown) => {
  const { message, hint } = cause as { message?: string; hint?: string };
  find('chain').replaceChildren(make('span', { class: 'error' }, `${message ?? String(cause)} ${hint ?? ''}`));
});
