import type { Wire } from './constraints.js';
import type { SparseRow } from './elements.js';

/** Sums coefficients by wire, constants under wire 0. */
export type Sum = Map<Wire, number>;

/** Adds a term in place; a coefficient that becomes 0 goes. */
export function addTerm(sum: Sum, wire: Wire, coefficient: number): void {
  if (coefficient === 0) return;
  const total = (sum.get(wire) ?? 0) + coefficient;
  if (total === 0) sum.delete(wire);
  else sum.set(wire, total);
}

/** The sum by ascending wire. */
export function toSparseRow(sum: Sum): SparseRow {
  const wires = [...sum.keys()].filter((wire) => wire !== 0).sort((a, b) => a - b);
  return { wires, coefficients: wires.map((wire) => sum.get(wire)!), constant: sum.get(0) ?? 0 };
}

/** Adds `factor ·` a sum in place. */
export function addSum(to: Sum, from: Sum, factor = 1): void {
  for (const [wire, coefficient] of from) addTerm(to, wire, factor * coefficient);
}

/** `a - b`. */
export function subtract(a: Sum, b: Sum): Sum {
  const result = new Map(a);
  addSum(result, b, -1);
  return result;
}

/** `a + coefficient · wire`. */
export function plusWire(a: Sum, wire: Wire, coefficient: number): Sum {
  const result = new Map(a);
  addTerm(result, wire, coefficient);
  return result;
}

/** Whether a sum has no wire. */
export function isConstant(sum: Sum): boolean {
  return sum.size === 0 || (sum.size === 1 && sum.has(0));
}
