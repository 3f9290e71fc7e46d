import { digestBytes } from '../bundle/digest.js';
import type { QModel } from '../bundle/qmodel.js';
import { type CircuitCost, measureCost } from '../circuit/cost.js';
import { sizeOf } from '../core/tensor.js';
import type { Graph } from '../graph/ir.js';
import { type ModelSummary, summarizeModel } from '../graph/summary.js';
import { readOnnx } from '../onnx/read.js';
import { presets } from '../quantize/options.js';
import { quantizeGraph, type RealRow, traceFloat } from '../quantize/quantize.js';
import type { Rows } from '../rows/rows.js';
import { openExternalData } from './external-data.js';
import { type LoadOptions, readModelBytes } from './load-model.js';
import { type CircuitRequest, planCircuit } from './plan-circuit.js';
import { quantizeModel } from './quantize-model.js';

export interface InspectRequest extends LoadOptions {
  /** Rows of typical inputs: with them the estimate is what `quantize` gives for them, to the unit. */
  readonly calibration?: Rows;
  /** The circuit that is asked about. */
  readonly circuit?: CircuitRequest;
  readonly onProgress?: (stage: string) => void;
}

export interface InspectReport extends Omit<ModelSummary, 'graph'> {
  /**
   * What the circuit costs. From calibration rows it is what `quantize` and `compile` give for them; from made-up rows, at
   * 8 bits, within some tens of percent of that. Null where the model cannot be imported or does not run on made-up inputs.
   */
  readonly estimate: (CircuitCost & { readonly rows: 'calibration' | 'made up' }) | null;
}

const ROWS = 16;

/** Deterministic made-up rows: reals in [0, 1), integers below 8. */
function makeRows(graph: Graph): RealRow[] {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: ROWS }, () =>
    Object.fromEntries(
      graph.inputs.map(({ name, value }) => {
        const { shape, type } = graph.values[value];
        const draw = type === 'float' ? next : () => Math.floor(next() * (type === 'bool' ? 2 : 8));
        return [name, Float64Array.from({ length: sizeOf(shape) }, draw)];
      }),
    ),
  );
}

/** Cost at 8 bits on made-up rows. */
function estimateCost(graph: Graph, source: QModel['source'], request: CircuitRequest): InspectReport['estimate'] {
  try {
    const quantized = quantizeGraph(graph, traceFloat(graph, makeRows(graph)), presets[0]);
    const { program } = planCircuit({ graph: quantized.graph, source, options: {}, report: {} }, request);
    return { ...measureCost(program), rows: 'made up' };
  } catch {
    return null;
  }
}

/**
 * Everything to know of a model before quantizing it: inputs, outputs, operators, sizes, an estimate of the constraints, and
 * every unsupported thing at once. An unsupported model is an answer, not an error.
 * @throws ZkinferError for a file that is no model
 */
export async function inspectModel(path: string, request: InspectRequest = {}): Promise<InspectReport> {
  const bytes = await readModelBytes(path);
  const model = readOnnx(bytes, { externalData: openExternalData(path) });
  const { graph, ...summary } = summarizeModel(model, request);
  const { calibration, circuit = {} } = request;
  if (!graph) return { ...summary, estimate: null };
  if (!calibration)
    return { ...summary, estimate: estimateCost(graph, { name: path, digest: digestBytes(bytes) }, circuit) };
  const { qmodel } = await quantizeModel({ ...request, modelPath: path, calibration });
  return { ...summary, estimate: { ...measureCost(planCircuit(qmodel, circuit).program), rows: 'calibration' } };
}
