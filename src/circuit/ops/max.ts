import { allocateElements, concatElements } from '../elements.js';
import { INLINE_OPERAND_TERMS } from '../limits.js';
import type { Lowering } from '../lowering.js';
import { materialize } from '../materialize.js';
import { sumGroup } from '../row-groups.js';
import { plusWire, subtract } from '../sums.js';
import { placeRequantize, planRelu, type RequantizePlan } from './requantize.js';
import type { Rule } from './rule.js';
import { boundLead, type Candidate, type DifferenceTable, differenceTable, elementCandidates } from './tournament.js';

interface Match {
  readonly left: Candidate;
  readonly right: Candidate;
  readonly plan: RequantizePlan & { kind: 'row' };
  readonly settle: (winner: Candidate) => void;
}

/** `max(a, b) = a + relu(b - a)`, by rounds: every comparison costs p + 2 for a difference of p bits. */
export const lowerMax: Rule<'max'> = (lowering, node, inputs) => {
  const all = concatElements(inputs);
  const windows = node.windows.map((window) => Array.from(window).filter((index) => index >= 0));
  const x = materialize(lowering, all, node.layer, INLINE_OPERAND_TERMS, new Set(windows.flat()));
  const tables: DifferenceTable[] = [];
  let rounds = windows.map((window) => {
    const candidates = elementCandidates(lowering, x, window);
    tables.push(differenceTable(lowering, candidates));
    return candidates;
  });
  while (rounds.some((candidates) => candidates.length > 1)) rounds = playRound(lowering, node.layer, rounds, tables);
  const result = allocateElements(windows.length);
  const source = lowering.listSource();
  rounds.forEach(([winner], i) => {
    lowering.setSum(result, i, winner.sum, source, winner.min, winner.max);
  });
  return result;
};

/** Halves the candidates of every window, all comparisons in one layer. */
function playRound(
  lowering: Lowering,
  label: string,
  rounds: readonly (readonly Candidate[])[],
  tables: readonly DifferenceTable[],
): Candidate[][] {
  const matches: Match[] = [];
  const next = rounds.map((candidates, w) => {
    const winners: Candidate[] = [];
    for (let i = 0; i < candidates.length; i += 2) {
      const at = winners.length;
      const [left, right] = [candidates[i], candidates[i + 1]];
      winners.push(left);
      if (!right) continue;
      const plan = planRelu(...boundLead(lowering, right, left, tables[w]));
      if (plan.kind === 'row') matches.push({ left, right, plan, settle: (winner) => (winners[at] = winner) });
      else
        winners[at] = { ...(plan.kind === 'constant' && plan.value === 0 ? left : right), members: join(left, right) };
    }
    return winners;
  });
  lowering.layer('max', label, () => {
    for (const { left, right, plan, settle } of matches) {
      const wire = placeRequantize(lowering, sumGroup(subtract(right.sum, left.sum), 0), [plan]);
      settle({
        sum: plusWire(left.sum, wire, 1),
        min: Math.max(left.min, right.min),
        max: Math.max(left.max, right.max),
        members: join(left, right),
      });
    }
  });
  return next;
}

function join(left: Candidate, right: Candidate): number[] {
  return [...left.members, ...right.members];
}
