import { countLimbs, LIMB_BYTES } from '../../core/limbs.js';
import { bitLength } from '../../core/range.js';
import type { QuantGraph, QuantInput, QuantOutput } from '../../quantize/ir.js';
import type { Wire } from '../constraints.js';
import { allocateElements, type Elements, setWire } from '../elements.js';
import { defineLinear } from '../gadgets/linear.js';
import { defineRangeCheck } from '../gadgets/range-check.js';
import type { Lowering } from '../lowering.js';
import { materialize } from '../materialize.js';
import { sumGroup } from '../row-groups.js';
import { definePack, defineSplit, type PackPart } from './pack.js';

/** Elements of one range-check component at most. */
const CHECKS_PER_BLOCK = 1024;

/** Bytes that each element of an input takes in the statement. */
export function inputBytes(input: QuantInput): number {
  return Math.ceil(input.bits / 8);
}

/** Bytes that each element of an output takes: what its largest value needs, at least one. */
export function outputBytes(graph: QuantGraph, output: QuantOutput): number {
  const largest = graph.values[output.value].max.reduce((a, b) => Math.max(a, b), 0);
  return Math.max(1, Math.ceil(bitLength(largest) / 8));
}

/** Holds every element of the model's inputs to its range: what the bounds of the whole circuit rest on. */
export function checkInputs(lowering: Lowering, inputs: readonly Elements[]): void {
  lowering.layer('range', 'input', () => {
    for (const elements of inputs) placeRangeCheck(lowering, elements.wire, elements.min, elements.max);
  });
}

function placeRangeCheck(lowering: Lowering, wire: Int32Array, min: Float64Array, max: Float64Array): void {
  for (let at = 0; at < wire.length; at += CHECKS_PER_BLOCK) {
    const low = Array.from(min.subarray(at, at + CHECKS_PER_BLOCK));
    const high = Array.from(max.subarray(at, at + CHECKS_PER_BLOCK));
    const component = lowering.component(`range ${low.join()}|${high.join()}`, () => defineRangeCheck(low, high));
    lowering.place(component, wire.slice(at, at + CHECKS_PER_BLOCK), () => [0, 0]);
  }
}

/** Elements in the order of the byte string, with the bytes each takes. */
export interface ByteString {
  readonly elements: Elements;
  readonly bytes: Int32Array;
}

export function countStringBytes(string: ByteString): number {
  return string.bytes.reduce((sum, n) => sum + n, 0);
}

export function countStringLimbs(string: ByteString): number {
  return countLimbs(countStringBytes(string));
}

/**
 * Packs a byte string into limbs at the given wires (or new ones). Its elements are within `[0, 256^bytes)`: by their range
 * checks or by the bounds that the circuit gives them, else they are checked here. So the packing has one reading.
 * @returns the first limb's wire
 */
export function packElements(lowering: Lowering, label: string, string: ByteString, at?: Wire): Wire {
  const { bytes } = string;
  if (isOneSum(lowering, string)) return placeOneSum(lowering, label, string.elements, at);
  let elements = materialize(lowering, string.elements, label);
  const loose = indicesWhere(elements.count, (i) => elements.min[i] < 0 || elements.max[i] >= 256 ** bytes[i]);
  const straddles = straddling(bytes).filter(({ element }) => elements.factor[element] !== 0);
  elements = makePlain(lowering, label, elements, [...loose, ...straddles.map(({ element }) => element)]);
  if (loose.length > 0)
    lowering.layer('range', label, () => {
      const wires = Int32Array.from(loose, (i) => elements.wire[i]);
      const max = Float64Array.from(loose, (i) => 256 ** bytes[i] - 1);
      placeRangeCheck(lowering, wires, new Float64Array(loose.length), max);
    });
  const highWires = placeSplits(lowering, label, elements, bytes, straddles);
  const splitAt = new Map(straddling(bytes).map(({ element, lowBytes }) => [element, lowBytes]));
  const parts: PackPart[] = [];
  const inputs: Wire[] = [];
  for (let i = 0; i < elements.count; i++) {
    const { factor, offset, wire } = elements;
    const split = highWires.get(i);
    if (split) {
      parts.push({ bytes: bytes[i] - split.lowBytes, factor: 1, offset: 0 });
      parts.push({ bytes: split.lowBytes, factor: 1, offset: 0 });
      inputs.push(split.high, split.low);
    } else if (factor[i] === 0 && splitAt.has(i)) {
      const low = 256 ** splitAt.get(i)!;
      parts.push({ bytes: bytes[i] - splitAt.get(i)!, factor: 0, offset: Math.floor(offset[i] / low) });
      parts.push({ bytes: splitAt.get(i)!, factor: 0, offset: offset[i] % low });
    } else {
      parts.push({ bytes: bytes[i], factor: factor[i], offset: offset[i] });
      if (factor[i] !== 0) inputs.push(wire[i]);
    }
  }
  let first = -1;
  lowering.layer('pack', label, () => {
    const key = `pack ${parts.map((part) => `${part.bytes},${part.factor},${part.offset}`).join(' ')}`;
    const limb: [number, number] = [0, 256 ** LIMB_BYTES];
    first = lowering.place(
      lowering.component(key, () => definePack(parts)),
      Int32Array.from(inputs),
      () => limb,
      at,
    );
  });
  return first;
}

