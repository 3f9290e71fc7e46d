import { ZkinferError } from '../../core/error.js';
import { sizeOf } from '../../core/tensor.js';
import type { UnaryNode } from '../../graph/ir.js';
import { evaluateScalar } from '../../graph/scalar.js';
import { compact, spread, widthOf } from '../affine.js';
import type { ChannelClip } from '../clip.js';
import type { QuantizeContext } from '../context.js';
import type { QuantValueId } from '../ir.js';
import { requantizeTo } from '../narrow.js';
import { observeMinMax } from '../observe.js';
import { spreadBounds } from '../ranges.js';
import { commonStep } from '../weights.js';

/** Part of the output's standard deviation that coding the argument may cost before more bits are given to it. */
const ARGUMENT_ERROR = 0.004;
/** Room added to the calibrated domain at each end. */
const DOMAIN_MARGIN = 1 / 16;

interface Domain {
  readonly low: number;
  readonly high: number;
}

/** Elements that are coded alike: their domain, their function, and how their results are coded. */
interface Groups {
  /** Group of each element. */
  readonly of: Int32Array;
  /** Index of the function of each group; the first where a lone group has several. */
  readonly functionOf: Int32Array;
}

/** Elements of a table of features whose ranges differ by more than this factor are coded one by one. */
const LARGEST_SPREAD = 32;
const MOST_GROUPS = 128;

/** One group, unless the elements are features in units of their own: then each is one. */
function groupElements(ctx: QuantizeContext, node: UnaryNode): Groups {
  const size = ctx.size(ctx.standIn(node.inputs[0]));
  const one = { of: new Int32Array(size), functionOf: Int32Array.of(0) };
  if (size > MOST_GROUPS || new Set(ctx.channelsOf(node.inputs[0])).size < size) return one;
  const rows = ctx.rowsOf(node.inputs[0]);
  const ranges = Array.from({ length: size }, (_, i) => {
    const { low, high } = observeMinMax(Float64Array.from(rows, (row) => row[i]));
    return high - low;
  }).filter((range) => range > 0);
  const widest = ranges.reduce((most, range) => Math.max(most, range), 0);
  if (!ranges.some((range) => range * LARGEST_SPREAD < widest)) return one;
  return { of: Int32Array.from({ length: size }, (_, i) => i), functionOf: node.which ?? new Int32Array(size) };
}

/** Least and greatest value of a group's elements on the calibration rows. */
function observeGroup(rows: readonly Float64Array[], { of }: Groups, group: number): Domain {
  const samples: number[] = [];
  for (const row of rows) for (let i = 0; i < row.length; i++) if (of[i] === group) samples.push(row[i]);
  return observeMinMax(samples);
}

/** The part of a group's range over which the function still changes, calibrated range plus a margin. */
function workingDomain(ctx: QuantizeContext, node: UnaryNode, groups: Groups, group: number): Domain {
  const seen = observeGroup(ctx.rowsOf(node.inputs[0]), groups, group);
  const f = (x: number) => evaluateScalar(node.functions[groups.functionOf[group]], x);
  const margin = DOMAIN_MARGIN * (seen.high - seen.low);
  let low =
    Number.isFinite(f(seen.low - margin)) && (seen.low < 0 || seen.low - margin >= 0) ? seen.low - margin : seen.low;
  let high = Number.isFinite(f(seen.high + margin)) ? seen.high + margin : seen.high;
  if (groups.functionOf.length === 1 && node.functions.length > 1) return { low, high };
  const samples = Array.from({ length: 513 }, (_, i) => low + ((high - low) * i) / 512);
  const values = samples.map(f);
  const span = observeMinMax(values);
  const flat = (span.high - span.low) / 2 ** (ctx.options.activationBits + 2);
  let left = 0;
  while (left < 511 && Math.abs(values[left + 1] - values[0]) <= flat) left++;
  let right = 512;
  while (right > left + 1 && Math.abs(values[right - 1] - values[512]) <= flat) right--;
  [low, high] = [samples[left], samples[right]];
  return high > low ? { low, high } : { low, high: low + Math.max(1e-6, Math.abs(low) * 1e-6) };
}

