import { blame } from './blame.js';
import { findFreeWires } from './free-wires.js';
import type { Knowledge } from './known.js';
import type { Finding } from './report.js';
import { applyStructuralRules } from './structural-rules.js';

interface Explanation {
  readonly findings: readonly Finding[];
  readonly omitted: number;
  /** Hints that are free only where nothing depends on them. */
  readonly free: readonly number[];
}

/**
 * Names the wires from which indeterminacy spreads: takes the simplest unsettled row, blames one of its wires, supposes
 * that wire known, propagates, and goes on until everything follows. Uses the knowledge up.
 */
export function explainUndetermined(
  knowledge: Knowledge,
  outputCount: number,
  inputs: readonly number[],
  limit: number,
  name: (wire: number) => string,
): Explanation {
  const { system, how } = knowledge;
  const outputs = Array.from({ length: outputCount }, (_, at) => at + 1).filter((wire) => how[wire] === 0);
  const open = inputs.filter((wire) => how[wire] === 0);
  const level = outputs.length + open.length > 0 ? 'error' : 'warning';
  const findings: Finding[] = [];
  const free: number[] = [];
  const suppose = (wires: readonly number[]) => {
    for (const wire of wires) knowledge.mark(wire, 'assumed');
    do knowledge.propagate();
    while (applyStructuralRules(knowledge));
  };
  let omitted = 0;
  for (;;) {
    const harmless = findFreeWires(knowledge, 1 + outputCount + inputs.length);
    if (harmless.length > 0) suppose(harmless);
    for (const wire of harmless) free.push(wire);
    const row = findSimplestRow(knowledge, outputCount);
    if (row < 0) break;
    const { wire, code, message } = blame(knowledge, row, outputCount, name);
    if (findings.length >= limit) {
      // Naming further roots one by one would take a pass over the rows each.
      omitted = countUnknown(knowledge);
      break;
    }
    findings.push({ code, level, wire, signal: name(wire), constraint: system.constraint[row], message });
    suppose([wire]);
  }
  const isCut = omitted > 0;
  for (let wire = 1; !isCut && wire < system.wireCount; wire++) {
    if (how[wire] !== 0) continue;
    const message = system.mentioned[wire]
      ? `${name(wire)} occurs only in constraints that leave it free to choose`
      : `${name(wire)} occurs in no constraint`;
    if (findings.length < limit) {
      const isOutput = wire <= outputCount;
      findings.push({
        code: 'WIRE_UNDETERMINED',
        level: isOutput ? 'error' : level,
        wire,
        signal: name(wire),
        message,
      });
    } else omitted++;
  }
  if (open.length > 0) findings.unshift(describeOpen('INPUT_UNDETERMINED', open, name));
  if (outputs.length > 0) findings.unshift(describeOpen('OUTPUT_UNDETERMINED', outputs, name));
  return { findings, omitted, free };
}

function describeOpen(
  code: 'INPUT_UNDETERMINED' | 'OUTPUT_UNDETERMINED',
  wires: readonly number[],
  name: (wire: number) => string,
): Finding {
  const [kind, by] = code === 'OUTPUT_UNDETERMINED' ? ['output', 'inputs'] : ['input', 'public signals'];
  const list = wires.slice(0, 8).map(name).join(', ') + (wires.length > 8 ? `, and ${wires.length - 8} more` : '');
  return {
    code,
    level: 'error',
    wire: wires[0],
    signal: name(wires[0]),
    message: `the ${by} do not determine ${wires.length === 1 ? kind : `${wires.length} ${kind}s:`} ${list}`,
  };
}

function countUnknown({ system, how }: Knowledge): number {
  let count = 0;
  for (let wire = 1; wire < system.wireCount; wire++) if (how[wire] === 0) count++;
  return count;
}

/** The unsettled row with the fewest undetermined variables; rows with an undetermined output only when there is no other. */
function findSimplestRow({ system, occurrences, how, unknown }: Knowledge, outputCount: number): number {
  const { rows } = occurrences;
  const last = new Set<number>();
  for (let wire = 1; wire <= outputCount; wire++) {
    if (how[wire] !== 0) continue;
    for (let at = rows.start[wire]; at < rows.start[wire + 1]; at++) last.add(rows.item[at]);
  }
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < system.rowCount; row++) {
    if (unknown[row] === 0 || unknown[row] >= least) continue;
    const count = unknown[row] + (last.has(row) ? system.variableCount : 0);
    if (count < least) [best, least] = [row, count];
  }
  return best;
}
