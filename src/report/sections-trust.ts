import { formatBytes, formatCount, formatNumber } from '../core/format.js';
import { drawGas, drawSetup } from './draw-circuit.js';
import type { BundleFacts } from './facts.js';
import { html, type Part } from './html.js';
import { drawFacts, drawTable, legend, type Section } from './table.js';

const VISIBILITY = {
  public: 'public: the input stands in the proof file, and its bytes in the statement',
  private: 'private: the proof says that some input gives this output',
  committed: 'committed: the input is behind a salted Poseidon commitment',
} as const;

const WEIGHTS = {
  constants: 'public: constants of the circuit',
  committed: 'private: the verification key holds a commitment to them, whose maker showed to know them',
  unchecked: 'private: the verification key should hold a commitment to them; files to check that with are not there',
  none: 'none yet: this is an architecture, for which models are committed to',
} as const;

const FORM = {
  packed: 'packed: a public signal for every 31 bytes',
  bound: 'bound: three signals for any size',
} as const;

const MOST_LABELS = 24;

/** `a[0], a[1], a[2], b` as `a[0] … a[2], b`. */
function abbreviate(signals: readonly string[]): string {
  const runs: { stem: string; first: string; last: string; count: number }[] = [];
  for (const name of signals) {
    const stem = name.replace(/\[\d+\]$/, '[]');
    const last = runs.at(-1);
    if (last?.stem === stem && stem.endsWith('[]')) {
      last.last = name;
      last.count++;
    } else runs.push({ stem, first: name, last: name, count: 1 });
  }
  return runs.map(({ first, last, count }) => (count === 1 ? first : `${first} … ${last}`)).join(', ');
}

function span(values: readonly number[], digits = 4): string {
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return low === high ? formatNumber(low, digits) : `${formatNumber(low, digits)} – ${formatNumber(high, digits)}`;
}

/** What a proof of this bundle says. */
export function statementSection({ statement, source, circuit }: BundleFacts): Section {
  const { inputs, outputs } = statement;
  const rows = [
    ...inputs.map((layout) => ['input', layout, formatCount(layout.min.reduce((a, b) => Math.min(a, b)))] as const),
    ...outputs.map((layout) => ['output', layout, '0'] as const),
  ].map(([side, layout, low]): Part[] => [
    layout.name,
    side,
    layout.shape.join('×'),
    `${layout.bytesPerElement}`,
    `${low} – ${formatCount(layout.max.reduce((a, b) => Math.max(a, b)))}`,
    span(layout.scale),
    span(layout.zeroPoint, 9),
  ]);
  const cuts = outputs.filter(({ cut }) => cut !== undefined);
  const body = html`<p>A proof says: <em>the integer model with the digest below, run on this input, gives this output</em>. It does not say that the model is good, that the input is true, or that the float model would agree.</p>
${drawFacts([
  ['model', html`<code>${source.digest}</code>`],
  ['weights', WEIGHTS[circuit.weights]],
  ['input', VISIBILITY[statement.visibility]],
  ['form', FORM[statement.form]],
  [
    `${formatCount(statement.publicSignals.length)} public signals`,
    html`<code>${abbreviate(statement.publicSignals)}</code>`,
  ],
])}${drawTable(
  'Inputs and outputs as the statement has them',
  [['name'], ['side'], ['shape'], ['bytes each', 'n'], ['integers', 'n'], ['step', 'n'], ['zero at', 'n']],
  rows,
)}${outputs.map(
  ({ name, labels }) =>
    labels &&
    html`<p class="soft">The labels of ${name}: ${labels.slice(0, MOST_LABELS).join(', ')}${labels.length > MOST_LABELS && ', …'}</p>
`,
)}${cuts.map(
  ({
    name,
    cut,
  }) => html`<p class="soft">The output ${name} is what goes into the model's last ${cut}, which is not proved.</p>
`,
)}`;
  return { id: 'statement', heading: 'What is proved', body };
}

/** How the keys came to be. */
export function keySection({ setup }: BundleFacts): Section {
  const heading = { id: 'keys', heading: 'Keys' };
  if (setup === null)
    return {
      ...heading,
      body: html`<p>The bundle has no keys yet: <code>zkinfer setup</code>.</p>
`,
    };
  const { profile, ptau, steps } = setup;
  const warning = html`<p class="note"><strong>This is a development key.</strong> Whoever made it could know its secrets and could prove anything with it. It convinces nobody else, and contracts made from it answer on local chains only.</p>
`;
  const body = html`${profile === 'dev' && warning}<div class="plots"><figure><figcaption>What had to happen before there was a key.</figcaption>${drawSetup(setup)}</figure>
<div>${drawFacts([
    ['profile', profile],
    [
      'powers of tau',
      ptau === null
        ? 'none: the secrets of one machine'
        : `2^${ptau.power}, ${ptau.published ?? 'not one of the published files'}`,
    ],
    ...(ptau === null ? [] : ([['their blake2b', html`<code>${ptau.blake2b}</code>`]] as const)),
    ['independent contributions', formatCount(setup.contributions)],
    ['beacon', setup.beacon ? 'yes' : 'no'],
    ['rules switched off', setup.overrides.join(', ') || 'none'],
  ])}</div></div>
${
  steps !== null &&
  drawTable(
    'Transcript of the ceremony',
    [['step'], ['kind'], ['name'], ['contribution hash']],
    steps.map(({ kind, name, contributionHash }, i) => [
      String(i + 1),
      kind,
      name,
      html`<code>${contributionHash}</code>`,
    ]),
  )
}`;
  return { ...heading, body };
}

/** What it costs on chain. */
export function chainSection({ gas }: BundleFacts): Section {
  const heading = { id: 'chain', heading: 'On a chain' };
  if (gas === null)
    return {
      ...heading,
      body: html`<p>Gas was not estimated: the bundle has no keys, or it was left out.</p>
`,
    };
  const isOnce = ({ call }: { readonly call: string }) => /^(deploy|register)/.test(call);
  const charts = [
    ['gas-once', 'Once', gas.filter(isOnce)],
    ['gas-each', 'For each proof', gas.filter((line) => !isOnce(line))],
  ] as const;
  const body = html`<p>${legend('a', 'measured with this key on a chain in the process')} ${legend('b', 'by formula (~)')}</p>
<div class="plots">${charts.map(
    ([id, caption, lines]) =>
      lines.length > 0 &&
      html`<figure><figcaption>${caption}</figcaption>${drawGas(id, lines)}</figure>
`,
  )}</div>
`;
  return { ...heading, body };
}

/** What to compare, and how. */
export function digestSection({ artifacts, tools }: BundleFacts): Section {
  const rows = artifacts.map(({ file, digest, verdict, sizeBytes }): Part[] => [
    html`${file}<br><code class="soft">${digest}</code>`,
    sizeBytes === null ? '–' : formatBytes(sizeBytes),
    verdict === 'same' ? html`<span class="good">same</span>` : 'not in the folder',
  ]);
  const body = html`${drawTable('Files of the bundle, compared with its manifest', [['file and digest'], ['size', 'n'], ['compared']], rows)}${drawFacts(
    Object.entries(tools).map(([name, version]) => [name, version] as const),
  )}<p>To see for yourself that these keys are for this model, quantize and compile it again and compare every digest:</p>
<pre tabindex="0"><code>zkinfer check BUNDLE --model model.onnx --calibration rows.json</code></pre>
`;
  return { id: 'digests', heading: 'Digests', body };
}
