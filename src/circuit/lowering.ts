import type { LinearMap } from '../graph/linear-map.js';
import type { Component } from './component.js';
import type { Wire } from './constraints.js';
import {
  allocateElements,
  type Elements,
  type ListSource,
  type MapSource,
  setConstant,
  setRow,
  setWire,
} from './elements.js';
import type { Block, ProgramLayer } from './program.js';
import { addTerm, type Sum, toSparseRow } from './sums.js';

/** The circuit under construction: wires and their ranges, layers, and shared components. */
export class Lowering {
  readonly layers: ProgramLayer[] = [];
  wireCount: number;
  constraintCount = 0;
  /** Bounds of each wire. */
  private wireMin = new Float64Array(1 << 12);
  private wireMax = new Float64Array(1 << 12);
  private readonly components = new Map<string, Component>();
  private readonly objectIds = new Map<object, number>();
  private mapCount = 0;
  /** The open layer's blocks by level: those of one level read earlier levels only. */
  private levels: Block[][] | null = null;
  private layerFrom: Wire = 0;
  private readonly levelOf = new Map<Wire, number>();

  constructor(firstWire: Wire) {
    this.wireCount = firstWire;
    this.setRange(0, 1, 1);
  }

  setRange(wire: Wire, min: number, max: number): void {
    if (wire >= this.wireMin.length) {
      const size = Math.max(wire + 1, this.wireMin.length * 2);
      this.wireMin = grow(this.wireMin, size);
      this.wireMax = grow(this.wireMax, size);
    }
    this.wireMin[wire] = min;
    this.wireMax[wire] = max;
  }

  /** Opens a layer and lets `fill` add its blocks; blocks that read others of it form layers of their own behind it. */
  layer(kind: string, label: string, fill: () => void): void {
    if (this.levels) throw new Error('internal: a layer inside a layer');
    const levels: Block[][] = [];
    this.levels = levels;
    this.layerFrom = this.wireCount;
    this.levelOf.clear();
    fill();
    this.levels = null;
    for (const blocks of levels) this.layers.push({ name: `layer_${this.layers.length}_${kind}`, label, kind, blocks });
  }

  /** A component shared by equal keys. */
  component(key: string, define: () => Component): Component {
    let component = this.components.get(key);
    if (!component) {
      component = define();
      this.components.set(key, component);
    }
    return component;
  }

  /** Takes consecutive wires for outputs that are placed one by one. */
  reserve(count: number): Wire {
    const first = this.wireCount;
    this.wireCount += count;
    return first;
  }

  /** Adds a block to the open layer; `ranges` bound its outputs. Returns the first output's wire. */
  place(
    component: Component,
    inputs: Int32Array,
    ranges: (output: number) => readonly [number, number],
    at?: Wire,
  ): Wire {
    if (!this.levels) throw new Error('internal: a block outside a layer');
    const outputsAt = at ?? this.wireCount;
    if (at === undefined) this.wireCount += component.outputs;
    const hintsAt = this.wireCount;
    this.wireCount += component.ownWires - component.outputs;
    for (let j = 0; j < component.outputs; j++) this.setRange(outputsAt + j, ...ranges(j));
    this.addBlock({ component, inputs, outputsAt, hintsAt });
    this.constraintCount += component.constraints;
    return outputsAt;
  }

  private addBlock(block: Block): void {
    const levels = this.levels!;
    let level = 0;
    for (const wire of block.inputs)
      if (wire >= this.layerFrom) level = Math.max(level, (this.levelOf.get(wire) ?? -1) + 1);
    for (let j = 0; j < block.component.outputs; j++) this.levelOf.set(block.outputsAt + j, level);
    if (level === levels.length) levels.push([]);
    levels[level].push(block);
  }

  /**
   * A linear map as pending rows; one-term rows stay atoms. Rows marked in `composed` may read pending elements: they are
   * written out over the wires; all other rows read atoms only.
   */
  mapRows(map: LinearMap, x: Elements, composed?: Uint8Array): Elements {
    const rows = map.rowWindow.length;
    const result = allocateElements(rows);
    const source: MapSource = {
      kind: 'map',
      id: this.mapCount++,
      map,
      x,
      wireOf: new Int32Array(rows).fill(-1),
      offsetOf: new Float64Array(rows),
      plain: new Int8Array(map.windows.length).fill(-1),
    };
    const sums = this.listSource();
    for (let r = 0; r < rows; r++) {
      const window = map.windows[map.rowWindow[r]];
      const kernel = map.kernels[map.rowKernel[r]];
      let min = map.bias[r];
      let max = min;
      let terms = 0;
      let only = -1;
      for (let t = 0; t < window.length; t++) {
        const i = window[t];
        const weight = kernel[t];
        if (i < 0 || weight === 0) continue;
        if (weight > 0) {
          min += weight * x.min[i];
          max += weight * x.max[i];
        } else {
          min += weight * x.max[i];
          max += weight * x.min[i];
        }
        if (x.wire[i] < 0 || x.factor[i] !== 0) {
          terms++;
          only = t;
        }
      }
      if (composed?.[r] === 1) {
        const sum: Sum = new Map();
        addTerm(sum, 0, map.bias[r]);
        for (let t = 0; t < window.length; t++) if (window[t] >= 0) this.addTo(sum, x, window[t], kernel[t]);
        const [low, high] = this.boundsOf(sum);
        this.setSum(result, r, sum, sums, Math.max(min, low), Math.min(max, high));
      } else if (terms <= 1) this.setShortRow(result, r, source, only, min, max);
      else setRow(result, r, source, r, min, max);
    }
    return result;
  }

