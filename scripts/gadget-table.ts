/**
 * Writes the tables of gadgets in circuits/README.md: `npx tsx scripts/gadget-table.ts`. At the sizes that occur: for each gadget, what
 * it costs, whether the audit proves its outputs determined, in how many of the systems with one constraint left out the audit
 * refuses that, and how many forged witnesses the constraints refuse: one wire changed, several values each, at honest inputs. At
 * small sizes: what became of every mutant.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { auditR1cs } from '../src/audit/audit.js';
import type { AuditOptions } from '../src/audit/report.js';
import type { R1cs } from '../src/circuit/constraints.js';
import { emitR1cs } from '../src/circuit/emit-r1cs.js';
import type { CircuitProgram } from '../src/circuit/program.js';
import { computeWitness } from '../src/circuit/witness.js';
import { R } from '../src/core/field.js';
import { tableMutants } from '../test/audit/count-mutants.js';
import { VERDICTS } from '../test/audit/judge-mutant.js';
import { buildComponentProgram } from '../test/circuits/component-program.js';
import { GADGETS, type ListedGadget } from '../test/circuits/gadget-list.js';
import { violatedConstraints, wireValues, withoutRows } from '../test/circuits/r1cs-tester.js';
import { formatTable, replaceSection } from './marked-section.js';

const PAGE = new URL('../circuits/README.md', import.meta.url);
/** Constraints left out, and wires changed, where not all are: evenly spread. */
const MOST = 24;
/** Up to so many constraints each one is left out. */
const EACH = 100;

/** At most so many of the numbers below `count`. */
function spread(count: number, most = MOST): number[] {
  const tried = Math.min(count, most);
  return Array.from({ length: tried }, (_, i) => Math.floor((i * count) / tried));
}

/** Whether constraints refuse every change of one wire, or else no output changes with it. */
function countForgeries(gadget: ListedGadget, program: CircuitProgram, r1cs: R1cs): { refused: number; tried: number } {
  const { inputs, outputs } = gadget.component;
  const own = [
    ...spread(outputs).map((i) => 1 + i),
    ...spread(r1cs.wireCount - 1 - outputs - inputs).map((i) => 1 + outputs + inputs + i),
  ];
  let [refused, tried] = [0, 0];
  for (const x of gadget.inputs) {
    const honest = wireValues(computeWitness(program, { x }, 0n));
    if (violatedConstraints(r1cs, honest).length > 0) throw new Error(`${gadget.name} refuses its honest witness`);
    for (const wire of own)
      for (const value of new Set([0n, 1n, honest[wire] + 1n, honest[wire] - 1n + R, 3n * honest[wire] + 1000n])) {
        if (value % R === honest[wire]) continue;
        const forged = honest.slice();
        forged[wire] = value % R;
        const isRefused = violatedConstraints(r1cs, forged).length > 0;
        // A hint that is free where nothing depends on it changes nothing that anyone reads.
        if (!isRefused && wire > outputs) continue;
        tried++;
        if (isRefused) refused++;
      }
  }
  return { refused, tried };
}

/** One line of the table: every cell but the first two is measured. */
export function measureGadget(gadget: ListedGadget): string[] {
  const program = buildComponentProgram(gadget.component, gadget.outputRange);
  const { r1cs } = emitR1cs(program);
  const { inputs, outputs } = gadget.component;
  const bound = (range: readonly [number, number] | undefined) =>
    range ? Array.from({ length: inputs }, (_, i) => ({ wire: 1 + outputs + i, min: range[0], max: range[1] })) : [];
  const options: AuditOptions = { assumed: bound(gadget.requires), declared: bound(gadget.ensures), maxFindings: 1 };
  const { proved } = auditR1cs(r1cs, options);
  const rows = proved ? spread(r1cs.constraintCount, r1cs.constraintCount > EACH ? MOST : EACH) : [];
  const caught = rows.filter(
    (row) =>
      !auditR1cs(
        withoutRows(r1cs, (own) => own === row),
        options,
      ).proved,
  ).length;
  const { refused, tried } = countForgeries(gadget, program, r1cs);
  const { requires } = gadget;
  return [
    gadget.name,
    gadget.parameters + (requires ? `, x in ${requires[0]} … ${requires[1]}` : ''),
    String(r1cs.constraintCount),
    String(r1cs.wireCount - 1 - inputs),
    proved ? 'yes' : 'no',
    proved ? `${caught} of ${rows.length}` : '',
    tried > 0 ? `${refused} of ${tried}` : '',
  ];
}

export function renderGadgets(): string {
  const head = [
    'gadget',
    'parameters',
    'constraints',
    'own wires',
    'audited',
    'deletions refused',
    'forgeries refused',
  ];
  return formatTable(head, GADGETS.map(measureGadget));
}

/** The table of mutants: each one ends in exactly one of the last five columns, and none in the last. */
export function renderMutants(): string {
  return formatTable(['gadget', 'parameters', 'over', 'constraints', 'mutants', ...VERDICTS], tableMutants());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, replaceSection(replaceSection(text, 'gadgets', renderGadgets()), 'mutants', renderMutants()));
}
