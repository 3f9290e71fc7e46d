import { allocateElements } from '../elements.js';
import { defineProduct } from '../gadgets/product.js';
import { INLINE_OPERAND_TERMS } from '../limits.js';
import type { Lowering } from '../lowering.js';
import { materialize } from '../materialize.js';
import { sumGroup } from '../row-groups.js';
import { plusWire, type Sum, subtract } from '../sums.js';
import { placeNonNegative, signedBits } from './compare.js';
import type { Rule } from './rule.js';
import { boundLead, type Candidate, type DifferenceTable, differenceTable, elementCandidates } from './tournament.js';

/** A candidate that knows its position. */
interface Player extends Candidate {
  readonly position: Sum;
}

interface Match {
  readonly left: Player;
  readonly right: Player;
  readonly bits: number;
  readonly last: boolean;
  readonly settle: (winner: Player) => void;
}

/** Position of the maximum by rounds: p + 1 for each comparison, one product each for value and position where needed. */
export const lowerArgMax: Rule<'argmax'> = (lowering, node, [all]) => {
  const windows = node.windows.map((window) => Array.from(window));
  const x = materialize(lowering, all, node.layer, INLINE_OPERAND_TERMS, new Set(windows.flat()));
  const tables: DifferenceTable[] = [];
  let rounds = windows.map((window) => {
    const candidates = elementCandidates(lowering, x, window);
    tables.push(differenceTable(lowering, candidates));
    return candidates.map(
      (candidate, at): Player => ({ ...candidate, position: at === 0 ? new Map() : new Map([[0, at]]) }),
    );
  });
  while (rounds.some((players) => players.length > 1))
    rounds = playRound(lowering, node.layer, rounds, tables, node.last ? 0 : 1);
  const result = allocateElements(windows.length);
  const source = lowering.listSource();
  rounds.forEach(([winner], i) => {
    lowering.setSum(result, i, winner.position, source, 0, windows[i].length - 1);
  });
  return result;
};

/** `margin` 1 lets the right side win only by more than nothing (lowest position on a tie), 0 on a tie too. */
function playRound(
  lowering: Lowering,
  label: string,
  rounds: readonly (readonly Player[])[],
  tables: readonly DifferenceTable[],
  margin: number,
): Player[][] {
  const matches: Match[] = [];
  const next = rounds.map((players, w) => {
    const winners: Player[] = [];
    for (let i = 0; i < players.length; i += 2) {
      const at = winners.length;
      const [left, right] = [players[i], players[i + 1]];
      winners.push(left);
      if (!right) continue;
      const [min, max] = boundLead(lowering, right, left, tables[w]);
      const members = [...left.members, ...right.members];
      if (max - margin < 0) winners[at] = { ...left, members };
      else if (min - margin >= 0) winners[at] = { ...right, members };
      else
        matches.push({
          left,
          right,
          bits: signedBits(min - margin, max - margin),
          last: players.length === 2,
          settle: (winner) => (winners[at] = winner),
        });
    }
    return winners;
  });
  const flags: number[] = [];
  lowering.layer('compare', label, () => {
    for (const { left, right, bits } of matches) {
      const lead = plusWire(subtract(right.sum, left.sum), 0, -margin);
      flags.push(placeNonNegative(lowering, sumGroup(lead, 0), [bits]));
    }
  });
  lowering.layer('select', label, () => {
    matches.forEach(({ left, right, last, settle }, m) => {
      settle({
        sum: last ? left.sum : select(lowering, flags[m], left.sum, right.sum),
        position: select(lowering, flags[m], left.position, right.position),
        min: Math.max(left.min, right.min),
        max: Math.max(left.max, right.max),
        members: [...left.members, ...right.members],
      });
    });
  });
  return next;
}

/** `flag ? right : left`: free where they differ by a constant, else one product. */
export function select(lowering: Lowering, flag: number, left: Sum, right: Sum): Sum {
  const difference = subtract(right, left);
  if (difference.size === 0) return left;
  if (difference.size === 1 && difference.has(0)) return plusWire(left, flag, difference.get(0)!);
  const [min, max] = lowering.boundsOf(difference);
  return plusWire(
    left,
    placeProduct(lowering, new Map([[flag, 1]]), difference, Math.min(min, 0), Math.max(max, 0)),
    1,
  );
}

/** A wire for the product of two sums, within the given bounds. */
export function placeProduct(lowering: Lowering, left: Sum, right: Sum, min: number, max: number): number {
  const wires = [...new Set([...left.keys(), ...right.keys()])].filter((wire) => wire !== 0).sort((p, q) => p - q);
  const rowsOf = (sum: Sum) => ({
    inputs: wires.length,
    kernels: [Float64Array.from(wires, (wire) => sum.get(wire) ?? 0)],
    bias: Float64Array.of(sum.get(0) ?? 0),
  });
  const [a, b] = [rowsOf(left), rowsOf(right)];
  const key = `product ${a.kernels[0].join()}|${a.bias[0]}*${b.kernels[0].join()}|${b.bias[0]}`;
  const component = lowering.component(key, () => defineProduct(a, b));
  return lowering.place(component, Int32Array.from(wires), () => [min, max]);
}
