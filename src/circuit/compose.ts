import type { LinearMap } from '../graph/linear-map.js';
import { concatElements, type Elements, type MapSource } from './elements.js';
import { INLINE_LAYER_TERMS, INLINE_TERMS } from './limits.js';

/** Terms that saving one linear constraint may cost. */
const TERMS_PER_CONSTRAINT = 1000;

/** A linear map and the atoms it reads. */
export interface ComposedMap {
  readonly map: LinearMap;
  readonly x: Elements;
}

/**
 * Writes a map over pending rows of one other map (a convolution over pooling sums) as one map over that map's atoms, with its
 * windows and kernels still shared. Null where it would not pay: fewer sums that need no wire than rows that become too long to
 * stand inside gadgets, too many terms for what it saves, or wires that a window would read twice.
 */
export function composeMaps(outer: LinearMap, x: Elements): ComposedMap | null {
  const inner = findSource(x);
  if (!inner || !isWorthwhile(outer, x, inner)) return null;
  const atoms = concatElements([inner.x, x]);
  const shapes = new Map<string, number>();
  const shapeOf: number[] = [];
  const windows: Int32Array[] = [];
  for (const window of outer.windows) {
    const { indices, shape } = expandWindow(window, x, inner);
    if (new Set(indices).size < indices.length) return null;
    windows.push(Int32Array.from(indices));
    let id = shapes.get(shape);
    if (id === undefined) {
      id = shapes.size;
      shapes.set(shape, id);
    }
    shapeOf.push(id);
  }
  const kernels: Float64Array[] = [];
  const kernelIds = new Map<number, number>();
  const rowKernel = new Int32Array(outer.rowKernel.length);
  const bias = Float64Array.from(outer.bias);
  for (let r = 0; r < rowKernel.length; r++) {
    const window = outer.windows[outer.rowWindow[r]];
    const kernel = outer.kernels[outer.rowKernel[r]];
    const key = outer.rowKernel[r] * shapes.size + shapeOf[outer.rowWindow[r]];
    let id = kernelIds.get(key);
    if (id === undefined) {
      id = kernels.length;
      kernelIds.set(key, id);
      kernels.push(expandKernel(kernel, window, x, inner));
    }
    rowKernel[r] = id;
    for (let t = 0; t < window.length; t++)
      if (isRow(x, window[t], inner)) bias[r] += kernel[t] * inner.map.bias[x.row[window[t]]];
  }
  return { map: { windows, kernels, rowWindow: outer.rowWindow, rowKernel, bias }, x: atoms };
}

/** The one map that all pending elements are rows of. */
function findSource(x: Elements): MapSource | null {
  let found: MapSource | null = null;
  for (let i = 0; i < x.count; i++) {
    const source = x.source[i];
    if (x.wire[i] >= 0 || !source) continue;
    if (source.kind !== 'map' || source.wireOf[x.row[i]] >= 0 || (found && found !== source)) return null;
    found = source;
  }
  return found;
}

function isRow(x: Elements, i: number, inner: MapSource): boolean {
  return i >= 0 && x.wire[i] < 0 && x.source[i] === inner;
}

function isWorthwhile(outer: LinearMap, x: Elements, inner: MapSource): boolean {
  const lengths = outer.windows.map((window) => {
    let terms = 0;
    for (const i of window)
      if (i >= 0) terms += isRow(x, i, inner) ? inner.map.windows[inner.map.rowWindow[x.row[i]]].length : 1;
    return terms;
  });
  let saved = 0;
  for (let i = 0; i < x.count; i++) if (isRow(x, i, inner)) saved++;
  let [inlined, total] = [0, 0];
  for (const window of outer.rowWindow) {
    total += lengths[window];
    if (lengths[window] <= INLINE_TERMS) inlined += lengths[window];
    else if (outer.windows[window].length <= INLINE_TERMS) saved--;
  }
  return inlined <= INLINE_LAYER_TERMS && total <= saved * TERMS_PER_CONSTRAINT;
}

/** Indices into the inner atoms followed by x; the shape says which inner kernel stands at each place. */
function expandWindow(window: Int32Array, x: Elements, inner: MapSource): { indices: number[]; shape: string } {
  const indices: number[] = [];
  const shape: (number | string)[] = [];
  for (const i of window) {
    if (i < 0) shape.push('-');
    else if (!isRow(x, i, inner)) {
      shape.push('x');
      indices.push(inner.x.count + i);
    } else {
      const { map } = inner;
      const live = map.windows[map.rowWindow[x.row[i]]];
      shape.push(map.rowKernel[x.row[i]]);
      for (let u = 0; u < live.length; u++) {
        if (live[u] >= 0) indices.push(live[u]);
        else shape.push(`!${u}`);
      }
    }
  }
  return { indices, shape: shape.join() };
}

function expandKernel(kernel: Float64Array, window: Int32Array, x: Elements, inner: MapSource): Float64Array {
  const weights: number[] = [];
  for (let t = 0; t < window.length; t++) {
    const i = window[t];
    if (i < 0) continue;
    if (!isRow(x, i, inner)) weights.push(kernel[t]);
    else {
      const { map } = inner;
      const live = map.windows[map.rowWindow[x.row[i]]];
      const own = map.kernels[map.rowKernel[x.row[i]]];
      for (let u = 0; u < live.length; u++) if (live[u] >= 0) weights.push(kernel[t] * own[u]);
    }
  }
  return Float64Array.from(weights);
}