/** Root mean square of `f(coded x) - f(x)` over the calibration rows, over the standard deviation of f. */
function argumentError(ctx: QuantizeContext, node: UnaryNode, id: QuantValueId): number {
  const value = ctx.value(id);
  const size = sizeOf(value.shape);
  const scale = spread(value.scale, size);
  const zero = spread(value.zeroPoint, size);
  let [error, sum, squares, count] = [0, 0, 0, 0];
  const integers = ctx.integersOf(id);
  for (const [r, reals] of ctx.rowsOf(node.output).entries())
    for (let i = 0; i < size; i++) {
      const coded = evaluateScalar(
        node.functions[node.which ? node.which[i] : 0],
        scale[i] * (integers[r][i] - zero[i]),
      );
      if (!Number.isFinite(coded) || !Number.isFinite(reals[i])) continue;
      error += (coded - reals[i]) ** 2;
      sum += reals[i];
      squares += reals[i] ** 2;
      count++;
    }
  const variance = squares / count - (sum / count) ** 2;
  return variance > 0 ? Math.sqrt(error / count / variance) : 0;
}

/** Bits of an argument of integers that gets a table of all of them, whatever the options say: it is a position or a label. */
const WIDEST_WHOLE = 14;

function tooManyIntegers(node: UnaryNode, width: number): ZkinferError {
  return new ZkinferError({
    code: 'QUANTIZE_TABLE',
    kind: 'usage',
    message: `node ${node.origin.name} (${node.origin.op}) maps integers of ${width} bits to integers, which no table holds exactly`,
    facts: [`tables of integers have at most ${WIDEST_WHOLE} bits; functions that only rise or fall may have more`],
    hint: 'keep the integers in a smaller range, or leave the operator out of the model',
  });
}

/** The argument on codes that a table can cover: as it is where it is narrow, else cut to the working domain. */
function codeArgument(ctx: QuantizeContext, node: UnaryNode, groups: Groups): QuantValueId {
  const id = ctx.standIn(node.inputs[0]);
  const { tableBits, maxTableBits } = ctx.options;
  const width = widthOf(ctx.value(id));
  if (width <= Math.max(tableBits, 8)) return id;
  if (ctx.graph.values[node.inputs[0]].type !== 'float') {
    if (width <= WIDEST_WHOLE) return id;
    if (ctx.graph.values[node.output].type !== 'float') throw tooManyIntegers(node, width);
  }
  const domains = Array.from(groups.functionOf, (_, group) => workingDomain(ctx, node, groups, group));
  let coded = id;
  for (let bits = tableBits; bits <= maxTableBits; bits++) {
    const clip: ChannelClip = {
      channel: groups.of,
      low: Float64Array.from(domains, ({ low }) => low),
      high: Float64Array.from(domains, ({ high }) => high),
      step: Float64Array.from(domains, ({ low, high }) => (high - low) / (2 ** bits - 1)),
    };
    coded = requantizeTo(ctx, id, clip, bits, node.origin.name);
    if (argumentError(ctx, node, coded) <= ARGUMENT_ERROR) break;
  }
  return coded;
}

/** Fills codes where the function is not finite from the nearest one where it is. */
function fillGaps(values: Float64Array): Float64Array {
  const filled = Float64Array.from(values);
  const nearest = (from: number, step: number) => {
    for (let i = from; i >= 0 && i < values.length; i += step) if (Number.isFinite(values[i])) return i;
    return -1;
  };
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const [left, right] = [nearest(i, -1), nearest(i, 1)];
    const from = left < 0 ? right : right < 0 || i - left <= right - i ? left : right;
    filled[i] = from < 0 ? 0 : values[from];
  }
  return filled;
}

interface RealTable {
  readonly offset: number;
  readonly values: Float64Array;
}

