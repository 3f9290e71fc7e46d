import { buildIndex, type Index } from './lists.js';
import type { System } from './system.js';

/** Where each variable occurs. */
export interface Occurrences {
  /** Variable → rows with a term in it. */
  readonly rows: Index;
  /** Variable → products with a factor in it (once for a square). */
  readonly products: Index;
}

export function indexOccurrences(system: System): Occurrences {
  const { rowCount, start, variable, variableCount, left, right } = system;
  return {
    rows: buildIndex(variableCount, (emit) => {
      for (let row = 0; row < rowCount; row++) {
        for (let at = start[row]; at < start[row + 1]; at++) if (variable[at] !== 0) emit(variable[at], row);
      }
    }),
    products: buildIndex(variableCount, (emit) => {
      for (let product = 0; product < left.variable.length; product++) {
        emit(left.variable[product], product);
        if (right.variable[product] !== left.variable[product]) emit(right.variable[product], product);
      }
    }),
  };
}
