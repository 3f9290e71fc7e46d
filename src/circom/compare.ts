import type { R1cs, SparseMatrix, Wire } from '../circuit/constraints.js';
import type { CircuitProgram } from '../circuit/program.js';
import { createSignalResolver } from '../circuit/wire-names.js';
import { ZkinferError } from '../core/error.js';
import { invertField, R, toSigned } from '../core/field.js';
import { visitSymbols } from './sym-file.js';

/**
 * Translation validation: circom's constraint system must be ours, as multisets of constraints in canonical form, with wires
 * matched by name. It catches faults of the text we emit, of our own emitter, and of the compiler.
 * @param program what both sides were made from
 * @param emitted our side, as `emitR1cs` gave it
 * @param theirs circom's side
 * @param sym circom's symbol file
 * @returns circom's wire for each of ours (-1 where circom removed a wire that no constraint uses)
 * @throws ZkinferError R1CS_MISMATCH naming the first constraint that only one side has, and its layer
 */
export function compareR1cs(program: CircuitProgram, emitted: NamedR1cs, theirs: R1cs, sym: Uint8Array): Int32Array {
  const theirWire = matchWires(program, emitted.wireNames, theirs, sym);
  requireSameConstraints(emitted, theirs, theirWire);
  return theirWire;
}

/** A constraint system with the name of each wire. */
export interface NamedR1cs {
  readonly r1cs: R1cs;
  readonly wireNames: readonly string[];
}

/**
 * Holds two constraint systems to be one: as many inputs and outputs, the constant and the public wires at the same places, the
 * same multiset of constraints in canonical form.
 * @param theirWire their wire for each of ours, no wire twice; -1 where they have none
 * @throws ZkinferError R1CS_MISMATCH
 */
export function requireSameConstraints(emitted: NamedR1cs, theirs: R1cs, theirWire: Int32Array): void {
  const { r1cs: ours, wireNames: names } = emitted;
  const counts = (r1cs: R1cs) => [
    r1cs.outputCount,
    r1cs.publicInputCount,
    r1cs.privateInputCount,
    r1cs.constraintCount,
  ];
  const [expected, given] = [counts(ours), counts(theirs)];
  const what = ['public outputs', 'public inputs', 'private inputs', 'constraints'];
  const facts = what.flatMap((word, i) =>
    expected[i] === given[i] ? [] : [`${word}: ours ${expected[i]}, circom's ${given[i]}`],
  );
  // Whoever verifies knows public signals by their places alone.
  for (let wire = 0; wire <= ours.outputCount + ours.publicInputCount; wire++)
    if (theirWire[wire] !== wire)
      facts.push(`public wire ${wire}, ${names[wire]}, is circom's wire ${theirWire[wire]}`);
  const ourWire = new Int32Array(theirs.wireCount).fill(-1);
  theirWire.forEach((wire, our) => {
    if (wire >= 0) ourWire[wire] = our;
  });
  const canon = new Canonicalizer();
  const left = new Map<string, number[]>();
  const form = canon.form(ours, (wire) => wire);
  for (let row = 0; row < ours.constraintCount; row++) {
    const key = form(row);
    const rows = left.get(key);
    if (rows) rows.push(row);
    else left.set(key, [row]);
  }
  const theirForm = canon.form(theirs, (wire) => ourWire[wire]);
  for (let row = 0; row < theirs.constraintCount; row++) {
    const rows = left.get(theirForm(row));
    if (rows && rows.length > 0) rows.pop();
    else {
      const print = printConstraint(theirs, row, (wire) => names[ourWire[wire]] ?? `circom wire ${wire}`);
      throw mismatch([...facts, `only in circom's: constraint ${row}, ${print}`]);
    }
  }
  for (const rows of left.values())
    if (rows.length > 0)
      throw mismatch([
        ...facts,
        `only in ours: constraint ${rows[0]}, ${printConstraint(ours, rows[0], (wire) => names[wire])}`,
      ]);
  if (facts.length > 0) throw mismatch(facts);
}

function mismatch(facts: readonly string[]): ZkinferError {
  return new ZkinferError({
    code: 'R1CS_MISMATCH',
    kind: 'internal',
    message: "circom's constraints are not the ones the compiler meant",
    facts,
    hint: 'do not use this circuit; keep the .circom file for the report',
  });
}

