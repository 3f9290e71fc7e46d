import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { evaluateGraph } from '../../src/graph/evaluate.js';
import { formatDiagnostic, type ImportOptions, tryImportGraph } from '../../src/graph/import.js';
import type { Graph } from '../../src/graph/ir.js';
import type { OnnxModel } from '../../src/onnx/model.js';
import { readOnnx } from '../../src/onnx/read.js';
import {
  compareRows,
  corpusRoot,
  dimsOf,
  type Entry,
  hasCorpus as findCorpus,
  finishOutput,
  largestError,
  readModel,
  readRows,
  toElements,
} from './corpus.js';

export { corpusRoot as CORPUS, readModel as loadModel, readRows as loadRows } from './corpus.js';

export const hasCorpus = findCorpus();

interface Port {
  readonly type: string;
  readonly dims: number[];
  readonly data: Entry[];
}

/** One operator with an input and the outputs that onnxruntime gives for it. */
export interface OpCase {
  readonly name: string;
  readonly model_base64: string;
  readonly inputs: Readonly<Record<string, Port>>;
  readonly outputs: Readonly<Record<string, Port>>;
}

/** Imports a model; a refusal fails with its reasons spelled out. */
export function importOrExplain(model: OnnxModel, options: ImportOptions = {}): Graph {
  const { graph, diagnostics } = tryImportGraph(model, options);
  if (graph === undefined) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
  return graph;
}

/** Outputs of one row as a reader sees them, by name. */
export function answer(graph: Graph, inputs: Readonly<Record<string, readonly number[]>>): Record<string, Entry[]> {
  const values = evaluateGraph(graph, inputs);
  return Object.fromEntries(
    graph.outputs.map((output) => [output.name, finishOutput(graph, output, values.get(output.value) as Float64Array)]),
  );
}

/** Compares a corpus model with the recorded outputs: labels exactly, numbers within `tolerance`. */
export function checkModel(name: string, limit = Number.POSITIVE_INFINITY, tolerance = 1e-4): void {
  const rows = readRows(name);
  const graph = importOrExplain(readModel(name), { dims: dimsOf(rows.inputs), outputs: Object.keys(rows.outputs) });
  const errors = compareRows(graph, rows, limit);
  expect([...errors.keys()].sort()).to.deep.equal(Object.keys(rows.outputs).sort());
  for (const output of graph.outputs) {
    const isLabel = output.labels !== undefined && graph.values[output.value].type === 'int';
    expect(errors.get(output.name), `${name} output ${output.name}`).to.be.at.most(isLabel ? 0 : tolerance);
  }
}

export function loadOpCases(op: string): readonly OpCase[] {
  return readCases(join(corpusRoot, 'ops', `${op}.json`));
}

export function readCases(path: string): readonly OpCase[] {
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: OpCase[] }).cases;
}

/** Compares one operator case with its recorded outputs. */
export function checkOpCase(test: OpCase, tolerance = 1e-4): void {
  const graph = importOrExplain(readOnnx(Buffer.from(test.model_base64, 'base64')), { dims: dimsOf(test.inputs) });
  const inputs = Object.entries(test.inputs).map(([name, { data, type }]) => [name, toElements(data, type)] as const);
  const answers = answer(graph, Object.fromEntries(inputs));
  for (const [name, expected] of Object.entries(test.outputs)) {
    const error = largestError(answers[name] ?? [], expected.data);
    const allowed = expected.type.startsWith('float') ? tolerance : 0;
    expect(error, `${test.name} output ${name}: ${answers[name]?.slice(0, 8)}`).to.be.at.most(allowed);
  }
}
