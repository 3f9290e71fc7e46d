import type { R1cs, SparseMatrix } from '../../src/circuit/constraints.js';

interface Row {
  readonly sides: readonly (readonly (readonly [number, number])[])[];
  readonly last: number;
}

/**
 * Visits every satisfying assignment over a small prime: wires are assigned in order, each constraint is
 * checked as soon as its last wire has a value, and a wire that a constraint gives linearly, or as one of two roots, is computed, not tried.
 * @returns false when more than `limit` partial assignments were tried (then not everything was visited).
 */
export function enumerateWitnesses(
  r1cs: R1cs,
  prime: number,
  visit: (witness: readonly number[]) => void,
  limit = 2e6,
): boolean {
  const read = ({ start, wire, coefficient }: SparseMatrix, row: number) =>
    Array.from({ length: start[row + 1] - start[row] }, (_, k) => {
      const at = start[row] + k;
      return [wire[at], Number(r1cs.coefficients[coefficient[at]] % BigInt(prime))] as const;
    });
  const systems = Array.from({ length: r1cs.constraintCount }, (_, row) =>
    [r1cs.a, r1cs.b, r1cs.c].map((matrix) => read(matrix, row)),
  );
  const order = orderWires(
    r1cs,
    systems.map((sides) => [...new Set(sides.flat().map(([wire]) => wire))].filter((wire) => wire > 0)),
  );
  const place = new Map([[0, -1], ...order.map((wire, at) => [wire, at] as const)]);
  const rows = systems.map((sides): Row => {
    return { sides, last: Math.max(-1, ...sides.flat().map(([wire]) => place.get(wire)!)) };
  });
  const due = order.map((_, at) => rows.filter(({ last }) => last === at));
  const inverse = Array.from({ length: prime }, (_, a) => {
    for (let b = 1; b < prime; b++) if ((a * b) % prime === 1) return b;
    return 0;
  });
  const witness = new Array<number>(r1cs.wireCount).fill(0);
  witness[0] = 1;
  let tried = 0;
  const evaluate = (side: Row['sides'][number], skip: number): number => {
    let sum = 0;
    for (const [wire, factor] of side) if (wire !== skip) sum += factor * witness[wire];
    return sum % prime;
  };
  const factorOf = (side: Row['sides'][number], wire: number): number =>
    side.reduce((sum, [own, factor]) => (own === wire ? sum + factor : sum), 0) % prime;
  const holds = ({ sides }: Row): boolean => {
    const [a, b, c] = sides.map((side) => evaluate(side, -1));
    return (a * b - c) % prime === 0;
  };
  const descend = (at: number): boolean => {
    if (at === order.length) {
      visit(witness);
      return true;
    }
    const wire = order[at];
    const tryValue = (value: number): boolean => {
      if (++tried > limit) return false;
      witness[wire] = value;
      return due[at].every(holds) ? descend(at + 1) : true;
    };
    for (const { sides } of due[at]) {
      const [a, b, c] = sides.map((side) => evaluate(side, wire));
      const [fa, fb, fc] = sides.map((side) => factorOf(side, wire));
      if (fa !== 0 && fb !== 0) {
        if (fc !== 0 || c !== 0) continue;
        const roots = [(prime - a) * inverse[fa], (prime - b) * inverse[fb]].map((root) => root % prime);
        return [...new Set(roots)].every(tryValue);
      }
      const slope = (((fa * b + fb * a - fc) % prime) + prime) % prime;
      if (slope === 0) continue;
      const value = (((c - a * b) % prime) + prime) * inverse[slope];
      return tryValue(value % prime);
    }
    for (let value = 0; value < prime; value++) if (!tryValue(value)) return false;
    return true;
  };
  if (!rows.every((row) => row.last >= 0 || holds(row))) return true;
  return descend(0);
}

/**
 * All wires but the constant in an order that closes constraints early: first whatever a constraint leaves alone that has
 * other wires, else a wire of the constraint that misses fewest, which another constraint on it alone confines, or an input.
 */
function orderWires(r1cs: R1cs, wiresOf: readonly (readonly number[])[]): number[] {
  const missing = wiresOf.map((wires) => new Set(wires));
  const first = 1 + r1cs.outputCount;
  const isFree = new Set(Array.from({ length: r1cs.publicInputCount + r1cs.privateInputCount }, (_, at) => first + at));
  for (const wires of wiresOf) if (wires.length === 1) isFree.add(wires[0]);
  const left = new Set(Array.from({ length: r1cs.wireCount - 1 }, (_, at) => 1 + at));
  const order: number[] = [];
  while (left.size > 0) {
    const open = missing.filter((own, row) => own.size > 0 && wiresOf[row].length > 1).sort((a, b) => a.size - b.size);
    const closing = open.find((own) => own.size === 1);
    const start = open.flatMap((own) => [...own]).find((wire) => isFree.has(wire));
    const [wire] = closing ?? [start ?? [...left].find((own) => isFree.has(own)) ?? [...left][0]];
    order.push(wire);
    left.delete(wire);
    for (const own of missing) own.delete(wire);
  }
  return order;
}

/** What exhaustive search says about each wire: does it take two values for one choice of inputs, and which values at all. */
export function inspectWitnesses(
  r1cs: R1cs,
  prime: number,
  limit?: number,
): { complete: boolean; count: number; ambiguous: Set<number>; values: Set<number>[] } {
  const first = new Map<string, number[]>();
  const ambiguous = new Set<number>();
  const values = Array.from({ length: r1cs.wireCount }, () => new Set<number>());
  let count = 0;
  const from = 1 + r1cs.outputCount;
  const to = from + r1cs.publicInputCount + r1cs.privateInputCount;
  const complete = enumerateWitnesses(
    r1cs,
    prime,
    (witness) => {
      count++;
      witness.forEach((value, wire) => {
        values[wire].add(value);
      });
      const key = witness.slice(from, to).join();
      const seen = first.get(key);
      if (!seen) first.set(key, witness.slice());
      else
        witness.forEach((value, wire) => {
          if (value !== seen[wire]) ambiguous.add(wire);
        });
    },
    limit,
  );
  return { complete, count, ambiguous, values };
}
