import { hull, type Interval, intersect, largest, scaleInterval } from './interval.js';
import type { Knowledge } from './known.js';
import type { Selection } from './selections.js';

/** For one determined combination: where it lies in each state, null where nothing is said. */
type Facts = (Interval | null)[];

/**
 * The state rule: in each state of a selection, rows confine combinations of determined variables to an interval. If any
 * two states are told apart by a combination whose intervals do not meet, the inputs determine the state.
 * @returns whether it settled the selection.
 */
export function applyStates(knowledge: Knowledge, selection: Selection): boolean {
  const position = new Map(selection.variables.map((variable, at) => [variable, at]));
  const facts = new Map<string, Facts>();
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
  const { modulus } = knowledge.system.field;
  const all = [...facts.values()];
  if (!all.some((one) => isSortedApart(one, modulus)) && !arePairsApart(all, selection.stateCount, modulus))
    return false;
  for (const variable of selection.variables) knowledge.mark(variable, 'states');
  return true;
}

/** No field element is in both; an empty interval stands for a state that cannot occur. */
function isApart(a: Interval, b: Interval, modulus: bigint): boolean {
  if (a[0] > a[1] || b[0] > b[1]) return true;
  const [low, high] = hull(a, b);
  return high - low < modulus && (a[1] < b[0] || b[1] < a[0]);
}

function isSortedApart(facts: Facts, modulus: bigint): boolean {
  if (facts.includes(null)) return false;
  const sorted = (facts as Interval[]).filter(([low, high]) => low <= high);
  sorted.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  if (sorted.length === 0) return true;
  const highest = largest(...(sorted.map(([, high]) => high) as [bigint, ...bigint[]]));
  if (highest - sorted[0][0] >= modulus) return false;
  return sorted.every((fact, at) => at === 0 || sorted[at - 1][1] < fact[0]);
}

function arePairsApart(all: readonly Facts[], count: number, modulus: bigint): boolean {
  if (count > 512) return false;
  for (let one = 0; one < count; one++) {
    for (let other = 0; other < one; other++) {
      const told = all.some((facts) => {
        const [a, b] = [facts[one], facts[other]];
        return a !== null && b !== null && isApart(a, b, modulus);
      });
      if (!told) return false;
    }
  }
  return true;
}

/** `determined + Σ selection + ranged rest = 0`. */
function readRow(
  { system, ranges, how }: Knowledge,
  { variables, stateCount, isSet }: Selection,
  position: ReadonlyMap<number, number>,
  row: number,
  facts: Map<string, Facts>,
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
    else if (how[variable]) determined.set(variable, factor);
    else if (!ranges.has(variable)) return;
    else {
      const [least, most] = scaleInterval(factor, ranges.get(variable));
      [low, high] = [low + least, high + most];
    }
  }
  if (determined.size === 0 || high - low >= system.field.modulus) return;
  const total = sumStates(weights, stateCount, isSet);
  for (let state = 0; state < stateCount; state++) {
    addFact(facts, stateCount, state, determined, [-high - total[state], -low - total[state]], system.field.modulus);
  }
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
  { stateCount, isSet }: Selection,
  position: ReadonlyMap<number, number>,
  product: number,
  facts: Map<string, Facts>,
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
  if (definition < 0) determined.set(target, 1n);
  for (
    let at = definition < 0 ? 0 : system.start[definition];
    definition >= 0 && at < system.start[definition + 1];
    at++
  ) {
    if (system.variable[at] !== target) determined.set(system.variable[at], big[system.integer[at]]);
  }
  const value = -big[other.offset[product]];
  for (let state = 0; state < stateCount; state++) {
    const factor = big[own.scale[product]] * (isSet(place, state) ? 1n : 0n) + big[own.offset[product]];
    if (factor % system.field.modulus !== 0n)
      addFact(facts, stateCount, state, determined, [value, value], system.field.modulus);
  }
}

/** Records that a determined combination lies in an interval in one state. */
function addFact(
  facts: Map<string, Facts>,
  stateCount: number,
  state: number,
  determined: ReadonlyMap<number, bigint>,
  interval: Interval,
  modulus: bigint,
): void {
  const terms = [...determined].sort(([a], [b]) => a - b);
  const sign = terms[0][1] < 0n ? -1n : 1n;
  const key = terms.map(([variable, factor]) => `${variable}:${factor * sign}`).join(' ');
  let list = facts.get(key);
  if (!list) {
    list = new Array<Interval | null>(stateCount).fill(null);
    facts.set(key, list);
  }
  const fresh: Interval = sign > 0n ? interval : [-interval[1], -interval[0]];
  list[state] = meet(list[state], fresh, modulus);
}

/** Both facts at once where they can be compared, else the narrower one. */
function meet(old: Interval | null, fresh: Interval, modulus: bigint): Interval {
  if (!old) return fresh;
  const [low, high] = hull(old, fresh);
  if (high - low >= modulus) return fresh[1] - fresh[0] < old[1] - old[0] ? fresh : old;
  return intersect(old, fresh);
}
