import type { Row, RowSystem, Side } from './small-prime.js';

/** What was done to a system: a constraint deleted, a coefficient changed, two exchanged, or two sides of a product and its result. */
export const MUTATIONS = ['deleted', 'plus one', 'negated', 'dropped', 'swapped', 'sides exchanged'] as const;

/** A system with one thing changed. */
export interface RowMutant {
  readonly kind: (typeof MUTATIONS)[number];
  readonly row: number;
  /** In words, for failure messages. */
  readonly what: string;
  readonly system: RowSystem;
}

/**
 * Every deletion of a constraint; every coefficient plus one, negated and dropped; every two neighbouring coefficients of a
 * side exchanged; the result exchanged with either factor. What comes out the same as the original, or as an earlier mutant of the same
 * constraint, is left out.
 */
export function* listRowMutants(system: RowSystem): Generator<RowMutant> {
  const { rows } = system;
  for (let row = 0; row < rows.length; row++) {
    yield {
      kind: 'deleted',
      row,
      what: `constraint ${row} deleted`,
      system: { ...system, rows: rows.toSpliced(row, 1) },
    };
    const seen = new Set([keyOf(rows[row])]);
    for (const { kind, what, changed } of changesOf(rows[row], system.modulus)) {
      const key = keyOf(changed);
      if (seen.has(key)) continue;
      seen.add(key);
      yield { kind, row, what: `constraint ${row}, ${what}`, system: { ...system, rows: rows.with(row, changed) } };
    }
  }
}

interface Change {
  readonly kind: RowMutant['kind'];
  readonly what: string;
  readonly changed: Row;
}

function* changesOf(row: Row, modulus: bigint): Generator<Change> {
  const replace = (at: number, side: Side): Row =>
    row.with(
      at,
      side.filter(([, value]) => value !== 0n),
    ) as Row & Side[];
  for (let at = 0; at < 3; at++) {
    const side = row[at];
    for (let k = 0; k < side.length; k++) {
      const [wire, value] = side[k];
      const put = (fresh: bigint) => replace(at, side.with(k, [wire, fresh % modulus]));
      const what = `${'ABC'[at]}: ${value} · wire ${wire}`;
      yield { kind: 'plus one', what: `${what} plus one`, changed: put(value + 1n) };
      yield { kind: 'negated', what: `${what} negated`, changed: put(modulus - value) };
      yield { kind: 'dropped', what: `${what} dropped`, changed: put(0n) };
      if (k + 1 === side.length) continue;
      const [next, other] = side[k + 1];
      const changed = replace(at, side.with(k, [wire, other]).with(k + 1, [next, value]));
      yield { kind: 'swapped', what: `${what} swapped with ${other} · wire ${next}`, changed };
    }
  }
  const [a, b, c] = row;
  yield { kind: 'sides exchanged', what: 'A and C exchanged', changed: [c, b, a] };
  yield { kind: 'sides exchanged', what: 'B and C exchanged', changed: [a, c, b] };
}

/** The same for the same constraint: terms in order of wires, factors in either order. */
function keyOf([a, b, c]: Row): string {
  const write = (side: Side) => [...side].sort(([x], [y]) => x - y).join(' ');
  return [...[write(a), write(b)].sort(), write(c)].join('|');
}
