import type { PageProver, Progress, ProofFile } from 'zkinfer/browser';
import { ZkinferError } from 'zkinfer/browser';
import type { Chain } from './chain.js';
import { announce, find, formatMs, make } from './dom.js';
import { type Accepted, showAccepted, showRefused } from './outcome.js';
import { readScores } from './scores.js';
import { Steps } from './steps.js';

type ChainModule = typeof import('./chain.js');

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

/** Proving in the page, the contract's answer, and the attempt to cheat. */
export class ProveTab {
  private readonly steps = new Steps();
  private readonly button = find<HTMLButtonElement>('prove');
  private readonly stopButton = find<HTMLButtonElement>('stop');
  private pixels: Float64Array | null = null;
  private running: AbortController | null = null;

  constructor(
    private readonly prover: PageProver,
    private readonly inputName: string,
    private readonly chain: Promise<{ readonly module: ChainModule; readonly chain: Chain }>,
  ) {
    this.button.addEventListener('click', () => void this.prove());
    this.stopButton.addEventListener('click', () => this.running?.abort());
  }

  /** The picture that is proved next; null where there is none. */
  setInput(pixels: Float64Array | null): void {
    this.pixels = pixels;
    this.refresh();
  }

  private refresh(): void {
    this.button.disabled = this.pixels === null || this.running !== null;
    this.stopButton.hidden = this.running === null;
  }

  private readonly follow = (progress: Progress) => {
    const { steps } = this;
    if (progress.stage === 'fetch' && progress.artifact === 'provingKey') {
      const { loadedBytes, totalBytes, cached } = progress;
      const of = totalBytes === null ? '' : ` of ${megabytes(totalBytes)}`;
      steps.start('key', cached ? 'from the cache' : `${megabytes(loadedBytes)}${of} MB`);
    } else if (progress.stage === 'witness') {
      steps.finish('key', 'ready');
      steps.start('witness');
    } else if (progress.stage === 'proof') {
      steps.finish('witness');
      steps.start('proof', `${Math.round(100 * progress.fraction)} %`);
    }
  };

  private async prove(): Promise<void> {
    const { pixels, steps } = this;
    if (!pixels) return;
    const running = new AbortController();
    this.running = running;
    this.refresh();
    this.stopButton.focus();
    steps.reset();
    find('outcome').replaceChildren();
    announce('Proving');
    try {
      steps.start('key');
      const { module, chain } = await this.chain;
      const accepted = await this.run(pixels, module, chain, running.signal);
      announce(`The contract accepts: this model reads ${accepted.digit}. ${accepted.mined.gasUsed} gas.`);
      this.show(accepted, module, chain);
    } catch (cause) {
      this.explain(cause);
    } finally {
      this.running = null;
      const wasHere = [this.stopButton, document.body].includes(document.activeElement as HTMLElement);
      this.refresh();
      if (wasHere) this.button.focus({ preventScroll: true });
    }
  }

  private async run(pixels: Float64Array, module: ChainModule, chain: Chain, signal: AbortSignal): Promise<Accepted> {
    const { steps } = this;
    const { modelId } = chain.config;
    const who = { agent: chain.visitor.address, nonce: module.hexlify(module.randomBytes(32)) };
    const binding = await chain.client.bind({ modelId, ...who });
    const { proof, ms } = await this.prover.prove(
      { [this.inputName]: pixels },
      { binding, signal, onProgress: this.follow },
    );
    steps.finish('proof', formatMs(ms.prove));
    steps.start('contract');
    const { form } = this.prover.manifest.statement;
    const proven = module.toProvenInference(proof, form, who);
    const mined = await chain.client.record(modelId, proven);
    steps.finish('contract', `block ${mined.blockNumber}`);
    const limbsOf = (input: string, output: string) =>
      module.listLimbs({ input: fromHex(input), inputCommitted: false, output: fromHex(output) });
    const { input, output } = proof.statement;
    return {
      pixels,
      digit: readScores(proof).digit,
      proof,
      proven,
      modelId,
      contract: chain.config.verifier,
      context: module.computeContext(binding),
      inputLimbs: limbsOf(input, ''),
      outputLimbs: limbsOf('', output),
      mined,
      proveMs: ms.total,
    };
  }

  private show(accepted: Accepted, module: ChainModule, chain: Chain): void {
    const cheat = make('button', { type: 'button', id: 'tamper' }, 'Tamper with the output');
    cheat.addEventListener('click', async () => {
      cheat.disabled = true;
      const refused = await this.tamper(accepted, module, chain);
      find('outcome').append(refused);
      refused.scrollIntoView({ block: 'nearest' });
      announce(refused.textContent ?? '');
    });
    const file = new Blob([JSON.stringify(accepted.proof, null, 2)], { type: 'application/json' });
    const link = make('a', {
      class: 'button',
      id: 'download',
      download: 'proof.json',
      href: URL.createObjectURL(file),
    });
    link.textContent = 'Save the proof';
    find('outcome').replaceChildren(showAccepted(accepted), make('div', { class: 'row' }, cheat, link));
  }

  /** Shows the proof with the scores of the best and the second digit swapped, to the contract and to this page. */
  private async tamper(
    { proof, proven, digit, modelId }: Accepted,
    module: ChainModule,
    chain: Chain,
  ): Promise<HTMLElement> {
    const { scores } = readScores(proof);
    const [, second] = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
    const { output } = proof.statement;
    const width = output.length / scores.length;
    const parts = scores.map((_, i) => output.slice(i * width, (i + 1) * width));
    [parts[digit], parts[second]] = [parts[second], parts[digit]];
    const changed: ProofFile = { ...proof, statement: { ...proof.statement, output: parts.join('') } };
    const here = (await this.prover.verify(changed)).reason;
    try {
      await chain.client.verify(modelId, {
        ...proven,
        inference: { ...proven.inference, output: `0x${parts.join('')}` },
      });
      return make('p', { class: 'error' }, 'The contract accepted a changed output. That must never happen.');
    } catch (cause) {
      if (!(cause instanceof module.ContractRefusal)) return make('p', { class: 'error' }, String(cause));
      const args = Object.entries(cause.args).map(([name, value]) => `${name}: ${String(value)}`);
      const error = `${cause.errorName}(${args.join(', ')})`;
      return showRefused({ claimed: second, truth: digit, error, hint: cause.hint, here });
    }
  }

  private explain(cause: unknown): void {
    const known = cause instanceof ZkinferError || (cause as { code?: string }).code !== undefined;
    const { code, message, hint } = cause as { code?: string; message: string; hint?: string };
    const text = code === 'BROWSER_ABORTED' ? 'Stopped.' : known ? `${message} ${hint ?? ''}` : String(cause);
    this.steps.fail(code === 'BROWSER_ABORTED' ? 'stopped' : 'failed');
    find('outcome').replaceChildren(make('p', { class: code === 'BROWSER_ABORTED' ? 'note' : 'error' }, text));
    announce(text);
  }
}
