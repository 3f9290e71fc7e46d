import type { LinearMap } from '../graph/linear-map.js';
import type { CircomArgument, Component } from './component.js';
import type { Wire } from './constraints.js';
import {
  allocateElements,
  copyElement,
  type Elements,
  type ListSource,
  type MapSource,
  type RowSource,
  type SparseRow,
  setConstant,
  setRow,
  setWire,
} from './elements.js';
import type { AffineRows } from './gadgets/affine.js';
import { defineLinear } from './gadgets/linear.js';
import type { Block, ProgramLayer } from './program.js';

/** Rows longer than this get a wire by a linear constraint before a gadget decomposes them; shorter ones stand inside it. */
export const INLINE_TERMS = 400;

/** Rows longer than this get a wire before a gadget that names its operands several times (maximum, argmax, product). */
export const INLINE_OPERAND_TERMS = 64;

/** Most weights of one component: beyond it a template's witness code nears V8's function size. */
export const COMPONENT_WEIGHTS = 600_000;

/** Rows that share their inputs, with the positions (in the caller's list) they belong to. */
export interface RowGroup {
  readonly inputs: Int32Array;
  readonly rows: AffineRows;
  readonly members: readonly number[];
  /** Equal for groups whose kernels, biases and inputs' count are equal. */
  readonly key: string;
}

/** Sums coefficients by wire, constants under wire 0. */
export type Sum = Map<Wire, number>;

/** The circuit under construction: wires and their ranges, layers, and shared components. */
export class Lowering {
  readonly layers: ProgramLayer[] = [];
  wireCount: number;
  constraintCount = 0;
  /** Bounds of each wire. */
  private wireMin = new Float64Array(1 << 12);
  private wireMax = new Float64Array(1 << 12);
  private readonly components = new Map<string, Component>();
  private readonly arrayIds = new Map<Float64Array, number>();
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

  /**
   * The elements with every sum of more than `limit` wires made a wire (one linear constraint each, in a layer of their own).
   * With `plain`, scaled and shifted atoms get a wire too.
   */
  materialize(e: Elements, label: string, limit = 1, wanted?: Iterable<number>): Elements {
    const todo: number[] = [];
    const seen = new Map<RowSource, Set<number>>();
    for (const i of wanted ?? e.wire.keys()) {
      if (e.wire[i] >= 0 || this.termCount(e, i) <= limit) continue;
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
    if (todo.length > 0) this.placeLinear(e, todo, label);
    const result = allocateElements(e.count);
    for (let i = 0; i < e.count; i++) {
      const source = e.source[i];
      if (e.wire[i] >= 0 || !source || source.wireOf[e.row[i]] < 0) {
        copyElement(result, i, e, i);
        continue;
      }
      setWire(result, i, source.wireOf[e.row[i]], e.min[i], e.max[i]);
      result.offset[i] = source.offsetOf[e.row[i]];
    }
    return result;
  }

  /** One wire per listed pending element, kept non-negative by leaving the row's minimum out of it. */
  private placeLinear(e: Elements, todo: readonly number[], label: string): void {
    this.layer('linear', label, () => {
      const offsets = Float64Array.from(todo, (i) => Math.min(e.min[i], 0));
      for (const group of this.groupRows(e, todo, (member) => -offsets[member])) {
        const component = this.component(`linear ${group.key}`, () => defineLinear(group.rows));
        const wire = this.place(component, group.inputs, (j) => {
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

  /** Groups elements by the window they read, so that one component serves all rows over it. */
  groupRows(e: Elements, list: readonly number[], shift: (member: number) => number = () => 0): RowGroup[] {
    const windows = new Map<MapSource, Map<number, number[]>>();
    const groups: RowGroup[] = [];
    list.forEach((i, member) => {
      const source = e.source[i];
      if (e.wire[i] < 0 && source?.kind === 'map' && source.wireOf[e.row[i]] < 0 && this.isPlain(source, e.row[i])) {
        let byWindow = windows.get(source);
        if (!byWindow) {
          byWindow = new Map();
          windows.set(source, byWindow);
        }
        const window = source.map.rowWindow[e.row[i]];
        const members = byWindow.get(window);
        if (members) members.push(member);
        else byWindow.set(window, [member]);
      } else groups.push(this.sumGroup(this.sumOf(e, i), member, shift(member)));
    });
    for (const [source, byWindow] of windows)
      for (const [window, members] of byWindow)
        groups.push(...this.windowGroups(source, window, members, e, list, shift));
    return groups;
  }

  /** A group of one row given as a sum. */
  sumGroup(sum: Sum, member: number, shift = 0): RowGroup {
    const { wires, coefficients, constant } = toSparseRow(sum);
    const rows = {
      inputs: wires.length,
      kernels: [Float64Array.from(coefficients)],
      bias: Float64Array.of(constant + shift),
    };
    return { inputs: Int32Array.from(wires), rows, members: [member], key: `=${coefficients.join()}|${rows.bias[0]}` };
  }

  private windowGroups(
    source: MapSource,
    window: number,
    members: readonly number[],
    e: Elements,
    list: readonly number[],
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
      const kernels = part.map((member) => map.kernels[map.rowKernel[e.row[list[member]]]]);
      const bias = Float64Array.from(part, (member) => map.bias[e.row[list[member]]] + shift(member));
      groups.push({
        inputs,
        members: part,
        rows: {
          inputs: inputs.length,
          kernels: live ? kernels.map((kernel) => Float64Array.from(live, (t) => kernel[t])) : kernels,
          bias,
        },
        key: `${kernels.map((kernel) => this.idOf(kernel)).join()}|${mask}|${bias.join()}`,
      });
    }
    return groups;
  }

  private idOf(array: Float64Array): number {
    let id = this.arrayIds.get(array);
    if (id === undefined) {
      id = this.arrayIds.size;
      this.arrayIds.set(array, id);
    }
    return id;
  }

  /** Whether a row's window reads distinct wires as they are. */
  private isPlain(source: MapSource, row: number): boolean {
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
}

function addTerm(sum: Sum, wire: Wire, coefficient: number): void {
  if (coefficient === 0) return;
  const total = (sum.get(wire) ?? 0) + coefficient;
  if (total === 0) sum.delete(wire);
  else sum.set(wire, total);
}

function toSparseRow(sum: Sum): SparseRow {
  const wires = [...sum.keys()].filter((wire) => wire !== 0).sort((a, b) => a - b);
  return { wires, coefficients: wires.map((wire) => sum.get(wire)!), constant: sum.get(0) ?? 0 };
}

function grow(array: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size);
  larger.set(array);
  return larger;
}

export type { CircomArgument };
