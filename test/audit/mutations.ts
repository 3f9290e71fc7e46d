import type { Lc, Sketch } from './sketch.js';

/** A sketch with one thing changed; `constraint` says where. */
export interface Mutation {
  readonly kind: 'deletion' | 'coefficient';
  readonly constraint: number;
  readonly label: string;
  readonly what: string;
  apply(s: Sketch): void;
}

/** Every deletion of a constraint and, for every coefficient, the next integer, its negative and its removal. */
export function listMutations(s: Sketch): Mutation[] {
  return s.rows.flatMap((row, constraint) => {
    const label = s.labelsOfRows[constraint];
    const deletion: Mutation = {
      kind: 'deletion',
      constraint,
      label,
      what: 'deleted',
      apply: (target) => void target.rows.splice(constraint, 1),
    };
    const changes = row.flatMap((side, at) =>
      [...side].flatMap(([signal, value]) => {
        if (s.reduce(value) === 0n) return [];
        const changed = [value + 1n, -value, 0n];
        return changed.map(
          (fresh): Mutation => ({
            kind: 'coefficient',
            constraint,
            label,
            what: `${'ABC'[at]}: ${value} · signal ${signal} becomes ${fresh}`,
            apply: (target) => {
              const copy = [...target.rows[constraint]] as [Lc, Lc, Lc];
              copy[at] = new Map([...copy[at], [signal, fresh]]);
              target.rows[constraint] = copy;
            },
          }),
        );
      }),
    );
    return [deletion, ...changes];
  });
}
