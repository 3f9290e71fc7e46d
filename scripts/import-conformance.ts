/**
 * Runs every single-operator case of the corpus through import, passes and the float evaluator, and prints per operator
 * how many pass, are refused or come out wrong. Exits with 1 when any is wrong.
 *
 *     npx tsx scripts/import-conformance.ts [operator …] [--reasons]
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { corpusRoot } from '../test/graph/corpus.js';
import { loadCases, runCase } from '../test/graph/op-cases.js';

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const reasons = process.argv.includes('--reasons');
const totals = { pass: 0, refused: 0, wrong: 0 };
for (const file of readdirSync(join(corpusRoot, 'ops')).sort()) {
  const op = file.replace('.json', '');
  if (wanted.length > 0 && !wanted.includes(op)) continue;
  const counts = { pass: 0, refused: 0, wrong: 0 };
  const notes: string[] = [];
  for (const test of loadCases(op)) {
    const result = runCase(test);
    counts[result.verdict]++;
    totals[result.verdict]++;
    if (result.verdict === 'wrong' || (reasons && result.verdict === 'refused'))
      notes.push(`    ${result.verdict} ${test.name}: ${result.reason.slice(0, 400)}`);
  }
  console.log(`${op.padEnd(24)} pass ${counts.pass}  refused ${counts.refused}  wrong ${counts.wrong}`);
  for (const note of notes) console.log(note);
}
console.log(`${totals.pass} pass, ${totals.refused} refused, ${totals.wrong} wrong`);
process.exitCode = totals.wrong > 0 ? 1 : 0;
