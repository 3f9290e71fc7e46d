import { bitLength } from '../../core/range.js';
import type { LinearMap } from '../../graph/linear-map.js';
import type { QuantGraph, QuantNode, QuantValueId } from '../../quantize/ir.js';
import { DIGITS_BITS } from '../gadgets/digits.js';

/** Kernels that read the same windows, as many as fit into one field element side by side. */
export interface KernelGroup {
  /** Indices into the map's kernels; kernel k has the bits from `slotBits · k` up. */
  readonly kernels: readonly number[];
  readonly windows: readonly number[];
  /** The row of each kernel (inner) at each window (outer). */
  readonly rows: readonly (readonly number[])[];
  /** Entries of a window that some window of the group does not fill with padding: those have weights. */
  readonly positions: readonly number[];
}

/** A linear node with private weights, as its circuit sees it: shapes and widths, no weight. */
export interface PrivateLayer {
  /** Index into the graph's nodes. */
  readonly node: number;
  readonly map: LinearMap;
  readonly label: string;
  /** Bits that an accumulator takes in a packed element. */
  readonly slotBits: number;
  /** Bounds of an accumulator, which the circuit holds it to: 2^slotBits integers, some of them lost to rounding. */
  readonly slotMin: number;
  readonly slotMax: number;
  /** Whether a requantization behind it holds the accumulators to their range; else they get range checks. */
  readonly isHeld: boolean;
  readonly groups: readonly KernelGroup[];
}

/** Whether a linear node only adds (pooling, a skip connection, an offset): then it has no weights. */
export function isPlainSum(map: LinearMap): boolean {
  return map.kernels.every((kernel) => kernel.every((weight) => weight === 1));
}

/** The one node that reads a value; undefined where there are several, or where the value leaves the model. */
export function soleReader(graph: Pick<QuantGraph, 'nodes' | 'outputs'>, id: QuantValueId): QuantNode | undefined {
  const readers = graph.nodes.filter((node) => node.inputs.some((input) => input === id));
  return readers.length === 1 && graph.outputs.every(({ value }) => value !== id) ? readers[0] : undefined;
}

/** The layers of an architecture whose weights are private, in node order. */
export function findPrivateLayers(architecture: QuantGraph): PrivateLayer[] {
  return architecture.nodes.flatMap((node, at): PrivateLayer[] => {
    if (node.kind !== 'linear' || isPlainSum(node.map)) return [];
    const { min, max } = architecture.values[node.output];
    const slotMin = min[0];
    const slotBits = slotMin < 0 ? bitLength(-slotMin - 1) + 1 : bitLength(max[0]);
    const reader = soleReader(architecture, node.output)?.kind;
    const isHeld = reader === 'requantize' || reader === 'relu';
    const groups = groupKernels(node.map, Math.max(1, Math.floor(DIGITS_BITS / slotBits)));
    return [{ node: at, map: node.map, label: node.layer, slotBits, slotMin, slotMax: max[0], isHeld, groups }];
  });
}

/** Field elements that the weights of these layers take: one for each position of a group, and one for its biases. */
export function countPacks(layers: readonly PrivateLayer[]): number {
  return layers.reduce(
    (sum, { groups }) => sum + groups.reduce((inner, { positions }) => inner + positions.length + 1, 0),
    0,
  );
}

function groupKernels(map: LinearMap, perGroup: number): KernelGroup[] {
  const rowsOf = map.kernels.map(() => [] as number[]);
  map.rowKernel.forEach((kernel, row) => {
    rowsOf[kernel].push(row);
  });
  const alike = new Map<string, number[]>();
  rowsOf.forEach((rows, kernel) => {
    if (rows.length === 0) return;
    const key = rows.map((row) => map.rowWindow[row]).join();
    alike.set(key, [...(alike.get(key) ?? []), kernel]);
  });
  const groups: KernelGroup[] = [];
  for (const kernels of alike.values()) {
    const windows = rowsOf[kernels[0]].map((row) => map.rowWindow[row]);
    const length = map.windows[windows[0]].length;
    const isLive = (t: number) => windows.some((window) => map.windows[window][t] >= 0);
    const positions = Array.from({ length }, (_, t) => t).filter(isLive);
    for (let at = 0; at < kernels.length; at += perGroup) {
      const part = kernels.slice(at, at + perGroup);
      groups.push({ kernels: part, windows, rows: windows.map((_, w) => part.map((k) => rowsOf[k][w])), positions });
    }
  }
  return groups;
}
