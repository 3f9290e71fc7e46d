import { scaleInterval } from './interval.js';
import type { Knowledge } from './known.js';
import type { Selection } from './selections.js';

/**
 * The maximum rule: exactly one boolean s_i of a selection is 1, `s_i·(M - K_i) = 0` for each of them with K_i
 * determined, and some row shows `M - K_i` in `[0, W_i]`. Then M is one of the K_i and none of them exceeds it; two
 * assignments with M and M' give `M - M'` and `M' - M` in `[0, W]`, so they are equal if `2 W` is below the modulus.
 * @returns the wires M.
 */
export function findMaxima(knowledge: Knowledge, selection: Selection): number[] {
  if (selection.stateCount !== selection.variables.length) return [];
  const counts = new Map<number, { places: number; widest: bigint }>();
  for (const own of selection.variables) {
    for (const [variable, width] of listCandidates(knowledge, own)) {
      const { places, widest } = counts.get(variable) ?? { places: 0, widest: 0n };
      counts.set(variable, { places: places + 1, widest: widest > width ? widest : width });
    }
  }
  const { modulus } = knowledge.system.field;
  return [...counts].flatMap(([variable, { places, widest }]) =>
    places === selection.variables.length && 2n * widest < modulus ? [variable] : [],
  );
}

/** Wires M with `own·(±(M - K)) = 0`, K determined, and the width of an interval `[0, W]` for `M - K`. */
function listCandidates(knowledge: Knowledge, own: number): Map<number, bigint> {
  const { system, how, occurrences } = knowledge;
  const found = new Map<number, bigint>();
  const { start, item } = occurrences.products;
  const { big } = system.integers;
  for (let at = start[own]; at < start[own + 1]; at++) {
    const product = item[at];
    const row = system.productRow[product];
    if (system.start[row] !== system.start[row + 1]) continue;
    const isLeft = system.left.variable[product] === own;
    const [selector, other] = isLeft ? [system.left, system.right] : [system.right, system.left];
    // s = 1 must leave the other factor 0.
    const weight = big[selector.scale[product]] + big[selector.offset[product]];
    const target = other.variable[product];
    if (weight % system.field.modulus === 0n || target < system.wireCount || big[other.scale[product]] !== 1n) continue;
    const terms = new Map<number, bigint>([[0, big[other.offset[product]]]]);
    const open: number[] = [];
    const definition = system.definition[target - system.wireCount];
    for (let term = system.start[definition]; term < system.start[definition + 1]; term++) {
      const one = system.variable[term];
      if (one === target) continue;
      terms.set(one, big[system.integer[term]]);
      if (!how[one]) open.push(one);
    }
    if (open.length !== 1) continue;
    const width = boundDifference(knowledge, terms, open[0]);
    if (width !== null) found.set(open[0], width);
  }
  return found;
}

/** For the combination `±(M - K)` with the constant under 0: W if some row shows `0 <= M - K <= W`. */
function boundDifference(knowledge: Knowledge, terms: ReadonlyMap<number, bigint>, variable: number): bigint | null {
  const { system, ranges } = knowledge;
  const sign = terms.get(variable);
  if (sign !== 1n && sign !== -1n) return null;
  const { big } = system.integers;
  const { rows } = knowledge.occurrences;
  for (let at = rows.start[variable]; at < rows.start[variable + 1]; at++) {
    const row = rows.item[at];
    if (system.product[row] >= 0) continue;
    const rest = new Map<number, bigint>();
    for (let term = system.start[row]; term < system.start[row + 1]; term++) {
      rest.set(system.variable[term], big[system.integer[term]]);
    }
    const own = rest.get(variable)!;
    if (own !== 1n && own !== -1n) continue;
    // own·(M - K) + rest = 0
    for (const [one, factor] of terms) rest.set(one, (rest.get(one) ?? 0n) - own * sign * factor);
    let [low, high] = [0n, 0n];
    let isRanged = true;
    for (const [one, factor] of rest) {
      if (factor === 0n) continue;
      isRanged &&= ranges.has(one);
      if (!isRanged) break;
      const [least, most] = scaleInterval(factor, ranges.get(one));
      [low, high] = [low + least, high + most];
    }
    if (!isRanged) continue;
    const [from, to] = own === 1n ? [-high, -low] : [low, high];
    if (from >= 0n) return to;
  }
  return null;
}
