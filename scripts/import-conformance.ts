/**
 * Runs every single-operator case of the corpus through import, passes and the float evaluator, and prints per operator
 * how many pass, are refused or come out wrong. Exits with 1 when any is wrong.
 *
 *     npx tsx scripts/import-conformance.ts [operator …] [--reasons]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZkinferError } from '../src/core/error.js';
import { evaluateGraph } from '../src/graph/evaluate.js';
import { formatDiagnostic, tryImportGraph } from '../src/graph/import.js';
import { optimizeGraph } from '../src/graph/passes/optimize.js';
import { verifyGraph } from '../src/graph/verify.js';
import { readOnnx } from '../src/onnx/read.js';
import { corpusRoot, dimsOf, type Entry, finishOutput, largestError, toElements } from '../test/graph/corpus.js';

interface Port {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: readonly Entry[];
}

interface Case {
  readonly name: string;
  readonly model_base64: string;
  readonly inputs: Readonly<Record<string, Port>>;
  readonly outputs: Readonly<Record<string, Port>>;
}

const TOLERANCE = 1e-4;

/** What happened to a case: nothing wrong, a refusal with its reason, or a wrong answer. */
function runCase(test: Case): { verdict: 'pass' | 'refused' | 'wrong'; reason: string } {
  const model = readOnnx(Buffer.from(test.model_base64, 'base64'));
  const report = tryImportGraph(model, { dims: dimsOf(test.inputs) });
  if (report.graph === undefined) {
    const reasons = report.diagnostics.filter((d) => d.severity === 'error').map(formatDiagnostic);
    return { verdict: 'refused', reason: reasons.join('; ') };
  }
  verifyGraph(report.graph);
  const graph = optimizeGraph(report.graph);
  verifyGraph(graph);
  const inputs = Object.fromEntries(
    Object.entries(test.inputs).map(([name, { data, type }]) => [name, toElements(data, type)]),
  );
  const values = evaluateGraph(graph, inputs);
  for (const output of graph.outputs) {
    const expected = test.outputs[output.name];
    if (expected === undefined) continue;
    const given = finishOutput(graph, output, values.get(output.value) as Float64Array);
    const error = largestError(given, expected.data);
    if (error > TOLERANCE)
      return {
        verdict: 'wrong',
        reason: `${output.name} is off by ${error}: ${given.slice(0, 8)} for ${expected.data.slice(0, 8)}`,
      };
  }
  return { verdict: 'pass', reason: '' };
}

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const reasons = process.argv.includes('--reasons');
const totals = { pass: 0, refused: 0, wrong: 0 };
for (const file of readdirSync(join(corpusRoot, 'ops')).sort()) {
  const op = file.replace('.json', '');
  if (wanted.length > 0 && !wanted.includes(op)) continue;
  const { cases } = JSON.parse(readFileSync(join(corpusRoot, 'ops', file), 'utf8')) as { cases: Case[] };
  const counts = { pass: 0, refused: 0, wrong: 0 };
  const notes: string[] = [];
  for (const test of cases) {
    let result: ReturnType<typeof runCase>;
    try {
      result = runCase(test);
    } catch (cause) {
      result =
        cause instanceof ZkinferError
          ? { verdict: 'refused', reason: cause.message }
          : { verdict: 'wrong', reason: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
    }
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