/** One table of real values per distinct (function, scale, zero point). */
function tabulate(ctx: QuantizeContext, node: UnaryNode, input: QuantValueId, groups: Groups) {
  const value = ctx.value(input);
  const size = ctx.size(input);
  const scale = spread(value.scale, size);
  const zero = spread(value.zeroPoint, size);
  const { min, max } = spreadBounds(value);
  const keys = Array.from(
    { length: size },
    (_, i) => `${node.which ? node.which[i] : 0}:${scale[i]}:${zero[i]}:${groups.of[i]}`,
  );
  const reach = new Map<string, { low: number; high: number; at: number }>();
  for (const [i, key] of keys.entries()) {
    const known = reach.get(key);
    if (known) {
      known.low = Math.min(known.low, min[i]);
      known.high = Math.max(known.high, max[i]);
    } else reach.set(key, { low: min[i], high: max[i], at: i });
  }
  const order = [...reach.keys()];
  const tables: RealTable[] = order.map((key) => {
    const { low, high, at } = reach.get(key) as { low: number; high: number; at: number };
    const f = node.functions[node.which ? node.which[at] : 0];
    const values = Float64Array.from({ length: high - low + 1 }, (_, q) =>
      evaluateScalar(f, scale[at] * (low + q - zero[at])),
    );
    return { offset: low, values: fillGaps(values) };
  });
  const index = new Map(order.map((key, i) => [key, i]));
  return { tables, which: Int32Array.from(keys, (key) => index.get(key) as number) };
}

/** Codes that a table whose values share a step may have. */
const MOST_EXACT_CODES = 2 ** 12;

/** The step of which all values are multiples (a model that was quantized before has one), where it gives few codes. */
function sharedStep(tables: readonly RealTable[], range: number): number | null {
  const distinct = new Set<number>();
  for (const { values } of tables)
    for (const value of values) {
      distinct.add(value);
      if (distinct.size > 512) return null;
    }
  const step = commonStep([...distinct]);
  return step !== null && range / step <= MOST_EXACT_CODES ? step : null;
}

/** How real results become codes: `round(clamp(real, low, high) / unit) + zero`. */
interface ResultCode {
  readonly unit: number;
  readonly zero: number;
  readonly low: number;
  readonly high: number;
}

/** Exact integers where the function gives integers, else codes over the values that calibration reached. */
function codeResults(ctx: QuantizeContext, node: UnaryNode, tables: readonly RealTable[], seen: Domain): ResultCode {
  const all = observeMinMax(Float64Array.from(tables.flatMap((table) => Array.from(table.values))));
  const isInteger = tables.every((table) => table.values.every(Number.isInteger)) && all.high - all.low < 2 ** 20;
  let [unit, low, high] = [1, all.low, all.high];
  if (!isInteger || ctx.graph.values[node.output].type === 'float') {
    const room = (seen.high - seen.low) / 4;
    low = Math.max(all.low, seen.low - room);
    high = Math.min(all.high, seen.high + room);
    if (!(high > low)) [low, high] = [all.low, Math.max(all.high, all.low + Math.max(1e-6, Math.abs(all.low)))];
    unit = isInteger ? 1 : (high - low) / (2 ** ctx.bitsOf(node) - 1);
    const exact = isInteger ? null : sharedStep(tables, all.high - all.low);
    if (exact !== null) unit = exact;
    if (isInteger || exact !== null) [low, high] = [all.low, all.high];
  }
  return { unit, zero: -Math.round(low / unit), low, high };
}

/** A function of one number as tables over the codes of its argument, one per distinct function and coding. */
export function quantizeTable(ctx: QuantizeContext, node: UnaryNode): QuantValueId {
  const groups = groupElements(ctx, node);
  const input = codeArgument(ctx, node, groups);
  const { tables, which } = tabulate(ctx, node, input, groups);
  const { shape, name } = ctx.graph.values[node.output];
  const groupOfTable = new Int32Array(tables.length);
  for (let i = 0; i < which.length; i++) groupOfTable[which[i]] = groups.of[i];
  const codes = Array.from(groups.functionOf, (_, group) =>
    codeResults(
      ctx,
      node,
      tables.filter((_, t) => groupOfTable[t] === group),
      observeGroup(ctx.rowsOf(node.output), groups, group),
    ),
  );
  return ctx.builder.add(
    {
      kind: 'lookup',
      inputs: [input],
      tables: tables.map((table, t) => {
        const { unit, zero, low, high } = codes[groupOfTable[t]];
        return {
          offset: table.offset,
          values: table.values.map((real) => Math.round(Math.min(Math.max(real, low), high) / unit) + zero),
        };
      }),
      which: tables.length === 1 ? null : which,
      layer: node.origin.name,
    },
    name,
    shape,
    {
      scale: compact(Float64Array.from(groups.of, (group) => codes[group].unit)),
      zeroPoint: compact(Float64Array.from(groups.of, (group) => codes[group].zero)),
    },
  );
}
