import type { ValueId } from '../graph/ir.js';
import type { QuantizeContext } from './context.js';
import { dequantize } from './inputs.js';

/** How much larger errors are taken to be cautious. */
const CAUTION = 2;

/** Share of decisions that the error of the integers is expected to flip. */
export interface Flips {
  readonly expected: number;
  /**
   * With errors of twice the size: calibration rows are mostly rows that the model was trained on, and on others it decides
   * by a smaller lead.
   */
  readonly cautious: number;
  /**
   * By how many rows decide by a small lead, rather than by the leads themselves: some hundred rows hold few close calls,
   * and whether one of them is close enough to flip is luck.
   */
  readonly unseen: number;
}

/** Scores of which the largest decides: what feeds a final arg max, or a first output of several elements. */
function findScores(ctx: QuantizeContext): { readonly value: ValueId; readonly window: Int32Array } | null {
  for (const output of ctx.graph.outputs) {
    const producer = ctx.graph.nodes.find((node) => node.output === output.value);
    if (producer?.kind === 'argmax' && producer.windows.length === 1)
      return { value: producer.inputs[0], window: producer.windows[0] };
  }
  const [first] = ctx.graph.outputs;
  const { shape, type } = ctx.graph.values[first.value];
  const size = shape.reduce((a, b) => a * b, 1);
  return size > 1 && type === 'float'
    ? { value: first.value, window: Int32Array.from({ length: size }, (_, i) => i) }
    : null;
}

/** Upper tail of the normal distribution (Abramowitz and Stegun 26.2.17), error below 1e-7. */
function normalTail(x: number): number {
  const t = 1 / (1 + 0.2316419 * x);
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (poly * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** How many rows, the ones of the smallest leads, tell how many there are with a lead of about nothing. */
const CLOSE_CALLS = 5;
/** The integral of the upper tail of the normal distribution over its positive half. */
const MEAN_TAIL = 1 / Math.sqrt(2 * Math.PI);

/** Share of rows per unit of lead, where the lead is small. Exact ties are left out: both models settle them alike. */
function densityAtTie(leads: readonly number[]): number {
  const positive = leads.filter((lead) => lead > 0).sort((a, b) => a - b);
  const close = Math.min(CLOSE_CALLS, positive.length);
  return close === 0 ? 0 : close / leads.length / positive[close - 1];
}

/**
 * How many decisions the rounding is expected to change: with the error between the two leading scores taken as normal, of
 * the size seen on the calibration rows, the mean over rows of the chance that it exceeds the lead. Tells apart models that
 * agree on few rows by luck from those that agree with room to spare. The closest call is left out:
 * no width settles a tie.
 */
export function expectFlips(ctx: QuantizeContext): Flips | null {
  const scores = findScores(ctx);
  if (!scores) return null;
  const id = ctx.standIn(scores.value);
  const value = ctx.value(id);
  const integers = ctx.integersOf(id);
  const leads: number[] = [];
  let squares = 0;
  for (const [r, reals] of ctx.rowsOf(scores.value).entries()) {
    const given = dequantize(integers[r], value);
    const ranked = Array.from(scores.window).sort((p, q) => reals[q] - reals[p]);
    const [first, second] = ranked;
    leads.push(reals[first] - reals[second]);
    squares += (reals[first] - reals[second] - (given[first] - given[second])) ** 2;
  }
  const deviation = Math.sqrt(squares / leads.length);
  const share = (error: number) => {
    if (error === 0) return 0;
    const chances = leads.map((lead) => normalTail(lead / error)).sort((a, b) => a - b);
    return chances.slice(0, -1).reduce((sum, chance) => sum + chance, 0) / leads.length;
  };
  return {
    expected: share(deviation),
    cautious: share(CAUTION * deviation),
    unseen: densityAtTie(leads) * MEAN_TAIL * deviation,
  };
}
