import { sizeOf } from '../core/tensor.js';
import type { ConstOperand, Operand, ValueOperand } from './builder.js';
import { InternTable } from './intern.js';
import type { LinearMap } from './linear-map.js';

/** Where each element of a concatenation of operands comes from, once its constants are taken out. */
export interface Layout {
  readonly dynamic: readonly ValueOperand[];
  /** For each element: its position among the dynamic elements, or -1 where it is a constant. */
  readonly position: Int32Array;
  /** For each element: its value where it is a constant. */
  readonly value: Float64Array;
}

/** Splits the concatenation of `inputs` into dynamic elements and constants. */
export function layOut(inputs: readonly Operand[]): Layout {
  const total = inputs.reduce((n, operand) => n + sizeOf(operand.shape), 0);
  const position = new Int32Array(total).fill(-1);
  const value = new Float64Array(total);
  const dynamic: ValueOperand[] = [];
  let at = 0;
  let live = 0;
  for (const operand of inputs) {
    const size = sizeOf(operand.shape);
    if (operand.kind === 'const') value.set(operand.data, at);
    else {
      dynamic.push(operand);
      for (let i = 0; i < size; i++) position[at + i] = live++;
    }
    at += size;
  }
  return { dynamic, position, value };
}

export function isConst(operand: Operand): operand is ConstOperand {
  return operand.kind === 'const';
}

/** The same linear map with the constants among its inputs added to the bias. */
export function absorbIntoBias(map: LinearMap, layout: Layout): LinearMap {
  const windows = map.windows.map((window) => window.map((i) => (i < 0 ? -1 : layout.position[i])));
  const bias = Float64Array.from(map.bias);
  for (let row = 0; row < bias.length; row++) {
    const window = map.windows[map.rowWindow[row]];
    const kernel = map.kernels[map.rowKernel[row]];
    for (let t = 0; t < window.length; t++)
      if (window[t] >= 0 && layout.position[window[t]] < 0) bias[row] += kernel[t] * layout.value[window[t]];
  }
  return dropColumns({ ...map, windows, bias });
}

/** Leaves out the positions at which every window reads nothing, where all windows are equally long. */
function dropColumns(map: LinearMap): LinearMap {
  const length = map.windows[0]?.length ?? 0;
  if (map.windows.some((window) => window.length !== length)) return map;
  const live = Array.from({ length }, (_, t) => map.windows.some((window) => window[t] >= 0));
  if (live.every((kept) => kept)) return map;
  return {
    ...map,
    windows: map.windows.map((window) => window.filter((_, t) => live[t])),
    kernels: map.kernels.map((kernel) => kernel.filter((_, t) => live[t])),
  };
}

/** The same gather with the constants among its inputs moved into its own list. */
export function absorbIntoConstants(
  index: Int32Array,
  constants: Float64Array,
  layout: Layout,
): { index: Int32Array; constants: Float64Array } {
  const list = Array.from(constants);
  const slots = new Map<number, number>();
  const moved = index.map((i) => {
    if (i < 0 || layout.position[i] >= 0) return i < 0 ? i : layout.position[i];
    let slot = slots.get(layout.value[i]);
    if (slot === undefined) {
      slot = list.push(layout.value[i]) - 1;
      slots.set(layout.value[i], slot);
    }
    return -1 - slot;
  });
  return { index: moved, constants: Float64Array.from(list) };
}

/** Sums of products with one constant side, as a linear map of the other side. */
export function bilinearAsLinear(
  terms: { start: Int32Array; left: Int32Array; right: Int32Array },
  constantSide: 'left' | 'right',
  constants: Float64Array,
): LinearMap {
  const dynamicIndex = constantSide === 'left' ? terms.right : terms.left;
  const constantIndex = constantSide === 'left' ? terms.left : terms.right;
  const rows = terms.start.length - 1;
  const windows = new InternTable<Int32Array>();
  const kernels = new InternTable<Float64Array>();
  const rowWindow = new Int32Array(rows);
  const rowKernel = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [terms.start[row], terms.start[row + 1]];
    rowWindow[row] = windows.add(dynamicIndex.slice(from, to));
    rowKernel[row] = kernels.add(Float64Array.from(constantIndex.subarray(from, to), (i) => constants[i]));
  }
  return { windows: windows.items, kernels: kernels.items, rowWindow, rowKernel, bias: new Float64Array(rows) };
}
