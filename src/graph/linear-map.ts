/**
 * A linear map in windowed form: `y[r] = bias[r] + Σ_t kernels[rowKernel[r]][t] · x[windows[rowWindow[r]][t]]`.
 *
 * `x` is the concatenation of the node's inputs, each row-major. A window index of -1 reads 0 (padding). Dense layers have one
 * window and a kernel per neuron; convolutions a window per position and a kernel per output channel; a sum of two tensors has
 * a window of two per element and one kernel `[1, 1]`. Every linear operator of ONNX is one of these, and so is every
 * composition of them, with the sharing of weights kept visible.
 */
export interface LinearMap {
  readonly windows: readonly Int32Array[];
  /** Real weights in the float graph, integers in the integer graph. */
  readonly kernels: readonly Float64Array[];
  readonly rowWindow: Int32Array;
  readonly rowKernel: Int32Array;
  readonly bias: Float64Array;
}

/** Applies the map to `x`. Shapes: x `[inputs]`, result `[rows]`. */
export function applyLinear(map: LinearMap, x: ArrayLike<number>): Float64Array {
  const rows = map.rowWindow.length;
  const y = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const window = map.windows[map.rowWindow[row]];
    const kernel = map.kernels[map.rowKernel[row]];
    let sum = map.bias[row];
    for (let t = 0; t < window.length; t++) if (window[t] >= 0) sum += kernel[t] * x[window[t]];
    y[row] = sum;
  }
  return y;
}

/** Multiply-accumulates of one application, padding left out. */
export function countMacs(map: LinearMap): number {
  const live = map.windows.map((window) => window.reduce((n, index) => n + (index >= 0 ? 1 : 0), 0));
  return map.rowWindow.reduce((n, window) => n + live[window], 0);
}

/** The same map without the window positions that read padding in every window of their length: constants that were absorbed. */
export function dropDeadPositions(map: LinearMap): LinearMap {
  const liveByLength = new Map<number, Uint8Array>();
  for (const window of map.windows) {
    const live = liveByLength.get(window.length) ?? new Uint8Array(window.length);
    for (let t = 0; t < window.length; t++) if (window[t] >= 0) live[t] = 1;
    liveByLength.set(window.length, live);
  }
  if ([...liveByLength.values()].every((live) => !live.includes(0))) return map;
  const keep = <T extends Int32Array | Float64Array>(array: T): T => {
    const live = liveByLength.get(array.length);
    return (live ? array.filter((_: number, t: number) => live[t] === 1) : array) as T;
  };
  return { ...map, windows: map.windows.map(keep), kernels: map.kernels.map(keep) };
}
