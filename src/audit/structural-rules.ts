import { findChoices } from './choices.js';
import { applyDivision } from './division-rule.js';
import type { Knowledge } from './known.js';
import { applyLevels, findLevels } from './level-rule.js';
import { applyMagnitude } from './magnitude-rule.js';
import { findMaxima } from './maximum-rule.js';
import { findSelections } from './selections.js';
import { applyStates } from './state-rule.js';

/**
 * Settles choices in the order of the layers. Those of one layer need nothing of each other: what follows from them is propagated
 * when one fails that may need it, and not after each, which would look at the long sums of the next layer at every step.
 */
function settleChoices(knowledge: Knowledge): boolean {
  let [progress, isPending] = [false, false];
  for (const choice of findChoices(knowledge.system)) {
    const settle = () => !knowledge.isKnown(choice.variable) && applyMagnitude(knowledge, choice);
    let isSettled = settle();
    if (!isSettled && isPending) {
      knowledge.propagate();
      isPending = false;
      isSettled = settle();
    }
    if (isSettled) [progress, isPending] = [true, true];
  }
  return progress;
}

/**
 * Tries the rules that look at several rows at once. What one settles is propagated before the next is tried: constraints come
 * in the order of the layers, so that each layer finds the one before it settled, and one pass does for all of them.
 * @returns whether one of them settled something
 */
export function applyStructuralRules(knowledge: Knowledge): boolean {
  const { system, unknown } = knowledge;
  let progress = false;
  const note = (isSettled: boolean): void => {
    if (!isSettled) return;
    progress = true;
    knowledge.propagate();
  };
  for (let row = 0; row < system.rowCount; row++) {
    if (unknown[row] === 2 && system.product[row] >= 0) note(applyDivision(knowledge, row));
  }
  note(settleChoices(knowledge));
  for (const selection of findSelections(knowledge)) {
    for (const variable of findMaxima(knowledge, selection)) note(knowledge.mark(variable, 'maximum'));
    if (selection.variables.some((variable) => !knowledge.isKnown(variable))) note(applyStates(knowledge, selection));
  }
  for (const level of findLevels(knowledge)) {
    if (!knowledge.isKnown(level)) note(applyLevels(knowledge, level));
  }
  return progress;
}
