import { Facts } from './facts.js';
import { scaleInterval } from './interval.js';
import type { Knowledge } from './known.js';
import { LevelValues } from './level-values.js';

/** Most values of a variable that are tried one by one. */
const LEVEL_LIMIT = 4096n;

/** Most variables that are computed from one level. */
const DEPENDENT_LIMIT = 512;

/**
 * The level rule: an undetermined variable with few values, and everything that is a function of it alone (a polynomial's
 * powers, say), evaluated at each value. Rows then confine combinations of determined variables to an interval for each
 * value; if those intervals never meet, the inputs determine the value.
 * @returns whether it settled the variable.
 */
export function applyLevels(knowledge: Knowledge, level: number): boolean {
  const { ranges, system } = knowledge;
  if (!ranges.has(level)) return false;
  const [low, high] = ranges.get(level);
  if (high - low >= LEVEL_LIMIT) return false;
  const levels = new LevelValues(system, low, Number(high - low) + 1);
  levels.start(level);
  const rows = evaluateDependents(knowledge, levels, level);
  const facts = new Facts(levels.count, system.field.modulus);
  for (const row of rows) readRow(knowledge, levels, row, facts);
  return facts.tellApart(levels.verdicts) && knowledge.mark(level, 'states');
}

/**
 * Variables whose value may be worth trying: those that are multiplied by themselves. Products of others among them come last:
 * they follow once those are settled.
 */
export function findLevels({ system, how, ranges }: Knowledge): number[] {
  const { left, right, productRow, start, variable } = system;
  const found = new Set<number>();
  left.variable.forEach((own, product) => {
    if (how[own] !== 0 || own !== right.variable[product] || !ranges.has(own)) return;
    const [low, high] = ranges.get(own);
    if (high - low < LEVEL_LIMIT) found.add(own);
  });
  const last: number[] = [];
  left.variable.forEach((own, product) => {
    const row = productRow[product];
    if (start[row + 1] - start[row] !== 1 || !found.has(own) || !found.has(right.variable[product])) return;
    if (found.delete(variable[start[row]])) last.push(variable[start[row]]);
  });
  return [...found, ...last];
}

/** Adds what the level implies, row by row. @returns the rows that were met on the way and give no new value. */
function evaluateDependents(knowledge: Knowledge, levels: LevelValues, level: number): Set<number> {
  const { system, how } = knowledge;
  const queue = listRows(knowledge, level);
  const met = new Set<number>();
  for (let next = 0; next < queue.length; next++) {
    const row = queue[next];
    met.add(row);
    let target = -1;
    let missing = 0;
    for (let at = system.start[row]; at < system.start[row + 1]; at++) {
      if (levels.has(system.variable[at])) continue;
      target = system.variable[at];
      missing++;
    }
    if (missing !== 1 || how[target] !== 0 || levels.size >= DEPENDENT_LIMIT || !levels.solve(row, target)) continue;
    met.delete(row);
    queue.push(...listRows(knowledge, target).filter((other) => other !== row));
  }
  return met;
}

function listRows({ system, occurrences }: Knowledge, variable: number): number[] {
  const { rows, products } = occurrences;
  const found = Array.from(rows.item.subarray(rows.start[variable], rows.start[variable + 1]));
  for (let at = products.start[variable]; at < products.start[variable + 1]; at++) {
    found.push(system.productRow[products.item[at]]);
  }
  return found;
}

/** `determined + function of the level + ranged rest = 0`. */
function readRow({ system, how, ranges }: Knowledge, levels: LevelValues, row: number, facts: Facts): void {
  const determined = new Map<number, bigint>();
  let [low, high] = [0n, 0n];
  for (let at = system.start[row]; at < system.start[row + 1]; at++) {
    const variable = system.variable[at];
    if (levels.has(variable)) continue;
    const factor = system.integers.big[system.integer[at]];
    if (how[variable] && !ranges.isConstant(variable)) determined.set(variable, factor);
    else if (!ranges.has(variable)) return;
    else {
      const [least, most] = scaleInterval(factor, ranges.get(variable));
      [low, high] = [low + least, high + most];
    }
  }
  if (determined.size === 0 || high - low >= system.field.modulus) return;
  const sum = levels.sum(row);
  if (!sum) return;
  const { vector, values } = sum;
  facts.add(determined, (level) => [-high - values[level], -low - values[level]], `${vector} ${low} ${high}`);
}
