import type { Knowledge } from './known.js';

/**
 * Undetermined wires, neither outputs nor inputs, that nothing else uses: cofactors of something determined, free exactly where that is 0 (the inverse
 * of a zero test), and digits of a sum that has more than one reading, where the sum is all that matters.
 */
export function findFreeWires(knowledge: Knowledge, firstInner: number): number[] {
  const { system, occurrences, how, ranges, unknown } = knowledge;
  const { rows, products } = occurrences;
  const found: number[] = [];
  const seen = new Set<number>();
  for (let wire = firstInner; wire < system.wireCount; wire++) {
    if (how[wire] !== 0) continue;
    const inRows = rows.start[wire + 1] - rows.start[wire];
    const inProducts = products.start[wire + 1] - products.start[wire];
    if (inRows === 0 && inProducts === 1 && !ranges.isTwoValued(wire)) {
      const product = products.item[products.start[wire]];
      const [left, right] = [system.left.variable[product], system.right.variable[product]];
      const isRestKnown = unknown[system.productRow[product]] === 1;
      if (left !== right && how[left === wire ? right : left] !== 0 && isRestKnown) found.push(wire);
    } else if (inRows === 1 && inProducts === 0) {
      const row = rows.item[rows.start[wire]];
      if (!seen.has(row)) found.push(...listSpareDigits(knowledge, row, firstInner));
      seen.add(row);
    }
  }
  return found;
}

/** The undetermined wires of a row, if all of them are two-valued and occur nowhere else. */
function listSpareDigits(
  { system, occurrences, how, ranges, productKnown }: Knowledge,
  row: number,
  firstInner: number,
): number[] {
  const { rows, products } = occurrences;
  if (system.product[row] >= 0 && !productKnown[system.product[row]]) return [];
  const digits: number[] = [];
  for (let at = system.start[row]; at < system.start[row + 1]; at++) {
    const own = system.variable[at];
    if (how[own] !== 0) continue;
    if (rows.start[own + 1] - rows.start[own] !== 1 || products.start[own] !== products.start[own + 1]) return [];
    if (!ranges.isTwoValued(own)) return [];
    if (own < firstInner) return [];
    if (own < system.wireCount) digits.push(own);
  }
  return digits;
}
