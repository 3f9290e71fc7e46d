import type { Graph } from '../graph/ir.js';
import type { QuantGraph } from './ir.js';
import { presetForBits, type QuantizeOptions } from './options.js';
import type { FloatTrace, RealRow } from './quantize.js';
import { type Candidate, tryOptions } from './search.js';

/** One point of the trade-off between accuracy and constraints. */
export interface TradeoffPoint {
  /** Activation width of the whole model; single layers may have less. */
  readonly bits: number;
  readonly weightNoise: number;
  /** Widths of single layers, where they differ. */
  readonly layerBits: Readonly<Record<string, number>>;
  readonly constraints: number;
  /** Accuracy lost on the calibration rows, in points: decisions changed per hundred, or 100·(1 - R²) against the float values. */
  readonly loss: number;
  readonly relativeError: number;
}

export interface TradeoffResult {
  readonly chosen: Candidate;
  readonly point: TradeoffPoint;
  /** Every point tried, in order of constraints. */
  readonly curve: readonly TradeoffPoint[];
}

export interface TradeoffRequest {
  /** Accuracy that may be lost, in points. */
  readonly maxLoss: number;
  /** Exact cost of a graph, in constraints. */
  readonly costOf: (graph: QuantGraph) => number;
  readonly onProgress?: (point: TradeoffPoint) => void;
}

const WIDTHS = [4, 5, 6, 7, 8, 9, 10, 12] as const;
const NOISES = [0.5, 1, 2] as const;
const LEAST_BITS = 3;
/** Models with more nodes than this are not refined layer by layer. */
const MOST_LAYERS = 24;

/** Accuracy lost, in points; expected flips count where no row flipped, so that luck on few rows is not mistaken for accuracy. */
function lossOf({ accuracy, flips }: Candidate): number {
  if (accuracy.top1Agreement === null) return 100 * Math.min(1, accuracy.relativeError ** 2);
  return 100 * Math.max(1 - accuracy.top1Agreement, flips?.expected ?? 0);
}

/**
 * Finds the cheapest widths that keep the accuracy: first one width and one weight precision for the whole model, then, from
 * the cheapest point that is accurate enough, one bit less for one layer after the other as long as that holds.
 * @throws whatever the last attempt threw, when no width can be quantized at all
 */
export function searchTradeoff(
  graph: Graph,
  rows: readonly RealRow[],
  trace: FloatTrace,
  request: TradeoffRequest,
): TradeoffResult {
  const curve: TradeoffPoint[] = [];
  let best: { candidate: Candidate; point: TradeoffPoint } | null = null;
  let fallback: { candidate: Candidate; point: TradeoffPoint } | null = null;
  let failure: unknown;
  const attempt = (options: QuantizeOptions) => {
    try {
      const candidate = tryOptions(graph, rows, trace, options);
      const point: TradeoffPoint = {
        bits: options.activationBits,
        weightNoise: options.weightNoise,
        layerBits: options.layerBits ?? {},
        constraints: request.costOf(candidate.graph),
        loss: lossOf(candidate),
        relativeError: candidate.accuracy.relativeError,
      };
      curve.push(point);
      request.onProgress?.(point);
      if (!fallback || point.loss < fallback.point.loss) fallback = { candidate, point };
      if (point.loss > request.maxLoss || (best && point.constraints >= best.point.constraints)) return false;
      best = { candidate, point };
      return true;
    } catch (error) {
      failure = error;
      return false;
    }
  };
  for (const bits of WIDTHS)
    for (const weightNoise of NOISES) attempt({ ...presetForBits(bits), inputBits: Math.max(bits, 8), weightNoise });
  refineLayers(graph, attempt, () => best?.candidate.options ?? null);
  const found = (best ?? fallback) as { candidate: Candidate; point: TradeoffPoint } | null;
  if (!found) throw failure;
  curve.sort((a, b) => a.constraints - b.constraints || a.loss - b.loss);
  return { chosen: found.candidate, point: found.point, curve };
}

/** Takes bits from single layers, the widest first, while that pays. */
function refineLayers(
  graph: Graph,
  attempt: (options: QuantizeOptions) => boolean,
  current: () => QuantizeOptions | null,
): void {
  const layers = [...new Set(graph.nodes.filter((node) => node.kind === 'unary').map((node) => node.origin.name))];
  if (layers.length > MOST_LAYERS) return;
  for (const layer of layers) {
    for (;;) {
      const options = current();
      if (!options) return;
      const bits = (options.layerBits?.[layer] ?? options.activationBits) - 1;
      if (bits < LEAST_BITS || !attempt({ ...options, layerBits: { ...options.layerBits, [layer]: bits } })) break;
    }
  }
}
