import { allocateElements, copyElement, type Elements, type RowSource, setWire } from './elements.js';
import { defineLinear } from './gadgets/linear.js';
import type { Lowering } from './lowering.js';
import { groupRows, sumGroup } from './row-groups.js';

/**
 * The elements with every sum of more than `limit` wires made a wire: one linear constraint each, in a layer of their own.
 * @param wanted only these elements, by index; all by default
 */
export function materialize(
  lowering: Lowering,
  e: Elements,
  label: string,
  limit = 1,
  wanted?: Iterable<number>,
): Elements {
  const todo: number[] = [];
  const seen = new Map<RowSource, Set<number>>();
  for (const i of wanted ?? e.wire.keys()) {
    if (e.wire[i] >= 0 || lowering.termCount(e, i) <= limit) continue;
    const source = e.source[i]!;
    let rows = seen.get(source);
    if (!rows) {
      rows = new Set();
      seen.set(source, rows);
    }
    if (rows.has(e.row[i])) continue;
    rows.add(e.row[i]);
    todo.push(i);
  }
  if (todo.length > 0) placeLinear(lowering, e, todo, label);
  const result = allocateElements(e.count);
  for (let i = 0; i < e.count; i++) {
    const source = e.source[i];
    if (e.wire[i] >= 0 || !source || source.wireOf[e.row[i]] < 0) copyElement(result, i, e, i);
    else {
      setWire(result, i, source.wireOf[e.row[i]], e.min[i], e.max[i]);
      result.offset[i] = source.offsetOf[e.row[i]];
    }
  }
  return result;
}

/** One wire per listed pending element, kept non-negative by leaving the row's minimum out of it. */
function placeLinear(lowering: Lowering, e: Elements, todo: readonly number[], label: string): void {
  lowering.layer('linear', label, () => {
    const offsets = Float64Array.from(todo, (i) => Math.min(e.min[i], 0));
    for (const group of groupRows(lowering, e, todo, (member) => -offsets[member])) {
      const component = lowering.component(`linear ${group.key}`, () => defineLinear(group.rows));
      const wire = lowering.place(component, group.inputs, (j) => {
        const member = group.members[j];
        return [e.min[todo[member]] - offsets[member], e.max[todo[member]] - offsets[member]];
      });
      group.members.forEach((member, j) => {
        const source = e.source[todo[member]]!;
        source.wireOf[e.row[todo[member]]] = wire + j;
        source.offsetOf[e.row[todo[member]]] = offsets[member];
      });
    }
  });
}

/** Gives the listed elements wires of their own where they are scaled, shifted or constant. */
export function makePlain(lowering: Lowering, label: string, elements: Elements, list: readonly number[]): Elements {
  const todo = list.filter((i) => elements.factor[i] !== 1 || elements.offset[i] !== 0);
  if (todo.length === 0) return elements;
  const wire = Int32Array.from(elements.wire);
  const factor = Float64Array.from(elements.factor);
  const offset = Float64Array.from(elements.offset);
  lowering.layer('linear', label, () => {
    for (const i of new Set(todo)) {
      const group = sumGroup(lowering.sumOf(elements, i), 0);
      const component = lowering.component(`linear ${group.key}`, () => defineLinear(group.rows));
      wire[i] = lowering.place(component, group.inputs, () => [elements.min[i], elements.max[i]]);
      factor[i] = 1;
      offset[i] = 0;
    }
  });
  return { ...elements, wire, factor, offset };
}