function matchWires(program: CircuitProgram, names: readonly string[], theirs: R1cs, sym: Uint8Array): Int32Array {
  const theirWire = new Int32Array(program.wireCount).fill(-1);
  theirWire[0] = 0;
  const resolve = createSignalResolver(program);
  const taken = new Map<number, Wire>();
  visitSymbols(
    sym,
    (name, wire) => {
      const our = resolve(name);
      if (our === undefined) return;
      if (wire >= theirs.wireCount)
        throw mismatch([`the symbol file gives ${name} wire ${wire} of ${theirs.wireCount}`]);
      const other = taken.get(wire);
      if (other !== undefined && other !== our) throw mismatch([`circom has one wire for ${names[other]} and ${name}`]);
      if (theirWire[our] >= 0 && theirWire[our] !== wire)
        throw mismatch([`circom has two wires for ${names[our]}: ${theirWire[our]} and ${wire}`]);
      taken.set(wire, our);
      theirWire[our] = wire;
    },
    false,
  );
  return theirWire;
}

/** Writes constraints so that equal ones are equal strings: scaled to leading coefficients of 1, sides in order. */
class Canonicalizer {
  private readonly ids = new Map<bigint, number>();
  private readonly inverses = new Map<bigint, bigint>();

  /** A function from a row of one system to its canonical form; wires are renamed on the way. */
  form(r1cs: R1cs, rename: (wire: Wire) => number): (row: number) => string {
    const scaledIds = new Map<bigint, Int32Array>();
    const idOf = (coefficient: number, factor: bigint): number => {
      let table = scaledIds.get(factor);
      if (!table) {
        if (scaledIds.size > 4096) scaledIds.clear();
        table = new Int32Array(r1cs.coefficients.length).fill(-1);
        scaledIds.set(factor, table);
      }
      if (table[coefficient] < 0) table[coefficient] = this.intern((r1cs.coefficients[coefficient] * factor) % R);
      return table[coefficient];
    };
    const termsOf = (matrix: SparseMatrix, row: number) => {
      const terms: { wire: number; coefficient: number }[] = [];
      for (let t = matrix.start[row]; t < matrix.start[row + 1]; t++)
        terms.push({ wire: rename(matrix.wire[t]), coefficient: matrix.coefficient[t] });
      return terms.sort((p, q) => p.wire - q.wire);
    };
    const leadOf = (terms: readonly { coefficient: number }[]) => this.invert(r1cs.coefficients[terms[0].coefficient]);
    const encode = (terms: readonly { wire: number; coefficient: number }[], factor: bigint): string => {
      const words = new Int32Array(terms.length * 2);
      terms.forEach((term, i) => {
        words[2 * i] = term.wire;
        words[2 * i + 1] = idOf(term.coefficient, factor);
      });
      return Buffer.from(words.buffer).toString('latin1');
    };
    return (row) => {
      const [a, b, c] = [r1cs.a, r1cs.b, r1cs.c].map((matrix) => termsOf(matrix, row));
      if (a.length === 0 || b.length === 0) return c.length === 0 ? '' : `0|${encode(c, leadOf(c))}`;
      const [aFactor, bFactor] = [leadOf(a), leadOf(b)];
      const sides = [encode(a, aFactor), encode(b, bFactor)].sort();
      return `${sides[0].length},${sides[1].length}|${sides[0]}${sides[1]}${encode(c, (aFactor * bFactor) % R)}`;
    };
  }

  private intern(value: bigint): number {
    let id = this.ids.get(value);
    if (id === undefined) {
      id = this.ids.size;
      this.ids.set(value, id);
    }
    return id;
  }

  private invert(value: bigint): bigint {
    let inverse = this.inverses.get(value);
    if (inverse === undefined) {
      inverse = invertField(value);
      this.inverses.set(value, inverse);
    }
    return inverse;
  }
}

/** A constraint in words, cut where it is long. */
function printConstraint(r1cs: R1cs, row: number, nameOf: (wire: Wire) => string): string {
  const side = (matrix: SparseMatrix) => {
    const terms: string[] = [];
    const end = matrix.start[row + 1];
    for (let t = matrix.start[row]; t < end; t++) {
      if (terms.length === 6) {
        terms.push(`… ${end - t} more`);
        break;
      }
      const value = toSigned(r1cs.coefficients[matrix.coefficient[t]]);
      terms.push(matrix.wire[t] === 0 ? `${value}` : `${value}·${nameOf(matrix.wire[t])}`);
    }
    return terms.length > 0 ? terms.join(' + ') : '0';
  };
  return `(${side(r1cs.a)}) · (${side(r1cs.b)}) = ${side(r1cs.c)}`;
}
