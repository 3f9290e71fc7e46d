import type { Elements } from '../elements.js';
import type { Lowering } from '../lowering.js';
import { type Sum, subtract } from '../sums.js';

/** A sum with bounds that may be tighter than its own interval. */
export interface Candidate {
  readonly sum: Sum;
  readonly min: number;
  readonly max: number;
  /** Members it is the maximum of, as positions in its window's difference table. */
  readonly members: readonly number[];
}

/** Bounds of all pairwise differences are worth computing up to this window size. */
const PAIRWISE_LIMIT = 32;

/** Element pairs of a window: `upper[a][b]` bounds `x_a - x_b` from above. */
export type DifferenceTable = readonly Float64Array[] | null;

export function elementCandidates(lowering: Lowering, x: Elements, window: readonly number[]): Candidate[] {
  return window.map((i, member) => ({ sum: lowering.sumOf(x, i), min: x.min[i], max: x.max[i], members: [member] }));
}

export function differenceTable(lowering: Lowering, candidates: readonly Candidate[]): DifferenceTable {
  const n = candidates.length;
  if (n > PAIRWISE_LIMIT) return null;
  const upper = candidates.map(() => new Float64Array(n));
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) {
      const [min, max] = boundDifference(lowering, candidates[a], candidates[b]);
      upper[a][b] = max;
      upper[b][a] = -min;
    }
  }
  return upper;
}

function boundDifference(lowering: Lowering, a: Candidate, b: Candidate): [number, number] {
  const [min, max] = lowering.boundsOf(subtract(a.sum, b.sum));
  return [Math.max(min, a.min - b.max), Math.min(max, a.max - b.min)];
}

/** Bounds of `max(a's members) - max(b's members)`. */
export function boundLead(lowering: Lowering, a: Candidate, b: Candidate, table: DifferenceTable): [number, number] {
  const [min, max] = boundDifference(lowering, a, b);
  if (!table) return [min, max];
  return [Math.max(min, -leadAtMost(b, a, table)), Math.min(max, leadAtMost(a, b, table))];
}

/** For each member of `a`, its least lead over `b`'s members bounds its lead over their maximum. */
function leadAtMost(a: Candidate, b: Candidate, table: readonly Float64Array[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const i of a.members) {
    let least = Number.POSITIVE_INFINITY;
    for (const j of b.members) least = Math.min(least, table[i][j]);
    most = Math.max(most, least);
  }
  return most;
}
