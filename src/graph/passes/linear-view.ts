import { sizeOf } from '../../core/tensor.js';
import { InternTable } from '../intern.js';
import type { GatherNode, GraphNode, GraphValue, LinearNode, ValueId } from '../ir.js';
import type { LinearMap } from '../linear-map.js';

/** A linear or gather node, seen as a linear map of its inputs. */
export interface LinearView {
  readonly inputs: readonly ValueId[];
  readonly map: LinearMap;
}

const ONE = Float64Array.of(1);

/** The node as a linear map; undefined where it is of another kind. */
export function viewAsLinear(node: GraphNode): LinearView | undefined {
  if (node.kind === 'linear') return node;
  if (node.kind !== 'gather') return undefined;
  const windows = new InternTable<Int32Array>();
  const rowWindow = node.index.map((i) => windows.add(Int32Array.of(i < 0 ? -1 : i)));
  const bias = Float64Array.from(node.index, (i) => (i < 0 ? node.constants[-1 - i] : 0));
  const map = { windows: windows.items, kernels: [ONE], rowWindow, rowKernel: new Int32Array(rowWindow.length), bias };
  return { inputs: node.inputs, map };
}

/** The node of a view: a gather where every row is one element unchanged or a constant. */
export function nodeOfView(view: LinearView, base: Pick<GraphNode, 'origin' | 'output'>): LinearNode | GatherNode {
  const { map } = view;
  const { origin, output } = base;
  const index = new Int32Array(map.bias.length);
  const constants = new InternTable<Float64Array>();
  for (let row = 0; row < index.length; row++) {
    const window = map.windows[map.rowWindow[row]];
    const kernel = map.kernels[map.rowKernel[row]];
    let source = -1;
    for (let t = 0; t < window.length; t++) {
      if (window[t] < 0) continue;
      if (source >= 0 || kernel[t] !== 1 || map.bias[row] !== 0)
        return { kind: 'linear', inputs: view.inputs, map, origin, output };
      source = window[t];
    }
    index[row] = source >= 0 ? source : -1 - constants.add(Float64Array.of(map.bias[row]));
  }
  const list = Float64Array.from(constants.items, (item) => item[0]);
  return { kind: 'gather', inputs: view.inputs, index, constants: list, origin, output };
}

/** Where each input's elements start in the concatenation, the total last. */
export function offsetsOf(inputs: readonly ValueId[], values: readonly GraphValue[]): number[] {
  const offsets = [0];
  for (const id of inputs) offsets.push(offsets[offsets.length - 1] + sizeOf(values[id].shape));
  return offsets;
}

/** Multiply-accumulates of the composition of `outer` with `inner` at the inputs that equal `value`. */
export function countComposed(
  outer: LinearView,
  value: ValueId,
  inner: LinearView,
  values: readonly GraphValue[],
): number {
  const offsets = offsetsOf(outer.inputs, values);
  const live = inner.map.windows.map((window) => window.reduce((n, i) => n + (i >= 0 ? 1 : 0), 0));
  const cost = new Int32Array(offsets[offsets.length - 1]).fill(1);
  outer.inputs.forEach((id, n) => {
    if (id !== value) return;
    for (let i = offsets[n]; i < offsets[n + 1]; i++) cost[i] = live[inner.map.rowWindow[i - offsets[n]]];
  });
  const perWindow = outer.map.windows.map((window) => window.reduce((sum, i) => sum + (i >= 0 ? cost[i] : 0), 0));
  return outer.map.rowWindow.reduce((sum, window) => sum + perWindow[window], 0);
}

/** One row being composed: positions in the new concatenation (-1 padding) and their weights. */
interface Row {
  readonly window: number[];
  readonly kernel: number[];
  bias: number;
}

/** `outer` with the inputs that equal `value` replaced by what `inner` computes them from. */
export function composeViews(
  outer: LinearView,
  value: ValueId,
  inner: LinearView,
  values: readonly GraphValue[],
): LinearView {
  const inputs = [...new Set(outer.inputs.flatMap((id) => (id === value ? inner.inputs : [id])))];
  const offsets = offsetsOf(inputs, values);
  const placeOf = (ids: readonly ValueId[]) => {
    const own = offsetsOf(ids, values);
    const place = new Int32Array(own[own.length - 1]);
    ids.forEach((id, n) => {
      const base = offsets[inputs.indexOf(id)];
      for (let i = own[n]; i < own[n + 1]; i++) place[i] = base + i - own[n];
    });
    return place;
  };
  const innerPlace = placeOf(inner.inputs);
  const outerOffsets = offsetsOf(outer.inputs, values);
  /** For each element that the outer map reads: the inner row, or -1 - its new place. */
  const source = new Int32Array(outerOffsets[outerOffsets.length - 1]);
  outer.inputs.forEach((id, n) => {
    const base = id === value ? 0 : offsets[inputs.indexOf(id)];
    for (let i = outerOffsets[n]; i < outerOffsets[n + 1]; i++)
      source[i] = id === value ? i - outerOffsets[n] : -1 - (base + i - outerOffsets[n]);
  });
  if (readsOneRowEach(outer, source)) return { inputs, map: relabelRows(outer, inner, source, innerPlace) };
  const composeRow = (row: number): Row => {
    const result: Row = { window: [], kernel: [], bias: outer.map.bias[row] };
    const window = outer.map.windows[outer.map.rowWindow[row]];
    const kernel = outer.map.kernels[outer.map.rowKernel[row]];
    for (let t = 0; t < window.length; t++) {
      const from = window[t] < 0 ? undefined : source[window[t]];
      if (from === undefined || from < 0) {
        result.window.push(from === undefined ? -1 : -1 - from);
        result.kernel.push(kernel[t]);
        continue;
      }
      const innerWindow = inner.map.windows[inner.map.rowWindow[from]];
      const innerKernel = inner.map.kernels[inner.map.rowKernel[from]];
      for (let s = 0; s < innerWindow.length; s++) {
        result.window.push(innerWindow[s] < 0 ? -1 : innerPlace[innerWindow[s]]);
        result.kernel.push(kernel[t] * innerKernel[s]);
      }
      result.bias += kernel[t] * inner.map.bias[from];
    }
    return result;
  };
  return { inputs, map: collectRows(outer.map.rowKernel, composeRow, offsets[offsets.length - 1]) };
}

