import { scaleInterval } from './interval.js';
import type { Knowledge } from './known.js';
import { boundFactor } from './product-ranges.js';

/**
 * Division: a row `F·Q + c·r = known` with F determined and Q, r not. Two assignments give `F·ΔQ = -c·Δr` over the
 * integers when the spans stay below the modulus; if some other row bounds r so that `|c·Δr| < |F|`, both are 0.
 * @returns whether it settled the row.
 */
export function applyDivision(knowledge: Knowledge, row: number): boolean {
  const { system, ranges, how, productKnown, unknown } = knowledge;
  const product = system.product[row];
  if (product < 0 || productKnown[product] || unknown[row] !== 2) return false;
  const isLeft = how[system.left.variable[product]] !== 0;
  const [known, open] = isLeft ? [system.left, system.right] : [system.right, system.left];
  const [divisor, quotient] = [known.variable[product], open.variable[product]];
  if (!how[divisor] || how[quotient] || !ranges.has(divisor) || !ranges.has(quotient)) return false;
  const { big } = system.integers;
  let remainder = -1;
  let factor = 0n;
  for (let at = system.start[row]; at < system.start[row + 1]; at++) {
    if (how[system.variable[at]]) continue;
    remainder = system.variable[at];
    factor = big[system.integer[at]];
  }
  if (remainder < 0 || remainder === quotient || !ranges.has(remainder)) return false;
  if (factor < 0n) factor = -factor;
  const weight = big[system.multiplier[product]] * big[open.scale[product]];
  const size = weight < 0n ? -weight : weight;
  const [first, last] = boundFactor(system, ranges, known, product);
  const isPositive = first > 0n;
  if (!isPositive && last >= 0n) return false;
  const largest = isPositive ? last : -first;
  const [qLow, qHigh] = ranges.get(quotient);
  const [rLow, rHigh] = ranges.get(remainder);
  if (size * largest * (qHigh - qLow) + factor * (rHigh - rLow) >= system.field.modulus) return false;
  // |F| as a line in the divisor, and the bound on Δr as another: compare at both ends of the divisor's interval.
  const sign = isPositive ? 1n : -1n;
  const ends = ranges.get(divisor);
  const atEnds = ends.map((value) => size * sign * (big[known.scale[product]] * value + big[known.offset[product]]));
  if (ends.every((_, k) => factor * (rHigh - rLow) < atEnds[k])) return settle(knowledge, quotient, remainder);
  const { rows } = knowledge.occurrences;
  for (let at = rows.start[remainder]; at < rows.start[remainder + 1]; at++) {
    const line = boundByDivisor(knowledge, rows.item[at], remainder, divisor);
    if (!line) continue;
    const gap = (value: bigint) =>
      line.isUpper ? line.slope * value + line.offset - rLow : rHigh - (line.slope * value + line.offset);
    if (ends.every((value, k) => factor * gap(value) < atEnds[k])) return settle(knowledge, quotient, remainder);
  }
  return false;
}

function settle(knowledge: Knowledge, quotient: number, remainder: number): boolean {
  knowledge.mark(quotient, 'division');
  knowledge.mark(remainder, 'division');
  return true;
}

/** What a row says about r in terms of the divisor alone: `r <= slope·divisor + offset`, or `>=`. */
function boundByDivisor(
  { system, ranges }: Knowledge,
  row: number,
  remainder: number,
  divisor: number,
): { slope: bigint; offset: bigint; isUpper: boolean } | null {
  if (system.product[row] >= 0) return null;
  const { big } = system.integers;
  let own = 0n;
  let slope = 0n;
  let [low, high] = [0n, 0n];
  let [totalLow, totalHigh] = [0n, 0n];
  for (let at = system.start[row]; at < system.start[row + 1]; at++) {
    const variable = system.variable[at];
    if (!ranges.has(variable)) return null;
    const factor = big[system.integer[at]];
    const [least, most] = scaleInterval(factor, ranges.get(variable));
    totalLow += least;
    totalHigh += most;
    if (variable === remainder) own = factor;
    else if (variable === divisor) slope = factor;
    else {
      low += least;
      high += most;
    }
  }
  // The row must hold over the integers: 0 is the only multiple of the modulus within reach.
  if (totalLow <= -system.field.modulus || totalHigh >= system.field.modulus) return null;
  if (slope === 0n || (own !== 1n && own !== -1n)) return null;
  // own·r = -(slope·d + rest): with own = 1, r lies in -slope·d - [low, high]
  const [from, to] = own === 1n ? [-high, -low] : [low, high];
  const line = own === 1n ? -slope : slope;
  return line > 0n ? { slope: line, offset: to, isUpper: true } : { slope: line, offset: from, isUpper: false };
}
