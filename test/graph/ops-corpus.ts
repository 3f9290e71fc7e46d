import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { evaluateGraph } from '../../src/graph/evaluate.js';
import { formatDiagnostic, type ImportOptions, tryImportGraph } from '../../src/graph/import.js';
import type { Graph } from '../../src/graph/ir.js';
import type { OnnxModel } from '../../src/onnx/model.js';
import { readOnnx } from '../../src/onnx/read.js';

/** Folder of the shared test material; suites skip themselves where it is absent. */
export const CORPUS = process.env.ZKINFER_CORPUS ?? '../shared/corpus';
export const hasCorpus = existsSync(CORPUS);

type Cell = number | string;

interface Port {
  readonly type: string;
  readonly dims: readonly number[];
  readonly rows: readonly (readonly Cell[])[];
}

interface Rows {
  readonly count: number;
  readonly inputs: Readonly<Record<string, Port>>;
  readonly outputs: Readonly<Record<string, Port>>;
}

export interface OpCase {
  readonly name: string;
  readonly model_base64: string;
  readonly inputs: Readonly<Record<string, { type: string; dims: number[]; data: Cell[] }>>;
  readonly outputs: Readonly<Record<string, { type: string; dims: number[]; data: Cell[] }>>;
}

export interface Answer {
  /** Elements as a reader of the model sees them: labels instead of indices, softmax of cut logits. */
  readonly values: readonly Cell[];
  readonly isLabel: boolean;
}

/** Numbers as the model receives them: decimals of float32 inputs are rounded to float32. */
function toNumbers(cells: readonly Cell[], type: string): number[] {
  return cells.map((cell) => (type === 'float32' ? Math.fround(Number(cell)) : Number(cell)));
}

function softmaxOf(logits: readonly number[], shape: readonly number[]): number[] {
  const width = shape[shape.length - 1];
  return logits.map((logit, i) => {
    const row = logits.slice(i - (i % width), i - (i % width) + width);
    const top = Math.max(...row);
    return Math.exp(logit - top) / row.reduce((sum, value) => sum + Math.exp(value - top), 0);
  });
}

/** Runs the float graph on one row and reads its outputs as the model's own. */
export function answer(graph: Graph, inputs: Readonly<Record<string, readonly number[]>>): Record<string, Answer> {
  const known = evaluateGraph(graph, inputs);
  const answers: Record<string, Answer> = {};
  for (const output of graph.outputs) {
    const value = graph.values[output.value];
    const numbers = Array.from(known.get(output.value) as Float64Array);
    const { labels } = output;
    const isLabel = labels !== undefined && value.type === 'int';
    const values = isLabel
      ? numbers.map((index) => labels[index])
      : output.cut === 'softmax'
        ? softmaxOf(numbers, value.shape)
        : numbers;
    answers[output.name] = { values, isLabel };
  }
  return answers;
}

/** Largest distance between two lists, relative where the numbers exceed 1. */
export function distance(given: readonly Cell[], expected: readonly Cell[]): number {
  if (given.length !== expected.length) return Number.POSITIVE_INFINITY;
  return expected.reduce<number>((worst, cell, i) => {
    if (typeof given[i] === 'string') return given[i] === cell ? worst : Number.POSITIVE_INFINITY;
    const [a, b] = [Number(given[i]), Number(cell)];
    if (Object.is(a, b) || a === b) return worst;
    const gap = Math.abs(a - b) / Math.max(1, Math.abs(b));
    return Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(worst, gap);
  }, 0);
}

/** Imports a model; a refusal fails with its reasons spelled out. */
export function importOrExplain(model: OnnxModel, options: ImportOptions): Graph {
  const { graph, diagnostics } = tryImportGraph(model, options);
  if (graph === undefined) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
  return graph;
}

export function loadModel(name: string): OnnxModel {
  const folder = join(CORPUS, 'models', name);
  return readOnnx(readFileSync(join(folder, 'model.onnx')), {
    externalData: (location) => readFileSync(join(folder, location)),
  });
}

export function loadRows(name: string): Rows {
  return JSON.parse(readFileSync(join(CORPUS, 'models', name, 'test.json'), 'utf8')) as Rows;
}

/** Sizes of every input dimension as the rows have them. */
function dimsOf(rows: Rows): Record<string, number> {
  const dims: Record<string, number> = {};
  for (const [name, port] of Object.entries(rows.inputs))
    port.dims.forEach((size, axis) => {
      dims[`${name}.${axis}`] = size;
    });
  return dims;
}

/**
 * Compares a corpus model's float graph with the recorded outputs of onnxruntime: labels and integers exactly, numbers
 * within `tolerance`. @returns the largest distance seen
 */
export function checkModel(name: string, limit = Number.POSITIVE_INFINITY, tolerance = 1e-4): number {
  const rows = loadRows(name);
  const graph = importOrExplain(loadModel(name), { dims: dimsOf(rows), outputs: Object.keys(rows.outputs) });
  let worst = 0;
  for (let r = 0; r < Math.min(rows.count, limit); r++) {
    const inputs = Object.fromEntries(
      Object.entries(rows.inputs).map(([port, { rows, type }]) => [port, toNumbers(rows[r], type)]),
    );
    const answers = answer(graph, inputs);
    for (const [port, expected] of Object.entries(rows.outputs)) {
      const gap = distance(answers[port].values, expected.rows[r]);
      const allowed = answers[port].isLabel ? 0 : tolerance;
      expect(gap, `${name} row ${r} output ${port}`).to.be.at.most(allowed);
      worst = Math.max(worst, gap);
    }
  }
  return worst;
}

export function loadOpCases(op: string): readonly OpCase[] {
  return (JSON.parse(readFileSync(join(CORPUS, 'ops', `${op}.json`), 'utf8')) as { cases: OpCase[] }).cases;
}

/** Compares one single-operator case with its recorded outputs. */
export function checkOpCase(test: OpCase, tolerance = 1e-4): void {
  const dims: Record<string, number> = {};
  for (const [name, port] of Object.entries(test.inputs))
    port.dims.forEach((size, axis) => {
      dims[`${name}.${axis}`] = size;
    });
  const model = readOnnx(Buffer.from(test.model_base64, 'base64'));
  const graph = importOrExplain(model, { dims });
  const inputs = Object.fromEntries(
    Object.entries(test.inputs).map(([name, { data, type }]) => [name, toNumbers(data, type)]),
  );
  const answers = answer(graph, inputs);
  for (const [name, expected] of Object.entries(test.outputs)) {
    const gap = distance(answers[name].values, expected.data);
    expect(gap, `${test.name} output ${name}: ${answers[name].values.slice(0, 8)}`).to.be.at.most(tolerance);
  }
}