  /** A row of at most one wire: an atom or a constant. */
  private setShortRow(to: Elements, r: number, source: MapSource, only: number, min: number, max: number): void {
    const { map, x } = source;
    const window = map.windows[map.rowWindow[r]];
    const kernel = map.kernels[map.rowKernel[r]];
    let offset = map.bias[r];
    for (let t = 0; t < window.length; t++) if (window[t] >= 0) offset += kernel[t] * x.offset[window[t]];
    if (only < 0) {
      setConstant(to, r, offset);
      return;
    }
    setWire(to, r, x.wire[window[only]], min, max);
    to.factor[r] = kernel[only] * x.factor[window[only]];
    to.offset[r] = offset;
  }

  /** Number of wires an element is a sum of. */
  termCount(e: Elements, i: number): number {
    if (e.wire[i] >= 0) return e.factor[i] === 0 ? 0 : 1;
    const source = e.source[i]!;
    if (source.wireOf[e.row[i]] >= 0) return 1;
    if (source.kind === 'list') return source.rows[e.row[i]].wires.length;
    const { map } = source;
    return map.windows[map.rowWindow[e.row[i]]].length;
  }

  /** Adds `scale ·` element to a sum. */
  addTo(sum: Sum, e: Elements, i: number, scale: number): void {
    if (e.wire[i] >= 0) {
      addTerm(sum, 0, scale * e.offset[i]);
      if (e.factor[i] !== 0) addTerm(sum, e.wire[i], scale * e.factor[i]);
      return;
    }
    const source = e.source[i]!;
    const r = e.row[i];
    if (source.wireOf[r] >= 0) {
      addTerm(sum, 0, scale * source.offsetOf[r]);
      addTerm(sum, source.wireOf[r], scale);
      return;
    }
    if (source.kind === 'list') {
      const row = source.rows[r];
      addTerm(sum, 0, scale * row.constant);
      for (let t = 0; t < row.wires.length; t++) addTerm(sum, row.wires[t], scale * row.coefficients[t]);
      return;
    }
    const { map, x } = source;
    const window = map.windows[map.rowWindow[r]];
    const kernel = map.kernels[map.rowKernel[r]];
    addTerm(sum, 0, scale * map.bias[r]);
    for (let t = 0; t < window.length; t++) if (window[t] >= 0) this.addTo(sum, x, window[t], scale * kernel[t]);
  }

  /** `element i of e` as a sum. */
  sumOf(e: Elements, i: number): Sum {
    const sum: Sum = new Map();
    this.addTo(sum, e, i, 1);
    return sum;
  }

  /** Bounds of a sum by interval arithmetic over the wires. */
  boundsOf(sum: Sum): [number, number] {
    let min = 0;
    let max = 0;
    for (const [wire, weight] of sum) {
      min += weight * (weight > 0 ? this.wireMin[wire] : this.wireMax[wire]);
      max += weight * (weight > 0 ? this.wireMax[wire] : this.wireMin[wire]);
    }
    return [min, max];
  }

  /** Bounds of the product of two wires. */
  productRange(a: Wire, b: Wire): [number, number] {
    if (a === b) {
      const ends = [this.wireMin[a] ** 2, this.wireMax[a] ** 2];
      const crosses = this.wireMin[a] <= 0 && this.wireMax[a] >= 0;
      return [crosses ? 0 : Math.min(...ends), Math.max(...ends)];
    }
    const corners = [this.wireMin[a], this.wireMax[a]].flatMap((u) => [u * this.wireMin[b], u * this.wireMax[b]]);
    return [Math.min(...corners), Math.max(...corners)];
  }

  /** Makes element i of `to` the sum, an atom where it has one wire at most. */
  setSum(to: Elements, i: number, sum: Sum, source: ListSource, min: number, max: number): void {
    const row = toSparseRow(sum);
    if (row.wires.length === 0) {
      setConstant(to, i, row.constant);
    } else if (row.wires.length === 1) {
      setWire(to, i, row.wires[0], min, max);
      to.factor[i] = row.coefficients[0];
      to.offset[i] = row.constant;
    } else {
      setRow(to, i, source, source.rows.length, min, max);
      source.rows.push(row);
      source.wireOf.push(-1);
      source.offsetOf.push(0);
    }
  }

  listSource(): ListSource {
    return { kind: 'list', rows: [], wireOf: [], offsetOf: [] };
  }

  /** A number for an object, the same for the same object: short keys for long tables. */
  idOf(object: object): number {
    let id = this.objectIds.get(object);
    if (id === undefined) {
      id = this.objectIds.size;
      this.objectIds.set(object, id);
    }
    return id;
  }
}

function grow(array: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size);
  larger.set(array);
  return larger;
}
