import type { ValueId } from '../graph/ir.js';
import type { QuantizeContext } from './context.js';
import { dequantize } from './inputs.js';

/** How much larger errors are taken to be cautious. */
const CAUTION = 2;
/** How many standard errors of the measured error are added to it: it is known from some dozen rows. */
const STANDARD_ERRORS = 2;
/** Share of rows whose errors may be out of proportion. */
const OUTLIERS = 0.05;

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
  /**
   * Share of rows whose answer was right and no longer is, on rows that the model was not trained on. Smaller than the share of
   * flips: where the float model decides by little, it is wrong about as often as right.
   */
  readonly loss: number;
}

interface Scores {
  readonly value: ValueId;
  readonly windows: readonly Int32Array[];
}

/** Scores of which the largest decides: what feeds a final arg max, once for each of its windows, or a first output of several elements. */
function findScores(ctx: QuantizeContext): Scores | null {
  for (const output of ctx.graph.outputs) {
    const producer = ctx.graph.nodes.find((node) => node.output === output.value);
    if (producer?.kind === 'argmax') return { value: producer.inputs[0], windows: producer.windows };
  }
  const [first] = ctx.graph.outputs;
  const { shape, type } = ctx.graph.values[first.value];
  const size = shape.reduce((a, b) => a * b, 1);
  return size > 1 && type === 'float'
    ? { value: first.value, windows: [Int32Array.from({ length: size }, (_, i) => i)] }
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

/** One decision: by how much it is taken, and the error of that. */
export interface Decision {
  readonly lead: number;
  readonly error: number;
}

/** Decisions between the two leading scores of each window on each row. */
function compareScores(ctx: QuantizeContext, scores: Scores): Decision[] {
  const id = ctx.standIn(scores.value);
  const integers = ctx.integersOf(id);
  return ctx.rowsOf(scores.value).flatMap((reals, r) => {
    const given = dequantize(integers[r], ctx.value(id));
    return scores.windows.flatMap((window) => {
      const ranked = Array.from(window).sort((p, q) => reals[q] - reals[p] || p - q);
      const [first] = ranked;
      // Copies of the leading score tie with it in both models.
      const second = ranked.find((at) => reals[at] < reals[first]);
      if (second === undefined) return [];
      const lead = reals[first] - reals[second];
      return [{ lead, error: lead - (given[first] - given[second]) }];
    });
  });
}

/** Decisions by a first output that is one probability: for or against. None where it isn't one. */
function compareProbability(ctx: QuantizeContext): Decision[] {
  const [{ value }] = ctx.graph.outputs;
  const rows = ctx.rowsOf(value);
  const { type } = ctx.graph.values[value];
  if (type !== 'float' || rows.some((row) => row.length !== 1 || row[0] < 0 || row[0] > 1)) return [];
  const id = ctx.standIn(value);
  const integers = ctx.integersOf(id);
  return rows.map(([real], r) => ({
    lead: Math.abs(real - 0.5),
    error: real - dequantize(integers[r], ctx.value(id))[0],
  }));
}

function compareDecisions(ctx: QuantizeContext): Decision[] {
  const scores = findScores(ctx);
  return scores ? compareScores(ctx, scores) : compareProbability(ctx);
}

function deviationOf(decisions: readonly Decision[]): number {
  return Math.sqrt(decisions.reduce((sum, { error }) => sum + error ** 2, 0) / decisions.length);
}

/**
 * Error to expect, at the upper end of what so few rows leave open. The largest errors count as the one below them: rows beyond
 * the calibrated range err as much at any width.
 */
function boundError(decisions: readonly Decision[]): number {
  const errors = decisions.map(({ error }) => Math.abs(error)).sort((a, b) => a - b);
  const most = errors[Math.ceil((1 - OUTLIERS) * errors.length) - 1];
  const squares = errors.reduce((sum, error) => sum + Math.min(error, most) ** 2, 0);
  return Math.sqrt(squares / errors.length) * (1 + STANDARD_ERRORS / Math.sqrt(2 * errors.length));
}

/**
 * Right answers lost on rows that the model was not trained on, as a share. Such rows are taken to decide by half the lead of
 * calibration rows, with all leads below the median as frequent as each other, however rare close calls are among rows that the
 * model was trained on; and a decision to be worth nothing at a tie and all at the median, in proportion to its lead. Flips that
 * are seen count where they are worth more than that, but for one, which may be luck.
 * @param known leads of calibration rows
 * @param held decisions on rows that no rounding was fitted to: how large the error is
 */
export function expectLoss(known: readonly number[], held: readonly Decision[]): number {
  const leads = known.map((lead) => lead / CAUTION).sort((a, b) => a - b);
  const half = leads.length / 2;
  const median = leads[Math.floor(half)];
  if (held.length === 0 || !(median > 0)) return 0;
  const worthOf = (lead: number) => Math.min(1, lead / median);
  const bound = boundError(held);
  const unseen = leads.map((lead, i) => Math.min(lead, (median * (i + 0.5)) / half));
  const chances = unseen.map((lead) => (bound === 0 ? 0 : worthOf(lead) * normalTail(lead / bound)));
  const flips = held.filter(({ lead, error }) => error > lead).map(({ lead }) => worthOf(lead / CAUTION));
  const total = (shares: readonly number[]) => shares.reduce((sum, share) => sum + share, 0);
  return Math.max(total(chances) / leads.length, (total(flips) - Math.max(0, ...flips)) / held.length);
}

/**
 * How many decisions the rounding is expected to change: with the error between the two leading scores taken as normal, of
 * the size seen on the calibration rows, the mean over rows of the chance that it exceeds the lead. Tells apart models that
 * agree on few rows by luck from those that agree with room to spare. The closest call is left out:
 * no width settles a tie.
 * @param held the same integers on rows that they were not fitted to, where rows were left out for that
 */
export function expectFlips(ctx: QuantizeContext, held?: QuantizeContext): Flips | null {
  const decisions = compareDecisions(ctx);
  if (decisions.length === 0) return null;
  const leads = decisions.map(({ lead }) => lead);
  const deviation = deviationOf(decisions);
  const share = (error: number) => {
    if (error === 0) return 0;
    const chances = leads.map((lead) => normalTail(lead / error)).sort((a, b) => a - b);
    return chances.slice(0, -1).reduce((sum, chance) => sum + chance, 0) / leads.length;
  };
  const left = held ? compareDecisions(held) : decisions;
  return {
    expected: share(deviation),
    cautious: share(CAUTION * deviation),
    unseen: densityAtTie(leads) * MEAN_TAIL * deviation,
    loss: expectLoss(held ? [...leads, ...left.map(({ lead }) => lead)] : leads, left),
  };
}
