import { createHash } from 'node:crypto';
import { isLocalOnly } from '../bundle/manifest.js';
import { formatCount, formatNumber, formatShare } from '../core/format.js';
import type { BundleFacts } from './facts.js';
import { Html, html } from './html.js';
import { accuracySection, circuitSection, modelSection } from './sections-model.js';
import { chainSection, digestSection, keySection, statementSection } from './sections-trust.js';
import { STYLE } from './style.js';
import type { Section } from './table.js';

function badges({ setup, audit, accuracy }: BundleFacts): Html {
  const good = (text: string) => html`<li class="good">✓ ${text}</li>`;
  const bad = (text: string) => html`<li class="bad">✗ ${text}</li>`;
  return html`<ul class="badges">${[
    audit === null ? bad('not audited') : audit.proved ? good('soundness proved') : bad('soundness not proved'),
    setup === null
      ? bad('no keys yet')
      : setup.profile === 'dev'
        ? bad('development key: never for value')
        : isLocalOnly(setup)
          ? bad('rehearsal key: local chains only')
          : good('production key'),
    accuracy?.top1Agreement !== null && accuracy?.top1Agreement !== undefined
      ? (accuracy.top1Agreement >= 0.98 ? good : bad)(`${formatShare(accuracy.top1Agreement)} agreement`)
      : null,
    ...(setup?.overrides ?? []).map((rule) => bad(`rule switched off: ${rule}`)),
  ]}</ul>
`;
}

function tiles({ circuit, statement, accuracy, gas, setup }: BundleFacts): Html {
  const verify = gas?.find(({ call }) => call === 'verify standalone');
  const scores =
    accuracy === null || accuracy.floatScore === null
      ? null
      : `${formatNumber(accuracy.floatScore)} → ${formatNumber(accuracy.integerScore)}`;
  const entries: (readonly [string, string, string])[] = [
    ['Constraints', formatCount(circuit.constraints), `domain 2^${circuit.domainPower}`],
    ['Public signals', formatCount(statement.publicSignals.length), `${statement.form}, input ${statement.visibility}`],
  ];
  if (accuracy && scores)
    entries.push([
      accuracy.metric === 'r2' ? 'R²' : 'Accuracy',
      scores,
      `float → integer, ${formatCount(accuracy.rows)} rows`,
    ]);
  else if (accuracy?.maxAbsError !== null && accuracy)
    entries.push([
      'Largest difference',
      formatNumber(accuracy.maxAbsError),
      `integer − float, ${formatCount(accuracy.rows)} rows`,
    ]);
  if (verify) entries.push(['Gas to verify', formatCount(verify.gas), 'standalone contract']);
  if (setup)
    entries.push([
      'Key',
      setup.profile,
      setup.profile === 'dev' ? 'made by one machine' : `${setup.contributions} contributors`,
    ]);
  return html`<dl class="tiles">${entries.map(
    ([name, value, more]) => html`<div><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>
`,
  )}</dl>
`;
}

/**
 * The model card of a bundle: one page that loads nothing, runs nothing, and shows nothing that a model file could have
 * slipped in. Equal facts give equal bytes.
 */
export function renderPage(facts: BundleFacts): string {
  const sections: readonly Section[] = [
    statementSection(facts),
    accuracySection(facts),
    modelSection(facts),
    circuitSection(facts),
    keySection(facts),
    chainSection(facts),
    digestSection(facts),
  ];
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${facts.name} · model card</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<h1>${facts.name}</h1>
<p class="soft">Model card of a zkinfer bundle, made from <code>${facts.source.name}</code>, <code>${facts.source.digest}</code></p>
${badges(facts)}${tiles(facts)}</header>
<nav aria-label="Contents"><ul>${sections.map(({ id, heading }) => html`<li><a href="#${id}">${heading}</a></li>`)}</ul></nav>
<main>
${sections.map(
  ({ id, heading, body }) => html`<section aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
${body}</section>
`,
)}</main>
<footer><p class="soft">Made by <code>zkinfer report</code> from the bundle alone, after its files were compared with the digests of its manifest. Equal bundles have equal pages.</p></footer>
</body>
</html>
`;
  return page.text;
}
