import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sizeOf } from '../../src/core/tensor.js';
import { evaluateGraph } from '../../src/graph/evaluate.js';
import type { Graph, GraphOutput } from '../../src/graph/ir.js';
import type { OnnxModel } from '../../src/onnx/model.js';
import { readOnnx } from '../../src/onnx/read.js';

/** Where the shared test material lies; tests that need it skip where it does not. */
export const corpusRoot = process.env.ZKINFER_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus');

export function hasCorpus(): boolean {
  return existsSync(join(corpusRoot, 'models'));
}

export type Entry = number | string | boolean;

export interface Rows {
  readonly count: number;
  readonly inputs: Readonly<
    Record<
      string,
      { readonly type: string; readonly dims: readonly number[]; readonly rows: readonly (readonly Entry[])[] }
    >
  >;
  readonly outputs: Readonly<Record<string, { readonly type?: string; readonly rows: readonly (readonly Entry[])[] }>>;
}

export function listModels(): string[] {
  return hasCorpus() ? readdirSync(join(corpusRoot, 'models')).sort() : [];
}

export function readModel(name: string): OnnxModel {
  const folder = join(corpusRoot, 'models', name);
  return readOnnx(readFileSync(join(folder, 'model.onnx')), {
    externalData: (location) => readFileSync(join(folder, location)),
  });
}

export function readRows(name: string): Rows {
  return JSON.parse(readFileSync(join(corpusRoot, 'models', name, 'test.json'), 'utf8')) as Rows;
}

/** Sizes of every dimension, as `--dim` takes them. */
export function dimsOf(inputs: Readonly<Record<string, { readonly dims: readonly number[] }>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, { dims }]) => dims.map((size, axis) => [`${name}.${axis}`, size])),
  );
}

/** The elements as the model receives them: decimals of float32 rounded to float32. */
export function toElements(entries: readonly Entry[], type: string): number[] {
  return entries.map((entry) => (type === 'float32' ? Math.fround(Number(entry)) : Number(entry)));
}

/** What a reader of the output sees: labels by index, probabilities where a softmax was cut. */
export function finishOutput(graph: Graph, output: GraphOutput, data: Float64Array): Entry[] {
  const value = graph.values[output.value];
  if (output.labels !== undefined && value.type === 'int')
    return Array.from(data, (index) => (output.labels as readonly (string | number)[])[index]);
  if (output.cut === undefined) return Array.from(data);
  const width = value.shape.at(-1) ?? 1;
  const result: number[] = [];
  for (let at = 0; at < sizeOf(value.shape); at += width) {
    const row = Array.from(data.subarray(at, at + width));
    const top = Math.max(...row);
    const sum = row.reduce((total, x) => total + Math.exp(x - top), 0);
    for (const x of row) result.push(output.cut === 'softmax' ? Math.exp(x - top) / sum : x - top - Math.log(sum));
  }
  return result;
}

/** The largest error, relative to max(1, |expected|); Infinity where an entry differs in kind. */
export function largestError(given: readonly Entry[], expected: readonly Entry[]): number {
  if (given.length !== expected.length) return Number.POSITIVE_INFINITY;
  return expected.reduce<number>((worst, want, i) => {
    if (typeof want === 'string' && given[i] === want) return worst;
    const [a, b] = [Number(given[i]), Number(want)];
    if (Object.is(a, b) || a === b) return worst;
    const error = Math.abs(a - b) / Math.max(1, Math.abs(b));
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }, 0);
}

/** Largest error per output over the first `count` rows; outputs that the corpus does not hold are left out. */
export function compareRows(graph: Graph, rows: Rows, count: number): Map<string, number> {
  const errors = new Map<string, number>();
  for (let row = 0; row < Math.min(count, rows.count); row++) {
    const inputs = Object.fromEntries(
      graph.inputs.map(({ name }) => [name, toElements(rows.inputs[name].rows[row], rows.inputs[name].type)]),
    );
    const values = evaluateGraph(graph, inputs);
    for (const output of graph.outputs) {
      const expected = rows.outputs[output.name]?.rows[row];
      if (expected === undefined) continue;
      const given = finishOutput(graph, output, values.get(output.value) as Float64Array);
      errors.set(output.name, Math.max(errors.get(output.name) ?? 0, largestError(given, expected)));
    }
  }
  return errors;
}
