import { predictCost } from '../circuit/cost.js';
import { sizeOf } from '../core/tensor.js';
import type { Graph } from '../graph/ir.js';
import { type ModelSummary, summarizeModel } from '../graph/summary.js';
import { readOnnx } from '../onnx/read.js';
import { presets } from '../quantize/options.js';
import { quantizeGraph, type RealRow, traceFloat } from '../quantize/quantize.js';
import { openExternalData } from './external-data.js';
import { type LoadOptions, readModelBytes } from './load-model.js';

export interface InspectReport extends Omit<ModelSummary, 'graph'> {
  /**
   * What the circuit would cost at 8 bits, from made-up inputs: within some tens of percent of what calibration gives. Null
   * where the model cannot be imported or does not run on made-up inputs.
   */
  readonly estimate: {
    readonly constraints: number;
    readonly domainPower: number;
    readonly toNextPower: number;
    readonly layers: readonly { readonly layer: string; readonly kind: string; readonly constraints: number }[];
  } | null;
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

function estimateCost(graph: Graph): InspectReport['estimate'] {
  try {
    const quantized = quantizeGraph(graph, traceFloat(graph, makeRows(graph)), presets[0]);
    const { constraints, domainPower, toNextPower, layers } = predictCost(quantized.graph);
    return {
      constraints,
      domainPower,
      toNextPower,
      layers: layers.map(({ layer, kind, constraints: cost }) => ({ layer, kind, constraints: cost })),
    };
  } catch {
    return null;
  }
}

/**
 * Everything to know of a model before quantizing it: inputs, outputs, operators, sizes, an estimate of the constraints, and
 * every unsupported thing at once. An unsupported model is an answer, not an error.
 * @throws ZkinferError for a file that is no model
 */
export async function inspectModel(path: string, options: LoadOptions = {}): Promise<InspectReport> {
  const model = readOnnx(await readModelBytes(path), {
    externalData: openExternalData(path),
  });
  const { graph, ...summary } = summarizeModel(model, options);
  return { ...summary, estimate: graph ? estimateCost(graph) : null };
}
