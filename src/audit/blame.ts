import type { Knowledge } from './known.js';
import { boundFactor } from './product-ranges.js';
import type { Finding } from './report.js';

/** Picks the wire of an unsettled row that most likely lacks a constraint, and says what is missing. */
export function blame(
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
  if (2n * span >= system.field.modulus) {
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
