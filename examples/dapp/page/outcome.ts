import type { ProofFile } from 'zkinfer/browser';
import type { Mined, ProvenInference } from 'zkinfer/chain';
import { formatCount, formatMs, make, showHex } from './dom.js';
import { makePicture } from './pixels.js';

/** A proof that the contract accepted, and all that was part of it. */
export interface Accepted {
  readonly pixels: ArrayLike<number>;
  readonly digit: number;
  readonly proof: ProofFile;
  readonly proven: ProvenInference;
  readonly modelId: string;
  readonly contract: string;
  readonly context: bigint;
  readonly inputLimbs: readonly bigint[];
  readonly outputLimbs: readonly bigint[];
  readonly mined: Mined;
  readonly proveMs: number;
}

const toHexWord = (value: bigint) => `0x${value.toString(16)}`;

function term(name: string, ...value: (Node | string)[]): HTMLElement {
  return make('div', {}, make('dt', {}, name), make('dd', {}, ...value));
}

function listLimbs(title: string, limbs: readonly bigint[], bytes: number): HTMLElement {
  const items = limbs.map((limb) => make('li', {}, make('code', {}, toHexWord(limb))));
  const word = limbs.length === 1 ? 'limb' : 'limbs';
  return make(
    'details',
    {},
    make('summary', {}, `${title}: ${formatCount(bytes)} bytes in ${limbs.length} ${word}`),
    make('ol', { class: 'limbs' }, ...items),
  );
}

/** The values that are shown short above, for those who compare or cannot point. */
function listWhole(values: Readonly<Record<string, string>>): HTMLElement {
  const terms = Object.entries(values).map(([name, hex]) => term(name, make('code', {}, hex)));
  return make('details', {}, make('summary', {}, 'All of it in full'), make('dl', { class: 'whole' }, ...terms));
}

/** What the contract checked, item by item. */
export function showAccepted(accepted: Accepted): HTMLElement {
  const { proof, proven, mined, inputLimbs, outputLimbs } = accepted;
  const { input, output, agent, nonce } = proven.inference;
  const byteCount = (hex: string) => hex.length / 2 - 1;
  const bound = {
    Contract: accepted.contract,
    Model: accepted.modelId,
    'For you': agent,
    Nonce: nonce,
    Context: toHexWord(accepted.context),
  };
  return make(
    'div',
    { class: 'verdict good', id: 'accepted' },
    make(
      'div',
      { class: 'headline' },
      makePicture(accepted.pixels),
      make(
        'p',
        {},
        make('strong', {}, `The contract accepts: this model reads ${accepted.digit}.`),
        ` Proved here in ${formatMs(accepted.proveMs)}, checked for ${formatCount(mined.gasUsed)} gas.`,
      ),
    ),
    make('h3', {}, 'What was checked'),
    make(
      'dl',
      {},
      ...Object.entries(bound).map(([name, hex]) => term(name, showHex(hex))),
      term('Signals', `${proof.publicSignals.length} public signals`),
      term('Proof', `${byteCount(proven.proof)} bytes`),
      term('Gas', formatCount(mined.gasUsed)),
      term('Block', String(mined.blockNumber)),
      term('Transaction', showHex(mined.transactionHash)),
    ),
    listWhole({ ...bound, Transaction: mined.transactionHash, Proof: proven.proof }),
    listLimbs('Input', inputLimbs, byteCount(input)),
    listLimbs('Output', outputLimbs, byteCount(output)),
  );
}

/** A refusal as the contract and as this page give it. */
export interface Refused {
  readonly claimed: number;
  readonly truth: number;
  /** The decoded error, as `ProofInvalid()`. */
  readonly error: string;
  readonly hint: string | undefined;
  readonly here: string;
}

export function showRefused({ claimed, truth, error, hint, here }: Refused): HTMLElement {
  return make(
    'div',
    { class: 'verdict bad', id: 'refused' },
    make('p', {}, make('strong', {}, 'The contract refuses: '), make('code', {}, error)),
    make(
      'p',
      {},
      `The same proof was shown with another output, as if the model had read ${claimed} and not ${truth}.`,
    ),
    ...(hint ? [make('p', { class: 'note' }, `Contract: ${hint}`)] : []),
    make('p', { class: 'note' }, `This page: ${here}.`),
  );
}
