import type { Graph } from '../graph/ir.js';
import type { QuantGraph } from './ir.js';
import { presetForBits, type QuantizeOptions } from './options.js';
import type { FloatTrace, RealRow } from './quantize.js';
import { type Candidate, type TracedRows, tryOptions } from './search.js';

/** One point of the trade-off between accuracy and constraints. */
export interface TradeoffPoint {
  /** Activation width of the whole model; single layers may have less. */
  readonly bits: number;
  readonly weightNoise: number;
  /** Widths of single layers, where they differ. */
  readonly layerBits: Readonly<Record<string, number>>;
  readonly constraints: number;
  /** Accuracy expected to be lost on rows that calibration did not see, in points: right answers per hundred, or 100·(1 - R²) against the float values. */
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
/** Of the first, every width is tried; of the others those up to the first that is accurate enough. */
const NOISES = [0.5, 0.7, 1, 2] as const;
const LEAST_BITS = 3;
/** Models with more nodes than this are not refined layer by layer. */
const MOST_LAYERS = 24;

/** Of so many rows one is held out of calibration, to measure the error on: rounding fits the rows that it sees. */
const HELD_OUT = 3;
/** Rows that calibration keeps at least; with fewer none is held out. */
const LEAST_ROWS = 16;

/** Accuracy expected to be lost, in points. */
function lossOf({ accuracy, flips }: Candidate): number {
  if (accuracy.top1Agreement === null) return 100 * Math.min(1, accuracy.relativeError ** 2);
  return 100 * (flips ? flips.loss : 1 - accuracy.top1Agreement);
}

/** Some of the rows, with what the float graph computes on them. */
function pickRows(rows: readonly RealRow[], trace: FloatTrace, isPicked: (row: number) => boolean): TracedRows {
  const pick = <T>(all: readonly T[]) => all.filter((_, r) => isPicked(r));
  return { rows: pick(rows), trace: new Map([...trace].map(([id, all]) => [id, pick(all)])) };
}

/**
 * Finds the cheapest widths that keep the accuracy: first one width and one weight precision for the whole model, then, from
 * the cheapest point that is accurate enough, one bit less for one layer after the other as long as that holds. Each is
 * quantized by some of the rows and judged by the others; the one chosen is quantized by all.
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
  const isHeld = (row: number) => row % HELD_OUT === HELD_OUT - 1;
  const seen = pickRows(rows, trace, (row) => !isHeld(row));
  const isSplit = seen.rows.length >= LEAST_ROWS;
  const { rows: fitted, trace: floats } = isSplit ? seen : { rows, trace };
  const held = isSplit ? pickRows(rows, trace, isHeld) : undefined;
  const attempt = (options: QuantizeOptions): TradeoffPoint | null => {
    try {
      const candidate = tryOptions(graph, fitted, floats, options, held);
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
      if (point.loss <= request.maxLoss && (!best || point.constraints < best.point.constraints))
        best = { candidate, point };
      return point;
    } catch (error) {
      failure = error;
      return null;
    }
  };
  for (const weightNoise of NOISES)
    for (const bits of WIDTHS) {
      const point = attempt({ ...presetForBits(bits), inputBits: Math.max(bits, 8), weightNoise });
      if (weightNoise !== NOISES[0] && point && point.loss <= request.maxLoss) break;
    }
  refineLayers(
    graph,
    (options) => {
      const point = attempt(options);
      return point !== null && best?.point === point;
    },
    () => best?.candidate.options ?? null,
  );
  const found = (best ?? fallback) as { candidate: Candidate; point: TradeoffPoint } | null;
  if (!found) throw failure;
  const chosen = isSplit ? tryOptions(graph, rows, trace, found.candidate.options) : found.candidate;
  const point = { ...found.point, constraints: request.costOf(chosen.graph) };
  const points = curve.map((one) => (one === found.point ? point : one));
  points.sort((a, b) => a.constraints - b.constraints || a.loss - b.loss);
  return { chosen, point, curve: points };
}

/**
 * Takes bits from single layers while that pays; where it costs too much accuracy, with everything else (the last sums, most of
 * all) a bit finer.
 * @param improve whether a model of these options is the best so far
 */
function refineLayers(
  graph: Graph,
  improve: (options: QuantizeOptions) => boolean,
  current: () => QuantizeOptions | null,
): void {
  const layers = [...new Set(graph.nodes.filter((node) => node.kind === 'unary').map((node) => node.origin.name))];
  if (layers.length > MOST_LAYERS) return;
  for (const layer of layers) {
    for (;;) {
      const options = current();
      if (!options) return;
      const { activationBits, layerBits } = options;
      const bits = (layerBits?.[layer] ?? activationBits) - 1;
      if (bits < LEAST_BITS) break;
      if (improve({ ...options, layerBits: { ...layerBits, [layer]: bits } })) continue;
      const pinned = Object.fromEntries(layers.map((name) => [name, layerBits?.[name] ?? activationBits]));
      const finer = { ...options, activationBits: activationBits + 1, layerBits: { ...pinned, [layer]: bits } };
      if (!improve(finer)) break;
    }
  }
}
