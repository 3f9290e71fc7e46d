import type { Knowledge } from './known.js';
import { boundFactor } from './product-ranges.js';
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
  limit: number,
  name: (wire: number) => string,
): Explanation {
  const { system, how } = knowledge;
  const outputs = Array.from({ length: outputCount }, (_, at) => at + 1).filter((wire) => how[wire] === 0);
  const level = outputs.length > 0 ? 'error' : 'warning';
  const findings: Finding[] = [];
  const free: number[] = [];
  const suppose = (wire: number) => {
    knowledge.mark(wire, 'assumed');
    do knowledge.propagate();
    while (applyStructuralRules(knowledge));
  };
  let omitted = 0;
  for (;;) {
    for (const wire of findFreeHints(knowledge)) {
      free.push(wire);
      suppose(wire);
    }
    const row = findSimplestRow(knowledge);
    if (row < 0) break;
    const { wire, code, message } = blame(knowledge, row, outputCount, name);
    if (findings.length >= limit) {
      // Naming further roots one by one would take a pass over the rows each.
      omitted = countUnknown(knowledge);
      break;
    }
    findings.push({ code, level, wire, signal: name(wire), constraint: system.constraint[row], message });
    suppose(wire);
  }
  for (let wire = 1; omitted === 0 && wire < system.wireCount; wire++) {
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
  const list =
    outputs.slice(0, 8).map(name).join(', ') + (outputs.length > 8 ? `, and ${outputs.length - 8} more` : '');
  if (outputs.length > 0) {
    findings.unshift({
      code: 'OUTPUT_UNDETERMINED',
      level: 'error',
      wire: outputs[0],
      signal: name(outputs[0]),
      message: `the inputs do not determine ${outputs.length === 1 ? 'output' : `${outputs.length} outputs:`} ${list}`,
    });
  }
  return { findings, omitted, free };
}

function countUnknown({ system, how }: Knowledge): number {
  let count = 0;
  for (let wire = 1; wire < system.wireCount; wire++) if (how[wire] === 0) count++;
  return count;
}

/** Wires that occur once, as the cofactor of something determined: free exactly where that is 0. */
function findFreeHints({ system, occurrences, how, ranges }: Knowledge): number[] {
  const { rows, products } = occurrences;
  const found: number[] = [];
  for (let wire = 1; wire < system.wireCount; wire++) {
    if (how[wire] !== 0 || rows.start[wire] !== rows.start[wire + 1] || ranges.isTwoValued(wire)) continue;
    if (products.start[wire + 1] - products.start[wire] !== 1) continue;
    const product = products.item[products.start[wire]];
    const [left, right] = [system.left.variable[product], system.right.variable[product]];
    if (left !== right && how[left === wire ? right : left] !== 0) found.push(wire);
  }
  return found;
}

function findSimplestRow({ system, unknown }: Knowledge): number {
  let best = -1;
  for (let row = 0; row < system.rowCount; row++) {
    if (unknown[row] > 0 && (best < 0 || unknown[row] < unknown[best])) best = row;
  }
  return best;
}

function blame(
  knowledge: Knowledge,
  row: number,
  outputCount: number,
  name: (wire: number) => string,
): { wire: number; code: Finding['code']; message: string } {
  const { system, ranges, how, productKnown } = knowledge;
  const open = listOpenWires(knowledge, row);
  const rank = (wire: number) => (wire <= outputCount ? 2 : 0) + (ranges.has(wire) ? 1 : 0);
  const wire = open.reduce((best, own) => (rank(own) < rank(best) ? own : best));
  const others = open.filter((own) => own !== wire);
  const beside =
    others.length === 0
      ? ''
      : ` beside ${others.slice(0, 3).map(name).join(', ')}${others.length > 3 ? `, and ${others.length - 3} more` : ''}`;
  const product = system.product[row];
  if (product >= 0 && !productKnown[product]) {
    const left = how[system.left.variable[product]] !== 0;
    const factors = left ? system.left : system.right;
    const known = how[factors.variable[product]] !== 0;
    const bounds =
      known && ranges.has(factors.variable[product]) ? boundFactor(system, ranges, factors, product) : null;
    const reason = known
      ? `is multiplied by a factor that may be 0${bounds ? ` (it lies in [${bounds[0]}, ${bounds[1]}])` : ''}`
      : 'is multiplied by something that is not determined either';
    return { wire, code: 'WIRE_UNDETERMINED', message: `${name(wire)} ${reason}${beside}` };
  }
  const loose = open.filter((own) => !ranges.has(own));
  if (loose.length > 0) {
    return {
      wire,
      code: 'WIRE_UNDETERMINED',
      message: `${name(wire)} has no range, and the constraint leaves it free${beside}`,
    };
  }
  let span = 0n;
  for (let at = system.start[row]; at < system.start[row + 1]; at++) {
    const variable = system.variable[at];
    if (how[variable] !== 0 || !ranges.has(variable)) continue;
    const [low, high] = ranges.get(variable);
    const factor = system.integers.big[system.integer[at]];
    span += (factor < 0n ? -factor : factor) * (high - low);
  }
  if (span >= system.field.modulus) {
    return {
      wire,
      code: 'FIELD_WRAP',
      message: `${name(wire)}${beside} can add up to a multiple of the field's modulus: their ranges are too wide together`,
    };
  }
  return {
    wire,
    code: 'WIRE_UNDETERMINED',
    message: `the ranges of ${name(wire)} and its neighbours overlap${beside}`,
  };
}

/** The undetermined wires behind a row; a combination stands for the undetermined wires in it. */
function listOpenWires({ system, how }: Knowledge, row: number): number[] {
  const found = new Set<number>();
  const visit = (variable: number): void => {
    if (how[variable] !== 0 || found.has(variable)) return;
    if (variable < system.wireCount) {
      found.add(variable);
      return;
    }
    const definition = system.definition[variable - system.wireCount];
    for (let at = system.start[definition]; at < system.start[definition + 1]; at++) {
      if (system.variable[at] !== variable) visit(system.variable[at]);
    }
  };
  for (let at = system.start[row]; at < system.start[row + 1]; at++) visit(system.variable[at]);
  const product = system.product[row];
  if (product >= 0) {
    visit(system.left.variable[product]);
    visit(system.right.variable[product]);
  }
  return [...found];
}
