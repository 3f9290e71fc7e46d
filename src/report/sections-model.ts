import { formatCount, formatNumber, formatShare } from '../core/format.js';
import { drawDecisions, drawErrors, drawScatter } from './draw-accuracy.js';
import { drawBits, drawConstraints, drawDomain } from './draw-circuit.js';
import { drawGraph } from './draw-graph.js';
import type { BundleFacts } from './facts.js';
import { type Html, html, type Part } from './html.js';
import { drawFacts, drawTable, legend, type Section } from './table.js';

/** Rows of a table that are listed; the rest is counted. */
const MOST_ROWS = 200;

function figure(caption: Part, picture: Html): Html {
  return html`<figure><figcaption>${caption}</figcaption>${picture}</figure>
`;
}

/** How close the integer model is to the float model. */
export function accuracySection({ accuracy }: BundleFacts): Section {
  const heading = { id: 'accuracy', heading: 'Accuracy' };
  if (accuracy === null)
    return {
      ...heading,
      body: html`<p>The model file says nothing about accuracy; <code>zkinfer quantize --test rows.json</code> measures it.</p>
`,
    };
  const { pairs, errors, decisions } = accuracy;
  const what = accuracy.metric === 'r2' ? 'R²' : 'accuracy';
  const facts: [string, Part][] = [
    [
      'measured on',
      `${formatCount(accuracy.rows)} ${accuracy.measuredOn} rows, float outputs by ${accuracy.reference}`,
    ],
    ...(accuracy.floatScore === null
      ? []
      : ([
          [`${what}, float`, formatNumber(accuracy.floatScore)],
          [`${what}, integer`, formatNumber(accuracy.integerScore)],
        ] as [string, Part][])),
    ...(accuracy.top1Agreement === null
      ? []
      : ([['same decision', formatShare(accuracy.top1Agreement)]] as [string, Part][])),
    ['largest difference', formatNumber(accuracy.maxAbsError)],
  ];
  const body = html`<p>What is proved is the integer model. How close it is to the float model was measured when it was quantized; these figures are a measurement, not a proof.</p>
${drawFacts(facts)}<div class="plots">
${pairs.length > 1 && figure('Each dot is one output value: on the dashed line both models give the same.', drawScatter(pairs))}${
  errors !== null && errors.limit > 0 && figure('How many output values are how far apart.', drawErrors(errors))
}${decisions !== null && figure('Rows by decision. A cell off the diagonal is a row on which the models disagree.', drawDecisions(decisions))}</div>
`;
  return { ...heading, body };
}

/** The integer model: what feeds what, and how each layer is written in integers. */
export function modelSection({ layers, circuit }: BundleFacts): Section {
  const rows = layers
    .slice(0, MOST_ROWS)
    .map(({ name, op, kinds, shape, bits, isRounded, scale, saturated, maxAbsError }) => [
      name,
      op || '–',
      kinds.join(', '),
      shape.join('×'),
      `${bits} ${isRounded ? 'code' : 'sum'}`,
      scale.min === scale.max
        ? formatNumber(scale.min, 3)
        : `${formatNumber(scale.min, 3)} – ${formatNumber(scale.max, 3)}`,
      saturated === null ? '–' : formatShare(saturated),
      maxAbsError === null ? '–' : formatNumber(maxAbsError, 3),
    ]);
  const body = html`<div class="plots">
${figure('Inputs and layers with operator, shape and constraints; the bar is the share of all constraints.', html`<div class="scroll" role="region" aria-label="The integer model as a graph" tabindex="0">${drawGraph(layers, circuit.constraints)}</div>`)}${figure(
  html`Bits of the widest element: ${legend('a', 'rounded codes')} ${legend('b', 'exact sums')}`,
  drawBits(layers),
)}</div>
${drawTable(
  'Quantization of each layer',
  [
    ['layer'],
    ['operator'],
    ['made of'],
    ['shape'],
    ['bits', 'n'],
    ['step', 'n'],
    ['cut at the top', 'n'],
    ['largest error', 'n'],
  ],
  rows,
)}${
  layers.length > MOST_ROWS &&
  html`<p class="soft">${formatCount(layers.length - MOST_ROWS)} more layers are not listed.</p>
`
}<p class="soft">A step is what one unit of the integer stands for in real units; several channels may have steps of their own. Errors and cuts were measured on the calibration rows.</p>
`;
  return { id: 'model', heading: 'The model in integers', body };
}

/** What the circuit costs, and whether it is sound. */
export function circuitSection(facts: BundleFacts): Section {
  const { circuit, audit } = facts;
  const verdict =
    audit === null
      ? html`<p class="note">The circuit of this bundle was not audited: nothing shows that its output is determined by its input.</p>
`
      : html`<p>${audit.proved ? html`<strong class="good">Proved sound.</strong>` : html`<strong class="bad">Not proved sound.</strong>`} The audit reads the constraints alone: are the outputs a function of the inputs, whatever the prover does?</p>
${drawFacts([
  ['outputs determined', `${formatCount(audit.outputs.determined)} of ${formatCount(audit.outputs.total)}`],
  [
    'wires determined',
    `${formatCount(audit.wires.determined)} of ${formatCount(audit.wires.total)}, ${formatCount(audit.wires.free)} harmless hints`,
  ],
  ['inputs constrained', `${formatCount(audit.inputs.constrained)} of ${formatCount(audit.inputs.total)}`],
  ['ranges proved', `${formatCount(audit.declared.proved)} of ${formatCount(audit.declared.total)}`],
])}${
  audit.findings.length > 0 &&
  html`<ul>${audit.findings.map(({ code, message }) => html`<li><code>${code}</code> ${message}</li>`)}</ul>
`
}`;
  const body = html`${drawFacts([
    ['constraints', formatCount(circuit.constraints)],
    ['wires', formatCount(circuit.wires)],
    [
      'compiled by',
      circuit.engine === 'circom'
        ? `circom ${circuit.flags.join(' ')}, compared with zkinfer's own constraints`
        : 'zkinfer itself',
    ],
    ['beyond a calibrated range', circuit.overflow === 'saturate' ? 'values are clamped' : 'there is no proof'],
  ])}<div class="plots">
${figure('Constraints of each part of the circuit. Linear layers cost nothing: their weights are constants.', drawConstraints(circuit))}${figure(
  html`The domain's size decides what setup, key and proof cost: ${legend('a', 'constraints')} ${legend('b', 'signals')}`,
  drawDomain(facts),
)}</div>
<h3>Soundness audit</h3>
${verdict}`;
  return { id: 'circuit', heading: 'The circuit', body };
}
