import type { LinearMap } from '../graph/linear-map.js';
import type { Wire } from './constraints.js';

/**
 * The integer elements of one value during lowering. An element is either an atom, `factor · wire + offset` (a constant
 * where the factor is 0), or, with wire -1, a row of a pending source: a sum that has no wire of its own yet.
 */
export interface Elements {
  readonly count: number;
  readonly wire: Int32Array;
  readonly factor: Float64Array;
  readonly offset: Float64Array;
  readonly source: (RowSource | null)[];
  readonly row: Int32Array;
  /** Bounds over all inputs in their declared ranges, derived while lowering. */
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** Sums of wires that may stay unmaterialized. */
export type RowSource = MapSource | ListSource;

/** Rows of a linear map over atoms. */
export interface MapSource {
  readonly kind: 'map';
  readonly id: number;
  readonly map: LinearMap;
  /** Atoms only. */
  readonly x: Elements;
  /** Wire (and the offset kept out of it) of each row that was materialized, else wire -1. */
  readonly wireOf: Int32Array;
  readonly offsetOf: Float64Array;
  /** Per window: its live atoms are distinct plain wires (1), are not (0), not looked at yet (-1). */
  readonly plain: Int8Array;
}

/** Sparse rows over wires. */
export interface ListSource {
  readonly kind: 'list';
  readonly rows: SparseRow[];
  readonly wireOf: number[];
  readonly offsetOf: number[];
}

export interface SparseRow {
  readonly wires: readonly Wire[];
  readonly coefficients: readonly number[];
  readonly constant: number;
}

export function allocateElements(count: number): Elements {
  return {
    count,
    wire: new Int32Array(count),
    factor: new Float64Array(count),
    offset: new Float64Array(count),
    source: new Array<RowSource | null>(count).fill(null),
    row: new Int32Array(count),
    min: new Float64Array(count),
    max: new Float64Array(count),
  };
}

export function setConstant(to: Elements, i: number, value: number): void {
  to.wire[i] = 0;
  to.factor[i] = 0;
  to.offset[i] = value;
  to.source[i] = null;
  to.min[i] = value;
  to.max[i] = value;
}

export function setWire(to: Elements, i: number, wire: Wire, min: number, max: number): void {
  to.wire[i] = wire;
  to.factor[i] = 1;
  to.offset[i] = 0;
  to.source[i] = null;
  to.min[i] = min;
  to.max[i] = max;
}

export function setRow(to: Elements, i: number, source: RowSource, row: number, min: number, max: number): void {
  to.wire[i] = -1;
  to.source[i] = source;
  to.row[i] = row;
  to.min[i] = min;
  to.max[i] = max;
}

export function copyElement(to: Elements, i: number, from: Elements, j: number): void {
  to.wire[i] = from.wire[j];
  to.factor[i] = from.factor[j];
  to.offset[i] = from.offset[j];
  to.source[i] = from.source[j];
  to.row[i] = from.row[j];
  to.min[i] = from.min[j];
  to.max[i] = from.max[j];
}

export function concatElements(parts: readonly Elements[]): Elements {
  if (parts.length === 1) return parts[0];
  const joined = allocateElements(parts.reduce((sum, part) => sum + part.count, 0));
  let at = 0;
  for (const part of parts) for (let j = 0; j < part.count; j++) copyElement(joined, at++, part, j);
  return joined;
}
