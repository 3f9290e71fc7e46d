import { excludesMultiples, type Interval, scaleInterval } from './interval.js';
import type { Occurrences } from './occurrences.js';
import type { Ranges } from './ranges.js';
import type { System, TwoValues } from './system.js';

/**
 * Flags of zero tests: `flag · h = 0` and `h · inverse = k + c·flag` for the same h. Where h is 0 the second says
 * `k + c·flag = 0`, elsewhere the first gives the flag: two values, whatever the inputs.
 */
export function findZeroTestFlags(system: System, occurrences: Occurrences): TwoValues[] {
  const { left, right, productRow, start, constraint } = system;
  const { products } = occurrences;
  const found: TwoValues[] = [];
  for (let product = 0; product < productRow.length; product++) {
    const row = productRow[product];
    if (start[row] !== start[row + 1]) continue;
    for (const [flag, test] of [
      [left, right],
      [right, left],
    ]) {
      const variable = flag.variable[product];
      const whenSet = divideExactly(system, -big(system, flag.offset[product]), big(system, flag.scale[product]));
      const own = test.variable[product];
      if (whenSet === null || own === variable) continue;
      for (let at = products.start[own]; at < products.start[own + 1]; at++) {
        const other = products.item[at];
        const side = left.variable[other] === own ? left : right;
        if (other === product || side.scale[other] !== test.scale[product]) continue;
        if (side.offset[other] !== test.offset[product]) continue;
        const whenZero = solveAlone(system, productRow[other], variable);
        if (whenZero === null) continue;
        const [low, high] = whenSet < whenZero ? [whenSet, whenZero] : [whenZero, whenSet];
        found.push({ variable, low, high, constraint: constraint[row] });
        break;
      }
    }
  }
  return found;
}

function big(system: System, index: number): bigint {
  return system.integers.big[index];
}

function divideExactly(system: System, numerator: bigint, denominator: bigint): bigint | null {
  return numerator % denominator === 0n ? system.field.toSigned(numerator / denominator) : null;
}

/** The integer x that solves a row without its product, if x and a constant are its only terms. */
function solveAlone(system: System, row: number, variable: number): bigint | null {
  let factor = 0n;
  let constant = 0n;
  for (let at = system.start[row]; at < system.start[row + 1]; at++) {
    if (system.variable[at] === variable) factor = big(system, system.integer[at]);
    else if (system.variable[at] === 0) constant = big(system, system.integer[at]);
    else return null;
  }
  return factor === 0n ? null : divideExactly(system, -constant, factor);
}

/** What a variable's having a certain value implies for others, one step of reasoning away: tighter intervals. */
export function findImplications(
  system: System,
  occurrences: Occurrences,
  ranges: Ranges,
  variable: number,
  value: bigint,
): Map<number, Interval> {
  const implied = new Map<number, Interval>();
  const { rows, products } = occurrences;
  const { left, right, productRow, start, field } = system;
  for (let at = products.start[variable]; at < products.start[variable + 1]; at++) {
    const product = products.item[at];
    const row = productRow[product];
    if (start[row] !== start[row + 1]) continue;
    const [own, other] = left.variable[product] === variable ? [left, right] : [right, left];
    if ((big(system, own.scale[product]) * value + big(system, own.offset[product])) % field.modulus === 0n) continue;
    const root = divideExactly(system, -big(system, other.offset[product]), big(system, other.scale[product]));
    if (root !== null) implied.set(other.variable[product], [root, root]);
  }
  for (let at = rows.start[variable]; at < rows.start[variable + 1]; at++) {
    const row = rows.item[at];
    const product = system.product[row];
    const rest = product < 0 ? null : evaluateAlone(system, row, variable, value);
    // A product that is not 0 has no factor that is.
    if (rest === null || rest % field.modulus === 0n) continue;
    for (const side of [left, right]) {
      const own = side.variable[product];
      if (!ranges.isTwoValued(own)) continue;
      const kept = ranges
        .get(own)
        .filter(
          (end) => (big(system, side.scale[product]) * end + big(system, side.offset[product])) % field.modulus !== 0n,
        );
      if (kept.length === 1) implied.set(own, [kept[0], kept[0]]);
    }
  }
  for (const own of [...implied.keys()]) {
    if (own >= system.wireCount) tightenDefinition(system, ranges, own, implied);
  }
  return implied;
}

function evaluateAlone(system: System, row: number, variable: number, value: bigint): bigint | null {
  let sum = 0n;
  for (let at = system.start[row]; at < system.start[row + 1]; at++) {
    const own = system.variable[at];
    if (own !== variable && own !== 0) return null;
    sum += big(system, system.integer[at]) * (own === 0 ? 1n : value);
  }
  return sum;
}

/** Drops the values of two-valued variables that the definition of a combination with a known value excludes. */
function tightenDefinition(system: System, ranges: Ranges, own: number, implied: Map<number, Interval>): void {
  const row = system.definition[own - system.wireCount];
  const [from, to] = [system.start[row], system.start[row + 1]];
  if (to - from > 64) return;
  const bound = (at: number): Interval | null => {
    const variable = system.variable[at];
    const interval = implied.get(variable) ?? (ranges.has(variable) ? ranges.get(variable) : null);
    return interval && scaleInterval(big(system, system.integer[at]), interval);
  };
  let [low, high] = [0n, 0n];
  for (let at = from; at < to; at++) {
    const interval = bound(at);
    if (!interval) return;
    [low, high] = [low + interval[0], high + interval[1]];
  }
  for (let at = from; at < to; at++) {
    const variable = system.variable[at];
    if (!ranges.isTwoValued(variable) || implied.has(variable)) continue;
    const [least, most] = bound(at)!;
    const possible = ranges.get(variable).filter((end) => {
      const part = big(system, system.integer[at]) * end;
      return !excludesMultiples([low - least + part, high - most + part], system.field.modulus);
    });
    if (possible.length === 1) implied.set(variable, [possible[0], possible[0]]);
  }
}
