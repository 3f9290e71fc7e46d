import { auditR1cs } from '../audit/audit.js';
import { type Counterexample, findCounterexample, satisfies } from '../audit/counterexample.js';
import { PrimeField } from '../audit/field.js';
import type { AuditReport } from '../audit/report.js';
import { readBytes } from '../bundle/read-file.js';
import { readR1cs } from '../circom/r1cs-file.js';
import { visitSymbols } from '../circom/sym-file.js';
import type { R1cs } from '../circuit/constraints.js';
import { ZkinferError } from '../core/error.js';
import { readWitnessValues, readWtns } from '../groth16/wtns-file.js';

export interface R1csAuditRequest {
  readonly path: string;
  readonly onProgress?: (phase: string) => void;
  /** circom's symbol file; without it signals are called `wire 12`. */
  readonly symPath?: string;
  /** Honest witnesses: where the circuit is not proved, a forged one is looked for beside each of them. */
  readonly witnessPaths?: readonly string[];
}

export interface R1csAudit {
  readonly report: AuditReport;
  /** What else satisfies the constraints with the inputs of a given witness; null where nothing was found or looked for. */
  readonly forgery: (Counterexample & { readonly beside: string }) | null;
  readonly nameOf: (wire: number) => string;
}

/**
 * Audits any R1CS file over BN254: its inputs must determine its outputs.
 * @throws ZkinferError FILE_UNUSABLE, R1CS_DAMAGED, SYM_DAMAGED, ARTIFACT_DAMAGED, WITNESS_MISMATCH
 */
export async function auditR1csFile({
  path,
  symPath,
  witnessPaths = [],
  onProgress,
}: R1csAuditRequest): Promise<R1csAudit> {
  const r1cs = readR1cs(await readBytes(path));
  const names = symPath === undefined ? undefined : await readNames(symPath);
  const nameOf = (wire: number) => names?.get(wire) ?? `wire ${wire}`;
  const witnesses: [string, bigint[]][] = [];
  for (const witnessPath of witnessPaths) witnesses.push([witnessPath, await readHonest(witnessPath, r1cs)]);
  const report = auditR1cs(r1cs, { names: nameOf, onProgress });
  let forgery: R1csAudit['forgery'] = null;
  if (!report.proved && witnesses.length > 0) onProgress?.('forge');
  for (const [beside, witness] of report.proved ? [] : witnesses) {
    const found = findCounterexample(r1cs, report, witness);
    if (found && (forgery === null || found.changesOutput)) forgery = { ...found, beside };
    if (forgery?.changesOutput) break;
  }
  return { report, forgery, nameOf };
}

/** A name for each wire: the shortest of those that circom gives it. */
async function readNames(path: string): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  visitSymbols(
    await readBytes(path),
    (name, wire) => {
      const known = names.get(wire);
      if (known === undefined || name.length < known.length) names.set(wire, name);
    },
    false,
  );
  return names;
}

async function readHonest(path: string, r1cs: R1cs): Promise<bigint[]> {
  const file = readWtns(await readBytes(path));
  const values = file.wireCount === r1cs.wireCount ? readWitnessValues(file, 0, file.wireCount) : [];
  if (values.length > 0 && satisfies(r1cs, values, new PrimeField())) return values;
  throw new ZkinferError({
    code: 'WITNESS_MISMATCH',
    kind: 'artifact',
    message: 'this is no witness of the circuit',
    facts: [
      path,
      values.length > 0
        ? 'a constraint does not hold'
        : `wires of the circuit: ${r1cs.wireCount}, values of the witness: ${file.wireCount}`,
    ],
    hint: 'compute one with the witness program that circom wrote beside the .r1cs file',
  });
}
