import type { Json, QModel } from '../bundle/qmodel.js';
import { predictCost } from '../circuit/cost.js';
import type { Diagnostic } from '../core/diagnostic.js';
import { ZkinferError } from '../core/error.js';
import { sizeOf } from '../core/tensor.js';
import type { Graph } from '../graph/ir.js';
import { type Accuracy, measureAccuracy, type OutputRow } from '../quantize/accuracy.js';
import { type Comparison, compareOutputs } from '../quantize/compare-outputs.js';
import type { QuantGraph } from '../quantize/ir.js';
import type { LayerReport } from '../quantize/layer-report.js';
import type { Observer, QuantizeOptions } from '../quantize/options.js';
import { evaluateSingles, traceFloat } from '../quantize/quantize.js';
import { runReference } from '../quantize/reference.js';
import { inferReal, outputSpecs, searchPresets } from '../quantize/search.js';
import { searchTradeoff, type TradeoffPoint } from '../quantize/tradeoff.js';
import type { Rows } from '../rows/rows.js';
import { type LoadedModel, type LoadOptions, loadModel, rowsSpecOf } from './load-model.js';

export interface QuantizeRequest extends LoadOptions {
  readonly modelPath: string;
  readonly calibration: Rows;
  readonly test?: Rows;
  /** Fixes the activation width; by default the cheapest width that agrees with the float model is found. */
  readonly bits?: number;
  /** How clipping ranges are chosen; by default each preset's own, mostly by the least squared error per tensor. */
  readonly observer?: Observer;
  /** `cost` finds the cheapest widths that keep the accuracy within `maxAccuracyLoss`; `accuracy` is the default. */
  readonly target?: 'accuracy' | 'cost';
  /** Points of accuracy that `cost` may give up; 0.5 by default. */
  readonly maxAccuracyLoss?: number;
  readonly onProgress?: (stage: string) => void;
}

/** One line of the report: accuracy of a layer and what it costs. */
export interface LayerLine extends LayerReport {
  readonly constraints: number;
}

export interface QuantizeReport extends Omit<Accuracy, 'relativeError'> {
  readonly relativeError: number;
  /** Which rows the accuracy was measured on. */
  readonly measuredOn: 'test' | 'calibration';
  readonly rows: number;
  /** What the float outputs come from. */
  readonly reference: 'onnxruntime' | 'float evaluator';
  readonly constraints: number;
  readonly domainPower: number;
  readonly toNextPower: number;
  readonly layers: readonly LayerLine[];
  /** Outputs of both models side by side, on the rows that the accuracy was measured on. */
  readonly comparison: Comparison;
  /** Every point that a search for the cheapest widths tried; null where none was made. */
  readonly tradeoff: readonly TradeoffPoint[] | null;
  readonly warnings: readonly string[];
}

/** Points of accuracy that a search for the cheapest widths may give up. */
const DEFAULT_LOSS = 0.5;
/** Rows to decide from: as many as keep the trace of all values within some hundred megabytes. */
const MOST_ROWS = 512;
const FEWEST_ROWS = 64;
const MOST_TRACED = 16_000_000;

function countCalibrationRows(graph: Graph): number {
  const elements = graph.values.reduce((sum, value) => sum + sizeOf(value.shape), 0);
  return Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.floor(MOST_TRACED / elements)));
}

/** Largest difference between onnxruntime and the imported graph, relative to the spread of the output. */
const IMPORT_TOLERANCE = 1e-3;

/** Outputs of the float model by onnxruntime; the imported graph's own where onnxruntime cannot give them. */
async function referenceOutputs(
  loaded: LoadedModel,
  graph: Graph,
  rows: Rows,
): Promise<{ outputs: OutputRow[]; source: QuantizeReport['reference']; warning?: string }> {
  const own = () =>
    rows.rows.map((row) => {
      const known = evaluateSingles(graph, row);
      return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, known.get(value) as Float64Array]));
    });
  const plain = graph.outputs
    .filter((output) => !('cut' in output) || output.cut === undefined)
    .map((output) => output.name);
  if (plain.length === 0) return { outputs: own(), source: 'float evaluator' };
  try {
    const given = await runReference(loaded.path, rowsSpecOf(graph).inputs, rows.rows, plain);
    const rest = own();
    return { outputs: rest.map((row, r) => ({ ...row, ...labelIndices(graph, given[r]) })), source: 'onnxruntime' };
  } catch (error) {
    if (!(error instanceof ZkinferError)) throw error;
    return {
      outputs: own(),
      source: 'float evaluator',
      warning: `onnxruntime could not run the model (${error.message}); accuracy is measured against the imported graph`,
    };
  }
}

/** onnxruntime gives labels, the integer model their index. */
function labelIndices(graph: Graph, row: OutputRow): OutputRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, values]) => {
      const labels = graph.outputs.find((output) => output.name === name)?.labels;
      if (!labels?.every((label) => typeof label === 'number')) return [name, values];
      return [name, Array.from(values, (value) => labels.indexOf(value))];
    }),
  );
}

/** Whether the imported graph computes what onnxruntime does; null when it does, else what differs. */
function findImportError(graph: Graph, own: readonly OutputRow[], reference: readonly OutputRow[]): string | null {
  const { relativeError, top1Agreement } = measureAccuracy(outputSpecs(graph), reference, own);
  if (relativeError <= IMPORT_TOLERANCE && (top1Agreement === null || top1Agreement >= 0.99)) return null;
  return `relative error ${relativeError.toPrecision(3)}, agreement ${top1Agreement ?? 'not defined'}`;
}

