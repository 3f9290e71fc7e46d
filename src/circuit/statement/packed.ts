import { countLimbs, LIMB_BYTES } from '../../core/limbs.js';
import { bitLength } from '../../core/range.js';
import type { QuantGraph, QuantInput, QuantOutput } from '../../quantize/ir.js';
import type { Wire } from '../constraints.js';
import { allocateElements, type Elements, setWire } from '../elements.js';
import { defineConstant, defineCopy } from '../gadgets/copy.js';
import { defineLinear } from '../gadgets/linear.js';
import { defineSplit } from '../gadgets/split.js';
import type { Lowering } from '../lowering.js';
import { makePlain, materialize } from '../materialize.js';
import { sumGroup } from '../row-groups.js';
import { definePack, type PackPart } from './pack.js';
import { placeRangeCheck } from './range.js';

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
 * @param at a wire for each limb
 * @returns the limbs' wires
 */
export function packElements(
  lowering: Lowering,
  label: string,
  string: ByteString,
  at?: readonly Wire[],
): readonly Wire[] {
  const { bytes } = string;
  if (isOneSum(lowering, string)) return [placeOneSum(lowering, label, string.elements, at?.[0])];
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
  const pieces: Piece[] = [];
  const { factor, offset, wire } = elements;
  for (let i = 0; i < elements.count; i++) {
    const split = highWires.get(i);
    const lowBytes = splitAt.get(i) ?? 0;
    if (split) {
      pieces.push({ bytes: bytes[i] - lowBytes, factor: 1, offset: 0, wire: split.high });
      pieces.push({ bytes: lowBytes, factor: 1, offset: 0, wire: split.low });
    } else if (factor[i] === 0 && lowBytes > 0) {
      const step = 256 ** lowBytes;
      pieces.push({ bytes: bytes[i] - lowBytes, factor: 0, offset: Math.floor(offset[i] / step), wire: 0 });
      pieces.push({ bytes: lowBytes, factor: 0, offset: offset[i] % step, wire: 0 });
    } else pieces.push({ bytes: bytes[i], factor: factor[i], offset: offset[i], wire: wire[i] });
  }
  const limbs = at ?? reserveLimbs(lowering, countStringLimbs(string));
  lowering.layer('pack', label, () => {
    splitByLimb(pieces).forEach((limb, k) => {
      placeLimb(lowering, limb, limbs[k]);
    });
  });
  return limbs;
}

/** New wires for limbs. */
export function reserveLimbs(lowering: Lowering, count: number): readonly Wire[] {
  const first = lowering.reserve(count);
  return Array.from({ length: count }, (_, k) => first + k);
}

/** `high · 256^lowBytes + low` at the given wire: two limbs that fit in one. One linear constraint. */
export function joinLimbs(
  lowering: Lowering,
  high: { readonly wire: Wire; readonly bytes: number },
  low: { readonly wire: Wire; readonly bytes: number },
  at: Wire,
): void {
  const pieces = [high, low].map(({ wire, bytes }) => ({ wire, bytes, factor: 1, offset: 0 }));
  lowering.layer('pack', 'statement', () => placeLimb(lowering, pieces, at));
}

/** A part of a limb and the wire it reads. */
interface Piece extends PackPart {
  readonly wire: Wire;
}

function splitByLimb(pieces: readonly Piece[]): Piece[][] {
  const limbs: Piece[][] = [];
  let at = 0;
  for (const piece of pieces) {
    if (at % LIMB_BYTES === 0) limbs.push([]);
    limbs[limbs.length - 1].push(piece);
    at += piece.bytes;
  }
  return limbs;
}

function placeLimb(lowering: Lowering, pieces: readonly Piece[], at: Wire): void {
  const inputs = Int32Array.from(
    pieces.filter(({ factor }) => factor !== 0),
    ({ wire }) => wire,
  );
  const [{ factor, offset }] = pieces;
  if (inputs.length === 0) {
    const value = pieces.reduce((sum, piece) => sum * 256n ** BigInt(piece.bytes) + BigInt(piece.offset), 0n);
    const constant = lowering.component(`constant ${value}`, () => defineConstant(value));
    lowering.place(constant, inputs, () => [Number(value), Number(value)], at);
    return;
  }
  const isCopy = pieces.length === 1 && factor === 1 && offset === 0;
  const key = `pack ${pieces.map((piece) => `${piece.bytes},${piece.factor},${piece.offset}`).join(' ')}`;
  const component = isCopy ? lowering.component('copy', defineCopy) : lowering.component(key, () => definePack(pieces));
  lowering.place(component, inputs, () => [0, 256 ** LIMB_BYTES], at);
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

function placeSplits(
  lowering: Lowering,
  label: string,
  elements: Elements,
  bytes: Int32Array,
  straddles: readonly { element: number; lowBytes: number }[],
): Map<number, { high: Wire; low: Wire }> {
  const placed = new Map<number, { high: Wire; low: Wire }>();
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
    straddles.forEach(({ element }, j) => {
      placed.set(element, { high: wire + 2 * j, low: wire + 2 * j + 1 });
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