/** True where every row of the outer map reads one element, and that of the inner map: a scale, a bias, a selection. */
export function readsOneRowEach(outer: LinearView, source: ArrayLike<number>): boolean {
  return outer.map.windows.every((window) => window.length === 1 && window[0] >= 0 && source[window[0]] >= 0);
}

/** The composition where each row is an inner row times a number: windows stay, kernels are scaled once each. */
function relabelRows(outer: LinearView, inner: LinearView, source: Int32Array, innerPlace: Int32Array): LinearMap {
  const rows = outer.map.rowWindow.length;
  const windowAt = new Map<number, number>();
  const kernelAt = new Map<string, number>();
  const windows: Int32Array[] = [];
  const kernels = new InternTable<Float64Array>();
  const rowWindow = new Int32Array(rows);
  const rowKernel = new Int32Array(rows);
  const bias = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const factor = outer.map.kernels[outer.map.rowKernel[row]][0];
    const from = source[outer.map.windows[outer.map.rowWindow[row]][0]];
    const [innerWindow, innerKernel] = [inner.map.rowWindow[from], inner.map.rowKernel[from]];
    if (!windowAt.has(innerWindow)) {
      const window = inner.map.windows[innerWindow];
      windowAt.set(innerWindow, windows.push(window.map((i) => (i < 0 ? -1 : innerPlace[i]))) - 1);
    }
    const key = `${innerKernel}*${factor}`;
    let kernel = kernelAt.get(key);
    if (kernel === undefined) {
      kernel = kernels.add(inner.map.kernels[innerKernel].map((weight) => factor * weight));
      kernelAt.set(key, kernel);
    }
    rowWindow[row] = windowAt.get(innerWindow) as number;
    rowKernel[row] = kernel;
    bias[row] = outer.map.bias[row] + factor * inner.map.bias[from];
  }
  return { windows, kernels: kernels.items, rowWindow, rowKernel, bias };
}

/**
 * Interns the rows. Rows without padding come first, so that a row at a border can share the kernel of an inner row with
 * which it agrees wherever it is not padding.
 */
function collectRows(outerKernel: Int32Array, composeRow: (row: number) => Row, width: number): LinearMap {
  const rows = outerKernel.length;
  const windows = new InternTable<Int32Array>();
  const kernels = new InternTable<Float64Array>();
  const rowWindow = new Int32Array(rows);
  const rowKernel = new Int32Array(rows);
  const bias = new Float64Array(rows);
  const seen = new Int32Array(width);
  const fullKernel = new Map<number, number>();
  const padded: number[] = [];
  let stamp = 0;
  const store = (row: number, composed: Row, share: boolean) => {
    const window = Int32Array.from(composed.window);
    const known = share ? fullKernel.get(outerKernel[row]) : undefined;
    const fits = known !== undefined && agrees(kernels.items[known], composed);
    rowWindow[row] = windows.add(window);
    rowKernel[row] = fits ? (known as number) : kernels.add(Float64Array.from(composed.kernel));
    bias[row] = composed.bias;
  };
  for (let row = 0; row < rows; row++) {
    const composed = mergeRepeated(composeRow(row), seen, ++stamp);
    if (composed.window.includes(-1)) padded.push(row);
    else {
      store(row, composed, false);
      if (!fullKernel.has(outerKernel[row])) fullKernel.set(outerKernel[row], rowKernel[row]);
    }
  }
  for (const row of padded) store(row, mergeRepeated(composeRow(row), seen, ++stamp), true);
  return { windows: windows.items, kernels: kernels.items, rowWindow, rowKernel, bias };
}

function agrees(kernel: Float64Array, row: Row): boolean {
  return kernel.length === row.kernel.length && row.window.every((i, t) => i < 0 || kernel[t] === row.kernel[t]);
}

/** Adds up the weights of elements that a row reads twice; such a row also loses its padding. */
function mergeRepeated(row: Row, seen: Int32Array, stamp: number): Row {
  let repeated = false;
  for (const i of row.window) {
    if (i < 0) continue;
    if (seen[i] === stamp) repeated = true;
    seen[i] = stamp;
  }
  if (!repeated) return row;
  const sums = new Map<number, number>();
  row.window.forEach((i, t) => {
    if (i >= 0) sums.set(i, (sums.get(i) ?? 0) + row.kernel[t]);
  });
  return { window: [...sums.keys()], kernel: [...sums.values()], bias: row.bias };
}
