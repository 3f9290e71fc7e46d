import { findChoices } from './choices.js';
import { applyDivision } from './division-rule.js';
import type { Knowledge } from './known.js';
import { applyLevels, findLevels } from './level-rule.js';
import { applyMagnitude } from './magnitude-rule.js';
import { findMaxima } from './maximum-rule.js';
import { findSelections, type Selection } from './selections.js';
import { applyStates } from './state-rule.js';

/**
 * Settles guesses in the order of the layers. Those of one layer need nothing of each other: what follows from them is propagated
 * when one fails that may need it, and not after each, which would look at the long sums of the next layer at every step.
 * @param isOpen whether a guess is not settled yet, by propagation perhaps
 * @param settle whether it settled something, which is not propagated yet
 * @returns whether anything was settled
 */
function settleInOrder<T>(
  knowledge: Knowledge,
  guesses: Iterable<T>,
  isOpen: (guess: T) => boolean,
  settle: (guess: T) => boolean,
): boolean {
  let [progress, isPending] = [false, false];
  for (const guess of guesses) {
    if (!isOpen(guess)) continue;
    let isSettled = settle(guess);
    if (!isSettled && isPending) {
      knowledge.propagate();
      isPending = false;
      isSettled = settle(guess);
    }
    if (isSettled) [progress, isPending] = [true, true];
  }
  if (isPending) knowledge.propagate();
  return progress;
}

function settleSelection(knowledge: Knowledge, selection: Selection): boolean {
  const maxima = findMaxima(knowledge, selection).filter((variable) => knowledge.mark(variable, 'maximum'));
  if (maxima.length > 0) knowledge.propagate();
  if (selection.variables.every((variable) => knowledge.isKnown(variable))) return maxima.length > 0;
  return applyStates(knowledge, selection) || maxima.length > 0;
}

/**
 * Tries the rules that look at several rows at once: constraints come in the order of the layers, so that each layer finds the one
 * before it settled, and one pass does for all of them.
 * @returns whether one of them settled something
 */
export function applyStructuralRules(knowledge: Knowledge): boolean {
  const { system, unknown } = knowledge;
  const isOpen = (variable: number) => !knowledge.isKnown(variable);
  let progress = false;
  for (let row = 0; row < system.rowCount; row++) {
    if (unknown[row] !== 2 || system.product[row] < 0 || !applyDivision(knowledge, row)) continue;
    progress = true;
    knowledge.propagate();
  }
  const choices = settleInOrder(
    knowledge,
    findChoices(system),
    (choice) => isOpen(choice.variable),
    (choice) => applyMagnitude(knowledge, choice),
  );
  const selections = settleInOrder(
    knowledge,
    findSelections(knowledge),
    ({ variables }) => variables.some(isOpen),
    (selection) => settleSelection(knowledge, selection),
  );
  const levels = settleInOrder(knowledge, findLevels(knowledge), isOpen, (level) => applyLevels(knowledge, level));
  return progress || choices || selections || levels;
}