/** A byte string of one pending sum that fits its bytes: the sum is the limb. */
function isOneSum(lowering: Lowering, { elements, bytes }: ByteString): boolean {
  if (elements.count !== 1 || lowering.termCount(elements, 0) < 2) return false;
  return bytes[0] <= LIMB_BYTES && elements.min[0] >= 0 && elements.max[0] < 256 ** bytes[0];
}

function placeOneSum(lowering: Lowering, label: string, elements: Elements, at?: Wire): Wire {
  let limb = -1;
  lowering.layer('pack', label, () => {
    const group = sumGroup(lowering.sumOf(elements, 0), 0);
    const component = lowering.component(`linear ${group.key}`, () => defineLinear(group.rows));
    limb = lowering.place(component, group.inputs, () => [elements.min[0], elements.max[0]], at);
  });
  return limb;
}

function indicesWhere(count: number, test: (i: number) => boolean): number[] {
  const found: number[] = [];
  for (let i = 0; i < count; i++) if (test(i)) found.push(i);
  return found;
}

/** Elements whose bytes cross a limb's border, and how many of them lie behind it. */
function straddling(bytes: Int32Array): { element: number; lowBytes: number }[] {
  const found: { element: number; lowBytes: number }[] = [];
  let at = 0;
  bytes.forEach((width, element) => {
    const border = (Math.floor(at / LIMB_BYTES) + 1) * LIMB_BYTES;
    at += width;
    if (at > border) found.push({ element, lowBytes: at - border });
  });
  return found;
}

/** Gives the listed elements wires of their own where they are scaled, shifted or constant. */
function makePlain(lowering: Lowering, label: string, elements: Elements, list: readonly number[]): Elements {
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

function placeSplits(
  lowering: Lowering,
  label: string,
  elements: Elements,
  bytes: Int32Array,
  straddles: readonly { element: number; lowBytes: number }[],
): Map<number, { high: Wire; low: Wire; lowBytes: number }> {
  const placed = new Map<number, { high: Wire; low: Wire; lowBytes: number }>();
  if (straddles.length === 0) return placed;
  const lowBits = straddles.map(({ lowBytes }) => 8 * lowBytes);
  const max = straddles.map(({ element }) => Math.min(elements.max[element], 256 ** bytes[element] - 1));
  lowering.layer('split', label, () => {
    const component = lowering.component(`split ${lowBits.join()}|${max.join()}`, () => defineSplit(lowBits, max));
    const inputs = Int32Array.from(straddles, ({ element }) => elements.wire[element]);
    const wire = lowering.place(component, inputs, (j) => {
      const at = j >> 1;
      return [0, j % 2 === 0 ? Math.floor(max[at] / 2 ** lowBits[at]) : 2 ** lowBits[at] - 1];
    });
    straddles.forEach(({ element, lowBytes }, j) => {
      placed.set(element, { high: wire + 2 * j, low: wire + 2 * j + 1, lowBytes });
    });
  });
  return placed;
}

/** The wires of an input as elements. */
export function inputElements(first: Wire, count: number, min: Float64Array, max: Float64Array): Elements {
  const elements = allocateElements(count);
  const at = (array: Float64Array, i: number) => array[array.length === 1 ? 0 : i];
  for (let i = 0; i < count; i++) setWire(elements, i, first + i, at(min, i), at(max, i));
  return elements;
}
