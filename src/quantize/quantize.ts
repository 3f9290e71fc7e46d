import { ZkinferError } from '../core/error.js';
import { evaluateGraph } from '../graph/evaluate.js';
import type { Graph, ValueId } from '../graph/ir.js';
import { makeNonNegative } from './affine.js';
import { QuantBuilder } from './builder.js';
import { assignChannels } from './channels.js';
import { QuantizeContext } from './context.js';
import { expectFlips, type Flips } from './flips.js';
import { adoptCode, encodeInput, quantizeInput } from './inputs.js';
import type { QuantGraph } from './ir.js';
import { type LayerReport, reportLayers } from './layer-report.js';
import { quantizeNode } from './ops/registry.js';
import type { QuantizeOptions } from './options.js';
import { asClamp, asQuantization } from './scalar-shape.js';
import { widenClamps } from './widen.js';

/** One inference in real units, by input name. */
export type RealRow = Readonly<Record<string, Float64Array>>;

/** Values of the float graph on every calibration row: what all decisions are made from. */
export type FloatTrace = ReadonlyMap<ValueId, readonly Float64Array[]>;

/** An integer model and how far each layer of it is from the float one. */
export interface Quantized {
  readonly graph: QuantGraph;
  readonly layers: readonly LayerReport[];
  /** Share of decisions that the error of the integers is expected to flip; null where nothing is decided. */
  readonly flips: Flips | null;
}

/**
 * Runs the float graph on a row as a runtime does, which gets single precision but where it asks for double: 26.8 is 26.799999…, and on the other side of a
 * threshold that was rounded likewise.
 */
export function evaluateSingles(graph: Graph, row: RealRow): ReturnType<typeof evaluateGraph> {
  const singles = graph.inputs.map(({ name, value, isDouble }) => [
    name,
    graph.values[value].type === 'float' && !isDouble ? row[name].map(Math.fround) : row[name],
  ]);
  return evaluateGraph(graph, Object.fromEntries(singles));
}

/** Runs the float graph over the calibration rows. */
export function traceFloat(graph: Graph, rows: readonly RealRow[]): FloatTrace {
  const trace = new Map<ValueId, Float64Array[]>();
  for (const row of rows)
    for (const [id, data] of evaluateSingles(graph, row)) {
      const known = trace.get(id);
      if (known) known.push(data);
      else trace.set(id, [data]);
    }
  return trace;
}

/** Layers that clamp at an upper end of their own. */
function findCaps(graph: Graph): Set<string> {
  const capped = graph.nodes.filter(
    (node) => node.kind === 'unary' && node.functions.some((fn) => (asClamp(fn)?.high ?? 0) < Number.POSITIVE_INFINITY),
  );
  return new Set(capped.map((node) => node.origin.name));
}

/**
 * Turns a float graph into an integer one. Static: every scale is decided here from the calibration rows.
 * @param held rows left out of that, on which the loss is measured
 * @throws ZkinferError QUANTIZE_RANGE when a bound leaves ±2^52
 */
export function quantizeGraph(graph: Graph, trace: FloatTrace, options: QuantizeOptions, held?: FloatTrace): Quantized {
  const builder = new QuantBuilder();
  const ctx = new QuantizeContext(graph, builder, options, trace);
  for (const [id, channels] of assignChannels(graph)) ctx.channels.set(id, channels);
  const seeds: ((on: QuantizeContext) => void)[] = [];
  for (const input of graph.inputs) {
    const value = graph.values[input.value];
    const rows = ctx.rowsOf(input.value);
    const readers = ctx.consumersOf(input.value);
    const feedsTrees = readers.length > 0 && readers.every((node) => node.kind === 'trees');
    const [reader] = readers;
    const form = readers.length === 1 && reader.kind === 'unary' && reader.functions.length === 1;
    const quantization = form ? asQuantization(reader.functions[0]) : null;
    const code = quantization ? adoptCode(quantization) : encodeInput(value, rows, options, feedsTrees);
    const id = builder.input(input.name, value.shape, code, code.bits, 0, code.max);
    ctx.stands.set(input.value, id);
    const seed = (on: QuantizeContext) =>
      on.seedInput(
        id,
        on.rowsOf(input.value).map((row) => quantizeInput(row, code, code.max)),
      );
    seed(ctx);
    seeds.push(seed);
  }
  for (const node of graph.nodes) {
    try {
      ctx.stands.set(node.output, quantizeNode(ctx, node));
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new ZkinferError({
        code: 'QUANTIZE_RANGE',
        kind: 'usage',
        message: `node ${node.origin.name} (${node.origin.op}) needs integers beyond 2^52`,
        facts: [cause.message],
        hint: 'lower --bits, or keep the layer out of the model',
        cause,
      });
    }
  }
  const outputs = graph.outputs.map((output) => {
    const stand = ctx.standIn(output.value);
    return { ...output, value: makeNonNegative(ctx, stand, `output ${output.name}`) };
  });
  const left = held && ctx.withRows(held);
  for (const seed of left ? seeds : []) seed(left as QuantizeContext);
  return {
    graph: widenClamps(builder.finish(outputs), findCaps(graph)),
    layers: reportLayers(ctx),
    flips: expectFlips(ctx, left),
  };
}
