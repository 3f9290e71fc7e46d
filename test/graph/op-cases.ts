import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZkinferError } from '../../src/core/error.js';
import { evaluateGraph } from '../../src/graph/evaluate.js';
import { formatDiagnostic, tryImportGraph } from '../../src/graph/import.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { verifyGraph } from '../../src/graph/verify.js';
import { readOnnx } from '../../src/onnx/read.js';
import { corpusRoot, dimsOf, type Entry, finishOutput, largestError, toElements } from './corpus.js';

interface Port {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: readonly Entry[];
}

export interface Case {
  readonly name: string;
  readonly model_base64: string;
  readonly inputs: Readonly<Record<string, Port>>;
  readonly outputs: Readonly<Record<string, Port>>;
}

const TOLERANCE = 1e-4;

/** What happened to a case: nothing wrong, a refusal with its reason, or a wrong answer. */
export interface Outcome {
  readonly verdict: 'pass' | 'refused' | 'wrong';
  readonly reason: string;
}

/** The single-operator cases of one operator. */
export function loadCases(op: string): readonly Case[] {
  const file = readFileSync(join(corpusRoot, 'ops', `${op}.json`), 'utf8');
  return (JSON.parse(file) as { cases: Case[] }).cases;
}

/** Runs a case through import, verifier, passes and the float evaluator. */
export function runCase(test: Case): Outcome {
  try {
    return evaluateCase(test);
  } catch (cause) {
    if (cause instanceof ZkinferError) return { verdict: 'refused', reason: cause.message };
    return { verdict: 'wrong', reason: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
  }
}

function evaluateCase(test: Case): Outcome {
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
