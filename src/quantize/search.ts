import { sizeOf } from '../core/tensor.js';
import type { Graph } from '../graph/ir.js';
import { type Accuracy, measureAccuracy, type OutputRow, type OutputSpec } from './accuracy.js';
import { evaluateQuant } from './evaluate.js';
import { dequantize, quantizeInput } from './inputs.js';
import type { QuantGraph } from './ir.js';
import { finestPreset, type Observer, presetForBits, presets, type QuantizeOptions } from './options.js';
import { type FloatTrace, type Quantized, quantizeGraph, type RealRow } from './quantize.js';

/** Rows on which both models must decide alike before a preset is taken, as a share. */
const ENOUGH_AGREEMENT = 0.998;
/** Share of decisions that may be expected to change, with caution. */
const FEW_FLIPS = 0.00003;
/** Constraints up to which a model is small: more bits cost next to nothing there, a wrong decision as much as anywhere. */
const SMALL = 4096;
/** Share of decisions that may be expected to change in a small model. */
const FEWEST_FLIPS = 0.0001;
/** Part of the expected flips that more bits must save, or they are not worth it. */
const WORTH_IT = 0.3;
/** Largest relative error of real-valued outputs where classes are decided, and where the value itself is the answer. */
const ENOUGH_PRECISION = { classes: 0.01, values: 0.015 };

/** Integer outputs of one row, in codes, by name. */
export function inferCodes(
  graph: QuantGraph,
  codes: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Float64Array> {
  const known = evaluateQuant(graph, codes);
  return Object.fromEntries(graph.outputs.map((output) => [output.name, known.get(output.value) as Float64Array]));
}

/** Codes of a row of real inputs, as the integer model's declared inputs want them. */
export function encodeRow(graph: QuantGraph, row: RealRow): Record<string, Float64Array> {
  return Object.fromEntries(
    graph.inputs.map((input) => [
      input.name,
      quantizeInput(row[input.name], graph.values[input.value], 2 ** input.bits - 1),
    ]),
  );
}

/** The integer model on a row of reals: outputs in real units, by name. */
export function inferReal(graph: QuantGraph, row: RealRow): Record<string, Float64Array> {
  const codes = inferCodes(graph, encodeRow(graph, row));
  return Object.fromEntries(
    graph.outputs.map((output) => [output.name, dequantize(codes[output.name], graph.values[output.value])]),
  );
}

/** What the accuracy report needs to know of a float graph's outputs. */
export function outputSpecs(graph: Graph): OutputSpec[] {
  return graph.outputs.map(({ name, value, labels }) => ({
    name,
    size: sizeOf(graph.values[value].shape),
    isInteger: graph.values[value].type !== 'float',
    labels,
  }));
}

export interface Candidate extends Quantized {
  readonly options: QuantizeOptions;
  /** Against the float graph, on the calibration rows or those held out of them. */
  readonly accuracy: Accuracy;
}

/** Rows and what the float graph computes on them. */
export interface TracedRows {
  readonly rows: readonly RealRow[];
  readonly trace: FloatTrace;
}

/**
 * Quantizes with given options and measures the result.
 * @param held rows to measure on that calibration does not see; the calibration rows unless given
 */
export function tryOptions(
  graph: Graph,
  rows: readonly RealRow[],
  trace: FloatTrace,
  options: QuantizeOptions,
  held?: TracedRows,
): Candidate {
  const quantized = quantizeGraph(graph, trace, options, held?.trace);
  const measured = held ?? { rows, trace };
  const float: OutputRow[] = measured.rows.map((_, r) =>
    Object.fromEntries(
      graph.outputs.map(({ name, value }) => [name, (measured.trace.get(value) as readonly Float64Array[])[r]]),
    ),
  );
  const integer = measured.rows.map((row) => inferReal(quantized.graph, row));
  return { ...quantized, options, accuracy: measureAccuracy(outputSpecs(graph), float, integer) };
}

function isGoodEnough({ accuracy: { top1Agreement, relativeError }, flips }: Candidate): boolean {
  if (top1Agreement === null) return relativeError <= ENOUGH_PRECISION.values;
  const isSteady = flips === null || flips.cautious <= FEW_FLIPS;
  return isSteady && top1Agreement >= ENOUGH_AGREEMENT && relativeError <= ENOUGH_PRECISION.classes;
}

/** Share of decisions that are expected to change, by the leads that were seen and by those that were not. */
function countFlips({ flips }: Candidate): number {
  return flips === null ? 0 : Math.max(flips.expected, flips.unseen);
}

/** Which of two is closer to the float model, where neither is good enough: agreement by the row is a matter of luck beside the flips. */
function isBetter(a: Candidate, b: Candidate): boolean {
  const [flipsOfA, flipsOfB] = [countFlips(a), countFlips(b)];
  if (flipsOfA !== flipsOfB) return flipsOfA < flipsOfB;
  const [agreementOfA, agreementOfB] = [a.accuracy.top1Agreement ?? 0, b.accuracy.top1Agreement ?? 0];
  if (agreementOfA !== agreementOfB) return agreementOfA > agreementOfB;
  return a.accuracy.relativeError < b.accuracy.relativeError;
}

/**
 * The cheapest preset whose integer model agrees with the float one on the calibration rows; the best one where none does.
 * A small model gets more bits than that, as long as it stays small, until hardly any decision is expected to change on other rows.
 * With `bits`, the activation width is fixed and nothing is searched; with `observer`, every preset clips by it.
 * @param options.costOf constraints of an integer model; without it no model is small
 */
export function searchPresets(
  graph: Graph,
  rows: readonly RealRow[],
  trace: FloatTrace,
  {
    bits,
    observer,
    costOf,
  }: {
    readonly bits?: number;
    readonly observer?: Observer;
    readonly costOf?: (graph: QuantGraph) => number;
  } = {},
): Candidate {
  const observed = (options: QuantizeOptions) => (observer ? { ...options, observer } : options);
  if (bits !== undefined) return tryOptions(graph, rows, trace, observed(presetForBits(bits)));
  const isSmall = ({ graph }: Candidate) => costOf !== undefined && costOf(graph) <= SMALL;
  let best: Candidate | undefined;
  /** Small, wherever the search goes on. */
  let good: Candidate | undefined;
  let failure: unknown;
  for (const preset of [...presets, finestPreset]) {
    if (preset === finestPreset && !good && !(best && isSmall(best))) continue;
    let candidate: Candidate;
    try {
      candidate = tryOptions(graph, rows, trace, observed(preset));
    } catch (error) {
      failure ??= error;
      continue;
    }
    if (!isGoodEnough(candidate)) {
      if (!best || isBetter(candidate, best)) best = candidate;
      continue;
    }
    const isFirst = !good;
    if (good && !isSmall(candidate)) return good;
    if (!good || countFlips(candidate) < (1 - WORTH_IT) * countFlips(good)) good = candidate;
    if (countFlips(good) <= FEWEST_FLIPS || (isFirst && !isSmall(good))) return good;
  }
  const chosen = good ?? best;
  if (!chosen) throw failure;
  return chosen;
}
