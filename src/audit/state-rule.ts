import { Facts } from './facts.js';
import { scaleInterval } from './interval.js';
import type { Knowledge } from './known.js';
import type { Selection } from './selections.js';

/**
 * The state rule: in each state of a selection, rows confine combinations of determined variables to an interval. If any
 * two states are told apart by a combination whose intervals do not meet, the inputs determine the state.
 * @returns whether it settled the selection.
 */
export function applyStates(knowledge: Knowledge, selection: Selection): boolean {
  const position = new Map(selection.variables.map((variable, at) => [variable, at]));
  const facts = new Facts(selection.stateCount, knowledge.system.field.modulus);
  const { rows, products } = knowledge.occurrences;
  const seen = new Set<number>();
  for (const variable of selection.variables) {
    for (let at = rows.start[variable]; at < rows.start[variable + 1]; at++) {
      const row = rows.item[at];
      if (!seen.has(row)) readRow(knowledge, selection, position, row, facts);
      seen.add(row);
    }
    for (let at = products.start[variable]; at < products.start[variable + 1]; at++) {
      readProduct(knowledge, selection, position, products.item[at], facts);
    }
  }
  if (!facts.tellApart()) return false;
  for (const variable of selection.variables) knowledge.mark(variable, 'states');
  return true;
}

/** `determined + Σ selection + ranged rest = 0`. */
function readRow(
  { system, ranges, how }: Knowledge,
  { variables, stateCount, isSet }: Selection,
  position: ReadonlyMap<number, number>,
  row: number,
  facts: Facts,
): void {
  if (system.product[row] >= 0) return;
  const { big } = system.integers;
  const determined = new Map<number, bigint>();
  const weights = new Array<bigint>(variables.length).fill(0n);
  let [low, high] = [0n, 0n];
  for (let at = system.start[row]; at < system.start[row + 1]; at++) {
    const variable = system.variable[at];
    const factor = big[system.integer[at]];
    const place = position.get(variable);
    if (place !== undefined) weights[place] = factor;
    else if (variable === 0) [low, high] = [low + factor, high + factor];
    else if (how[variable] && !ranges.isConstant(variable)) determined.set(variable, factor);
    else if (!ranges.has(variable)) return;
    else {
      const [least, most] = scaleInterval(factor, ranges.get(variable));
      [low, high] = [low + least, high + most];
    }
  }
  if (determined.size === 0 || high - low >= system.field.modulus) return;
  const total = sumStates(weights, stateCount, isSet);
  facts.add(determined, (state) => [-high - total[state], -low - total[state]]);
}

/** Sum of the weights that are set, for each state; chains and one-hots differ from state to state in one place. */
function sumStates(weights: readonly bigint[], count: number, isSet: Selection['isSet']): bigint[] {
  const totals: bigint[] = [];
  if (count === weights.length + 1) {
    let sum = 0n;
    for (let state = 0; state < count; state++) {
      totals.push(sum);
      if (state < weights.length && isSet(state, state + 1)) sum += weights[state];
    }
    return totals;
  }
  return weights.slice(0, count);
}

/** `s · D = 0`: in the state that sets s, the determined D is 0. */
function readProduct(
  { system, how }: Knowledge,
  { isSet }: Selection,
  position: ReadonlyMap<number, number>,
  product: number,
  facts: Facts,
): void {
  const row = system.productRow[product];
  if (system.start[row] !== system.start[row + 1]) return;
  const { big } = system.integers;
  const isLeft = position.has(system.left.variable[product]);
  const [own, other] = isLeft ? [system.left, system.right] : [system.right, system.left];
  const place = position.get(own.variable[product]);
  const target = other.variable[product];
  if (place === undefined || !how[target] || big[other.scale[product]] !== 1n) return;
  const determined = new Map<number, bigint>();
  const definition = target < system.wireCount ? -1 : system.definition[target - system.wireCount];
  const [from, to] = definition < 0 ? [0, 0] : [system.start[definition], system.start[definition + 1]];
  for (let at = from; at < to; at++) {
    if (system.variable[at] !== target) determined.set(system.variable[at], big[system.integer[at]]);
  }
  if (definition < 0) determined.set(target, 1n);
  const value = -big[other.offset[product]];
  facts.add(determined, (state) => {
    const factor = big[own.scale[product]] * (isSet(place, state) ? 1n : 0n) + big[own.offset[product]];
    return factor % system.field.modulus === 0n ? null : [value, value];
  });
}
