import { applyDivision } from './division-rule.js';
import type { Knowledge } from './known.js';
import { applyLevels, findLevels } from './level-rule.js';
import { findMaxima } from './maximum-rule.js';
import { findSelections } from './selections.js';
import { applyStates } from './state-rule.js';

/** Tries the rules that look at several rows at once. @returns whether one of them settled something. */
export function applyStructuralRules(knowledge: Knowledge): boolean {
  const { system, unknown } = knowledge;
  let progress = false;
  for (let row = 0; row < system.rowCount; row++) {
    if (unknown[row] === 2 && system.product[row] >= 0 && applyDivision(knowledge, row)) progress = true;
  }
  const selections = findSelections(knowledge);
  for (const selection of selections) {
    for (const variable of findMaxima(knowledge, selection)) progress = knowledge.mark(variable, 'maximum') || progress;
    if (applyStates(knowledge, selection)) progress = true;
  }
  for (const level of findLevels(knowledge)) if (applyLevels(knowledge, level)) progress = true;
  return progress;
}
