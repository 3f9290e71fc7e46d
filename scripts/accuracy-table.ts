/**
 * Quantizes every model of the corpus and writes docs/accuracy.md and one sentence of the README: `npx tsx scripts/accuracy-table.ts`.
 * Nothing is compiled or proved here; `npm run models` does that for the models that are small enough.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { ZkinferError } from '../src/core/error.js';
import type { QuantizeReport } from '../src/pipeline/quantize-model.js';
import { corpusRoot, hasCorpus, listModels } from '../test/graph/corpus.js';
import { quantizeCorpusModel } from './corpus-model.js';
import { formatTable, replaceSection } from './marked-section.js';

const README = new URL('../README.md', import.meta.url);
const PAGE = new URL('../docs/accuracy.md', import.meta.url);

function percent(share: number | null): string {
  return share === null ? '' : `${(100 * share).toFixed(1)} %`;
}

function renderRow(name: string, report: QuantizeReport): string[] {
  const score = (value: number | null) => (value === null ? '' : value.toFixed(3));
  return [
    name,
    report.metric === null ? '' : `${score(report.floatScore)} → ${score(report.integerScore)}`,
    percent(report.top1Agreement),
    percent(report.relativeError),
    report.constraints.toLocaleString('en'),
  ];
}

/** One sentence that counts what the table holds. */
function summarize(reports: readonly QuantizeReport[], refused: number): string {
  const deciding = reports.flatMap(({ top1Agreement }) => (top1Agreement === null ? [] : [top1Agreement]));
  const count = (least: number) => deciding.filter((share) => share >= least).length;
  const losses = reports.flatMap(({ metric, floatScore, integerScore }) =>
    metric === 'accuracy' && floatScore !== null && integerScore !== null ? [floatScore - integerScore] : [],
  );
  const worst = Math.max(0, ...losses);
  return (
    `${reports.length} of ${reports.length + refused} models quantize. Of the ${deciding.length} that decide between classes, ${count(1)} decide as the float model on every ` +
    `test row, ${count(0.99)} on at least 99 %, ${count(0.98)} on at least 98 %; the largest loss of accuracy is ${(100 * worst).toFixed(1)} points.`
  );
}

if (!hasCorpus()) throw new Error(`no corpus at ${corpusRoot}; set ZKINFER_CORPUS`);
const rows: string[][] = [];
const reports: QuantizeReport[] = [];
for (const name of listModels()) {
  try {
    const { report } = await quantizeCorpusModel(name);
    reports.push(report);
    rows.push(renderRow(name, report));
  } catch (error) {
    if (!(error instanceof ZkinferError)) throw error;
    rows.push([name, `refused: ${error.code}`, '', '', '']);
  }
  console.error(rows[rows.length - 1].join('  '));
}
const table = formatTable(['model', 'score, float → integer', 'top-1 agreement', 'error', 'constraints'], rows);
const summary = summarize(reports, rows.length - reports.length);
const page = readFileSync(PAGE, 'utf8');
writeFileSync(PAGE, replaceSection(page, 'models', `${summary}\n\n${table}`));
const readme = readFileSync(README, 'utf8');
writeFileSync(README, replaceSection(readme, 'accuracy', `${summary} [The table](docs/accuracy.md) has each of them.`));
