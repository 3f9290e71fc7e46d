import type { Wire } from './constraints.js';
import type { Elements, MapSource } from './elements.js';
import type { AffineRows } from './gadgets/affine.js';
import { COMPONENT_WEIGHTS } from './limits.js';
import type { Lowering } from './lowering.js';
import { type Sum, toSparseRow } from './sums.js';

/** Rows that share their inputs, with the positions (in the caller's list) they belong to. */
export interface RowGroup {
  readonly inputs: Int32Array;
  readonly rows: AffineRows;
  readonly members: readonly number[];
  /** Equal for groups whose kernels, biases and inputs' count are equal. */
  readonly key: string;
}

/**
 * Groups elements by the window they read, so that one component serves all rows over it.
 * @param list elements of `e`, by index
 * @param shift a constant added to the row of a member (its position in the list)
 */
export function groupRows(
  lowering: Lowering,
  e: Elements,
  list: readonly number[],
  shift: (member: number) => number = () => 0,
): RowGroup[] {
  const windows = new Map<MapSource, Map<number, number[]>>();
  const groups: RowGroup[] = [];
  list.forEach((i, member) => {
    const source = e.source[i];
    if (e.wire[i] < 0 && source?.kind === 'map' && source.wireOf[e.row[i]] < 0 && isPlain(source, e.row[i])) {
      let byWindow = windows.get(source);
      if (!byWindow) {
        byWindow = new Map();
        windows.set(source, byWindow);
      }
      const window = source.map.rowWindow[e.row[i]];
      const members = byWindow.get(window);
      if (members) members.push(member);
      else byWindow.set(window, [member]);
    } else groups.push(sumGroup(lowering.sumOf(e, i), member, shift(member)));
  });
  for (const [source, byWindow] of windows)
    for (const [window, members] of byWindow)
      groups.push(...windowGroups(lowering, source, window, members, (member) => e.row[list[member]], shift));
  return groups;
}

/** A group of one row given as a sum. */
export function sumGroup(sum: Sum, member: number, shift = 0): RowGroup {
  const { wires, coefficients, constant } = toSparseRow(sum);
  const bias = Float64Array.of(constant + shift);
  const rows = { inputs: wires.length, kernels: [Float64Array.from(coefficients)], bias };
  return { inputs: Int32Array.from(wires), rows, members: [member], key: `=${coefficients.join()}|${bias[0]}` };
}

/** Rows of a map over one of its windows, in groups that one component can carry. */
function windowGroups(
  lowering: Lowering,
  source: MapSource,
  window: number,
  members: readonly number[],
  rowOf: (member: number) => number,
  shift: (member: number) => number,
): RowGroup[] {
  const { map, x } = source;
  const indices = map.windows[window];
  const live = indices.every((index) => index >= 0) ? null : indices.map((_, t) => t).filter((t) => indices[t] >= 0);
  const inputs = live ? Int32Array.from(live, (t) => x.wire[indices[t]]) : indices.map((index) => x.wire[index]);
  const perGroup = Math.max(1, Math.floor(COMPONENT_WEIGHTS / Math.max(inputs.length, 1)));
  const mask = live ? live.join() : indices.length;
  const groups: RowGroup[] = [];
  for (let at = 0; at < members.length; at += perGroup) {
    const part = members.slice(at, at + perGroup);
    const whole = part.map((member) => map.kernels[map.rowKernel[rowOf(member)]]);
    const kernels = live ? whole.map((kernel) => Float64Array.from(live, (t) => kernel[t])) : whole;
    const bias = Float64Array.from(part, (member) => map.bias[rowOf(member)] + shift(member));
    groups.push({
      inputs,
      members: part,
      rows: { inputs: inputs.length, kernels, bias },
      key: `${whole.map((kernel) => lowering.idOf(kernel)).join()}|${mask}|${bias.join()}`,
    });
  }
  return groups;
}

/** Whether a row's window reads distinct wires as they are. */
function isPlain(source: MapSource, row: number): boolean {
  const window = source.map.rowWindow[row];
  if (source.plain[window] < 0) {
    const { x } = source;
    const wires = new Set<Wire>();
    let plain = 1;
    for (const i of source.map.windows[window]) {
      if (i < 0) continue;
      if (x.wire[i] <= 0 || x.factor[i] !== 1 || x.offset[i] !== 0 || wires.has(x.wire[i])) {
        plain = 0;
        break;
      }
      wires.add(x.wire[i]);
    }
    source.plain[window] = plain;
  }
  return source.plain[window] === 1;
}
