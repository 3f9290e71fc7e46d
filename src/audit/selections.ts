import type { Knowledge } from './known.js';

/** Undetermined booleans of which only few joint assignments are possible. */
export interface Selection {
  readonly variables: readonly number[];
  readonly stateCount: number;
  /** Whether the variable at a position is 1 in a state. */
  readonly isSet: (position: number, state: number) => boolean;
}

/** Largest number of states of a set whose booleans exclude each other: pairs of states are compared. */
const ONE_HOT_LIMIT = 512;

/** Chains `c_0 >= c_1 >= …` and sets with exactly one 1, among the undetermined booleans. */
export function findSelections(knowledge: Knowledge): Selection[] {
  return [...findChains(knowledge), ...findOneHots(knowledge)];
}

function isOpenBoolean({ how, ranges }: Knowledge, variable: number): boolean {
  if (how[variable] || !ranges.isTwoValued(variable)) return false;
  const [low, high] = ranges.get(variable);
  return low === 0n && high === 1n;
}

function findChains(knowledge: Knowledge): Selection[] {
  const next = new Map<number, number>();
  const above = new Map<number, number>();
  // A flag whose neighbours are settled is a chain of its own.
  const members = new Set<number>();
  for (const { variable, value, other, shift } of knowledge.system.alternatives) {
    if (value !== 0n || shift !== 0n) continue;
    const open = [variable, other].filter((own) => isOpenBoolean(knowledge, own));
    for (const own of open) members.add(own);
    if (open.length < 2 || next.has(other) || above.has(variable)) continue;
    next.set(other, variable);
    above.set(variable, other);
  }
  const chains: Selection[] = [];
  for (const first of members) {
    if (above.has(first)) continue;
    const variables = [first];
    for (let at = next.get(first); at !== undefined; at = next.get(at)) variables.push(at);
    chains.push({ variables, stateCount: variables.length + 1, isSet: (position, state) => position < state });
  }
  return chains;
}

function findOneHots(knowledge: Knowledge): Selection[] {
  const { system, unknown, how } = knowledge;
  const found: Selection[] = [];
  for (let row = 0; row < system.rowCount; row++) {
    if (unknown[row] < 2 || unknown[row] > ONE_HOT_LIMIT || system.product[row] >= 0) continue;
    const variables: number[] = [];
    let weight = 0;
    let fits = true;
    let constant = 0n;
    for (let at = system.start[row]; fits && at < system.start[row + 1]; at++) {
      const variable = system.variable[at];
      if (variable === 0) constant = system.integers.big[system.integer[at]];
      else if (how[variable] || !isOpenBoolean(knowledge, variable)) fits = false;
      else {
        if (variables.length === 0) weight = system.integer[at];
        fits = system.integer[at] === weight;
        variables.push(variable);
      }
    }
    if (!fits || constant + system.integers.big[weight] !== 0n) continue;
    if (BigInt(variables.length) >= system.field.modulus) continue;
    found.push({ variables, stateCount: variables.length, isSet: (position, state) => position === state });
  }
  return found;
}