/**
 * Quantizes a model: import, calibration, choice of widths, accuracy on the test rows.
 *
 * Calibration reads every edge from the float evaluator of the imported graph, because most edges of that graph (unrolled
 * gates, fused functions, composed layers) exist in no ONNX file; the evaluator itself is held to onnxruntime's outputs on
 * the calibration rows first.
 */
export async function quantizeModel(request: QuantizeRequest): Promise<{ qmodel: QModel; report: QuantizeReport }> {
  const progress = request.onProgress ?? (() => {});
  progress('importing the model');
  const loaded = await loadModel(request.modelPath, request);
  const { graph } = loaded;
  const calibration: Rows = {
    ...request.calibration,
    rows: request.calibration.rows.slice(0, countCalibrationRows(graph)),
    labels: request.calibration.labels?.slice(0, countCalibrationRows(graph)),
  };
  if (calibration.rows.length === 0)
    throw new ZkinferError({
      code: 'CALIBRATION_EMPTY',
      kind: 'usage',
      message: 'the calibration file has no rows',
      hint: 'give some dozen rows of typical inputs',
    });
  progress('running the float model');
  const trace = traceFloat(graph, calibration.rows);
  const warnings: string[] = loaded.diagnostics.filter((d) => d.severity !== 'error').map(printNote);
  const check = await referenceOutputs(loaded, graph, { rows: calibration.rows.slice(0, 16) });
  const own = check.outputs.map((_, r) =>
    Object.fromEntries(graph.outputs.map(({ name, value }) => [name, (trace.get(value) as Float64Array[])[r]])),
  );
  const problem = check.source === 'onnxruntime' ? findImportError(graph, own, check.outputs) : null;
  if (problem !== null)
    warnings.push(`the imported graph differs from onnxruntime on the calibration rows: ${problem}`);
  progress('choosing widths');
  const tradeoff =
    request.target === 'cost'
      ? searchTradeoff(graph, calibration.rows, trace, {
          maxLoss: request.maxAccuracyLoss ?? DEFAULT_LOSS,
          costOf: (candidate) => predictCost(candidate).constraints,
          onProgress: (point) => progress(`trying ${point.bits} bits: ${point.constraints} constraints`),
        })
      : null;
  const chosen =
    tradeoff?.chosen ??
    searchPresets(graph, calibration.rows, trace, {
      bits: request.bits,
      observer: request.observer,
      costOf: (candidate) => predictCost(candidate).constraints,
    });
  progress('measuring accuracy');
  const measured = request.test ?? calibration;
  const reference = await referenceOutputs(loaded, graph, measured);
  if (reference.warning) warnings.push(reference.warning);
  const integer = measured.rows.map((row) => inferReal(chosen.graph, row));
  const specs = outputSpecs(graph);
  const accuracy = measureAccuracy(specs, reference.outputs, integer, measured.labels);
  progress('predicting constraints');
  const cost = predictCost(chosen.graph);
  const report: QuantizeReport = {
    ...accuracy,
    measuredOn: request.test ? 'test' : 'calibration',
    rows: measured.rows.length,
    reference: reference.source,
    constraints: cost.constraints,
    domainPower: cost.domainPower,
    toNextPower: cost.toNextPower,
    layers: joinCosts(chosen.layers, cost.layers),
    comparison: compareOutputs(specs, reference.outputs, integer, measured.labels),
    tradeoff: tradeoff?.curve ?? null,
    warnings,
  };
  return {
    qmodel: describeQModel(loaded, chosen.graph, recordOptions(request, chosen.options), report),
    report,
  };
}

function printNote(diagnostic: Diagnostic): string {
  return `${diagnostic.where}: ${diagnostic.message}${diagnostic.hint ? ` (${diagnostic.hint})` : ''}`;
}

/** Puts the cost of each layer at the last of the nodes that bear its name. */
function joinCosts(
  layers: readonly LayerReport[],
  costs: readonly { readonly layer: string; readonly constraints: number }[],
): LayerLine[] {
  return layers.map((line, at) => {
    const isLast = !layers.slice(at + 1).some((later) => later.layer === line.layer);
    const total = costs.reduce((sum, cost) => sum + (cost.layer === line.layer ? cost.constraints : 0), 0);
    return { ...line, constraints: isLast ? total : 0 };
  });
}

/** What the integer model was made with: enough to make it again. */
function recordOptions(request: QuantizeRequest, chosen: QuantizeOptions): QModel['options'] {
  const { layerBits, ...widths } = chosen;
  return {
    ...widths,
    layerBits: layerBits ?? {},
    bits: request.bits ?? null,
    observerChosen: request.observer ?? null,
    target: request.target ?? 'accuracy',
    maxAccuracyLoss: request.target === 'cost' ? (request.maxAccuracyLoss ?? DEFAULT_LOSS) : null,
  };
}

function describeQModel(
  loaded: LoadedModel,
  graph: QuantGraph,
  options: QModel['options'],
  report: QuantizeReport,
): QModel {
  const { floatScore, integerScore, metric, top1Agreement, maxAbsError, measuredOn, rows, reference } = report;
  const scores = { floatScore, integerScore, metric, top1Agreement, maxAbsError, measuredOn, rows, reference };
  const layers = report.layers.map(({ constraints: _, ...layer }) => ({ ...layer }));
  return {
    graph,
    source: { name: loaded.name, digest: loaded.digest },
    options,
    report: { ...scores, layers, comparison: report.comparison as unknown as Json },
  };
}
