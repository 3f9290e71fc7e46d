import { auditR1cs } from '../../src/audit/audit.js';
import { PrimeField } from '../../src/audit/field.js';
import type { AuditOptions } from '../../src/audit/report.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { computeWitness } from '../../src/circuit/witness.js';
import { R } from '../../src/core/field.js';
import { wireValues } from '../circuits/r1cs-tester.js';
import type { EmittedGadget } from './emitted-gadgets.js';
import { enumerateWitnesses } from './enumerate.js';
import type { RowMutant } from './row-mutants.js';
import { carryElement, carrySystem, type Row, type RowSystem, type Side, toR1cs } from './small-prime.js';

/**
 * What became of a mutant:
 * - refused: the audit does not prove it;
 * - another function: the audit proves it, rightly, and the evaluator's witness of some input does not satisfy it, so every
 *   comparison with the evaluator's witness or with the constraints that are to be there catches it;
 * - same constraint: the changed constraint is a multiple of the original one;
 * - same relation: another constraint, and inputs and outputs that have a witness are exactly those of the original;
 * - survivor: none of these, which no mutant may be.
 */
export const VERDICTS = ['refused', 'another function', 'same constraint', 'same relation', 'survivor'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Outputs by inputs. */
type Pairs = ReadonlyMap<string, ReadonlySet<string>>;

/** Decides about mutants of one gadget, by the audit and by search over a small prime. */
export class MutantJudge {
  readonly system: RowSystem;
  readonly proved: boolean;
  private readonly field: PrimeField;
  private readonly options: AuditOptions;
  /** The evaluator's witness for each input of the domain. */
  private readonly honest: readonly (readonly bigint[])[];
  private readonly inputsFrom: number;
  private readonly inputsTo: number;
  private original: Pairs | undefined;

  constructor(private readonly gadget: EmittedGadget) {
    const { program, prime, domain, requires, ensures } = gadget;
    const modulus = prime === null ? R : BigInt(prime);
    this.field = new PrimeField(modulus);
    this.system = carrySystem(emitR1cs(program).r1cs, modulus);
    const { outputCount, privateInputCount } = this.system.shape;
    this.inputsFrom = 1 + outputCount;
    this.inputsTo = this.inputsFrom + privateInputCount;
    const ranges = (range?: readonly [number, number]) =>
      range
        ? Array.from({ length: privateInputCount }, (_, i) => ({
            wire: 1 + outputCount + i,
            min: range[0],
            max: range[1],
          }))
        : [];
    this.options = { modulus, assumed: ranges(requires), declared: ranges(ensures), maxFindings: 1 };
    this.honest = domain.map((x) =>
      wireValues(computeWitness(program, { x }, 0n)).map((value) => carryElement(value, this.field)),
    );
    this.proved = auditR1cs(toR1cs(this.system), this.options).proved;
  }

  /** Whether search finds no input with two outputs, and for every input of the domain the evaluator's. */
  isFunction(): boolean {
    const pairs = this.readOriginal();
    const { domain, evaluate } = this.gadget;
    return (
      this.isDetermined(pairs) &&
      this.honest.every((witness, at) => {
        const outputs = evaluate ? Array.from(evaluate(domain[at])) : witness.slice(1, this.inputsFrom);
        return pairs.get(this.inputKey(witness))?.has(outputs.join());
      })
    );
  }

  judge(mutant: RowMutant): Verdict {
    return auditR1cs(toR1cs(mutant.system), this.options).proved ? this.decide(mutant) : 'refused';
  }

  /** What search says of a mutant that the audit proves. */
  decide({ system, row, kind }: RowMutant): Verdict {
    if (kind !== 'deleted' && isMultiple(system.rows[row], this.system.rows[row], this.field)) return 'same constraint';
    const fits = this.honest.every((witness) => this.satisfies(system, witness));
    if (this.gadget.prime === null) return fits ? 'survivor' : 'another function';
    const pairs = this.readPairs(system);
    if (!this.isDetermined(pairs)) return 'survivor';
    if (!fits) return 'another function';
    const original = this.readOriginal();
    const isSame =
      pairs.size === original.size && [...pairs].every(([key, [output]]) => original.get(key)?.has(output));
    return isSame ? 'same relation' : 'survivor';
  }

  private readOriginal(): Pairs {
    this.original ??= this.readPairs(this.system);
    return this.original;
  }

  /** One output an input, and inputs within what the gadget promises. */
  private isDetermined(pairs: Pairs): boolean {
    const { ensures } = this.gadget;
    for (const [key, outputs] of pairs) {
      if (outputs.size > 1) return false;
      if (ensures && key.split(',').some((x) => Number(x) < ensures[0] || Number(x) > ensures[1])) return false;
    }
    return true;
  }

  private inputKey(witness: readonly (bigint | number)[]): string {
    return witness.slice(this.inputsFrom, this.inputsTo).join();
  }

  /** Outputs by inputs, of every assignment that satisfies the constraints with inputs as the gadget requires them. */
  private readPairs(system: RowSystem): Pairs {
    const pairs = new Map<string, Set<string>>();
    const { requires, prime } = this.gadget;
    const [low, high] = requires ?? [0, prime! - 1];
    const complete = enumerateWitnesses(toR1cs(system), prime!, (witness) => {
      for (let wire = this.inputsFrom; wire < this.inputsTo; wire++) {
        const value = low < 0 && witness[wire] > high ? witness[wire] - prime! : witness[wire];
        if (value < low || value > high) return;
      }
      const key = this.inputKey(witness);
      const outputs = witness.slice(1, this.inputsFrom).join();
      const known = pairs.get(key);
      if (known) known.add(outputs);
      else pairs.set(key, new Set([outputs]));
    });
    if (!complete) throw new Error(`${this.gadget.name}: too much to search`);
    return pairs;
  }

  private satisfies({ rows }: RowSystem, witness: readonly bigint[]): boolean {
    const sum = (side: Side) => side.reduce((total, [wire, factor]) => total + factor * witness[wire], 0n);
    return rows.every(([a, b, c]) => this.field.reduce(sum(a) * sum(b) - sum(c)) === 0n);
  }
}

/** `A·B - C` as coefficients of products of two wires. */
function expand([a, b, c]: Row, field: PrimeField): Map<string, bigint> {
  const sum = new Map<string, bigint>();
  const add = (i: number, j: number, value: bigint) => {
    const key = i < j ? `${i} ${j}` : `${j} ${i}`;
    sum.set(key, field.reduce((sum.get(key) ?? 0n) + value));
  };
  for (const [i, x] of a) for (const [j, y] of b) add(i, j, x * y);
  for (const [i, x] of c) add(0, i, -x);
  for (const [key, value] of sum) if (value === 0n) sum.delete(key);
  return sum;
}

/** Whether one constraint is the other times a number other than 0. */
function isMultiple(one: Row, other: Row, field: PrimeField): boolean {
  const [left, right] = [expand(one, field), expand(other, field)];
  const [first] = left.entries();
  if (!first || left.size !== right.size || !right.has(first[0])) return false;
  const factor = right.get(first[0])! * field.invert(first[1]);
  return [...left].every(([key, value]) => right.get(key) === field.reduce(factor * value));
}
