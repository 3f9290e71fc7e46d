import { readQModel } from '../bundle/qmodel-file.js';
import { lowerCircuit } from '../circuit/lower.js';
import { computeWitness, readWire } from '../circuit/witness.js';
import { toSigned } from '../core/field.js';
import { evaluateGraph } from '../graph/evaluate.js';
import type { Graph, ValueId } from '../graph/ir.js';
import { evaluateQuant } from '../quantize/evaluate.js';
import { dequantize } from '../quantize/inputs.js';
import type { QuantGraph, QuantValue } from '../quantize/ir.js';
import { runReference } from '../quantize/reference.js';
import { encodeRow } from '../quantize/search.js';
import type { Row } from '../rows/rows.js';
import { type LoadOptions, loadModel, rowsSpecOf } from './load-model.js';
import { refuseArchitecture } from './take-architecture.js';

/** One value on one row, as each stage of the pipeline has it. */
export interface DiffLine {
  readonly name: string;
  readonly elements: number;
  /** Largest difference of the integers from the float graph, in real units, and that relative to the value's spread. */
  readonly maxAbsError: number;
  readonly relativeError: number;
  /** Largest difference of the imported graph from onnxruntime; null where onnxruntime has no such tensor. */
  readonly importError: number | null;
  /** Elements of the witness that differ from the integer evaluator; null where the value has no wires of its own. */
  readonly witnessDifferences: number | null;
}

export interface DiffReport {
  readonly lines: readonly DiffLine[];
  /** The value with the largest relative error. */
  readonly worst: string | null;
  readonly witnessEqual: boolean;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

function spreadOf(values: ArrayLike<number>): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return high > low ? high - low : Math.max(Math.abs(high), 1e-12);
}

/** Elements where the wires of each integer value differ from the evaluator. */
function compareWitness(graph: QuantGraph, codes: Record<string, Float64Array>, known: Map<number, Float64Array>) {
  const program = lowerCircuit(graph);
  const witness = computeWitness(program, codes, 0n);
  const differences = new Map<number, number>();
  for (const [id, atoms] of program.values) {
    const expected = known.get(id) as Float64Array;
    let wrong = 0;
    for (let i = 0; i < expected.length; i++) {
      // A sum that is folded into the next constraint has no wire of its own.
      if (atoms.wire[i] < 0) continue;
      const wire = Number(toSigned(readWire(witness, atoms.wire[i])));
      if (atoms.factor[i] * wire + atoms.offset[i] !== expected[i]) wrong++;
    }
    differences.set(id, wrong);
  }
  return differences;
}

/** onnxruntime's inner tensors by name; null where it cannot give them. */
async function referenceValues(path: string, spec: ReturnType<typeof rowsSpecOf>, row: Row, names: readonly string[]) {
  try {
    return (await runReference(path, spec.inputs, [row], [], { intermediates: names }))[0];
  } catch {
    return null;
  }
}

/**
 * The integer value that stands for each float value: the last that serves the float value's node, because a node may take
 * several integer nodes and a fused function's intermediate values have no integers of their own. Where an operator became
 * several float nodes (an accumulator and its rounding), those before the last are paired by the name of their value, or not.
 */
function pairValues(graph: Graph, quant: QuantGraph): Map<ValueId, QuantValue> {
  const lastOf = new Map(quant.nodes.map((node) => [node.layer, quant.values[node.output]]));
  const named = new Map(
    quant.nodes.map((node) => [`${node.layer}\n${quant.values[node.output].name}`, quant.values[node.output]]),
  );
  const finalOf = new Map(graph.nodes.map((node) => [node.origin.name, node]));
  const pairs = new Map<ValueId, QuantValue>();
  for (const { name, value } of graph.inputs) {
    const input = quant.inputs.find((one) => one.name === name);
    if (input) pairs.set(value, quant.values[input.value]);
  }
  for (const node of graph.nodes) {
    const { name } = node.origin;
    const last = lastOf.get(name);
    const byName = named.get(`${name}\n${graph.values[node.output].name}`);
    const stand = finalOf.get(name) === node ? last : byName === last ? undefined : byName;
    if (stand) pairs.set(node.output, stand);
  }
  return pairs;
}

/**
 * Compares one row stage by stage: onnxruntime, the imported float graph, the integer model, the witness. Values are paired by
 * the node that computes them; those that exist in one stage only are compared where they do.
 */
export async function diffRow(
  modelPath: string,
  qmodelPath: string,
  row: Row,
  options: LoadOptions = {},
): Promise<DiffReport> {
  const loaded = await loadModel(modelPath, options);
  const { graph } = loaded;
  const qmodel = await readQModel(qmodelPath);
  refuseArchitecture(qmodel, qmodelPath);
  const { graph: quant } = qmodel;
  const float = evaluateGraph(graph, row);
  const codes = encodeRow(quant, row);
  const integers = evaluateQuant(quant, codes);
  const wrong = compareWitness(quant, codes, integers);
  const tensorNames = new Set(loaded.model.graph.nodes.flatMap((node) => node.outputs));
  const wanted = graph.values.map((value) => value.name).filter((name) => tensorNames.has(name));
  const reference = wanted.length > 0 ? await referenceValues(modelPath, rowsSpecOf(graph), row, wanted) : null;
  const stands = pairValues(graph, quant);
  const lines = graph.values.flatMap((value): DiffLine[] => {
    const stand = stands.get(value.id);
    const reals = float.get(value.id);
    if (!stand || !reals) return [];
    const given = dequantize(integers.get(stand.id) as Float64Array, stand);
    if (given.length !== reals.length) return [];
    const maxAbsError = largestDifference(reals, given);
    const theirs = reference?.[value.name];
    return [
      {
        name: value.name,
        elements: reals.length,
        maxAbsError,
        relativeError: maxAbsError / spreadOf(reals),
        importError: theirs?.length === reals.length ? largestDifference(theirs, reals) : null,
        witnessDifferences: wrong.get(stand.id) ?? null,
      },
    ];
  });
  const worst = lines.reduce<DiffLine | null>((a, b) => (a && a.relativeError >= b.relativeError ? a : b), null);
  return {
    lines,
    worst: worst && worst.relativeError > 0 ? worst.name : null,
    witnessEqual: [...wrong.values()].every((count) => count === 0),
  };
}
