import { WITNESS_ELEMENT_BYTES, type Witness } from '../circuit/witness.js';
import { ZkinferError } from '../core/error.js';

/**
 * Which wire of the program each wire of the compiled circuit is. circom numbers wires its own way; keys are made for its
 * file, so that anyone with circom can rebuild that file, and witnesses are written by the program and reordered by this.
 */
export type WireOrder = Uint32Array;

/**
 * The order that a match of wires gives.
 * @param theirWire for each wire of the program, circom's wire; -1 where circom has none
 */
export function invertWires(theirWire: Int32Array, wireCount: number): WireOrder {
  const order = new Uint32Array(wireCount);
  for (let ours = 0; ours < theirWire.length; ours++) if (theirWire[ours] >= 0) order[theirWire[ours]] = ours;
  return order;
}

/** The order of a circuit that was not compiled by circom. */
export function identityOrder(wireCount: number): WireOrder {
  return Uint32Array.from({ length: wireCount }, (_, wire) => wire);
}

/** Little-endian 32-bit words. */
export function encodeWireOrder(order: WireOrder): Uint8Array {
  const bytes = new Uint8Array(order.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [wire, ours] of order.entries()) view.setUint32(wire * 4, ours, true);
  return bytes;
}

/** Reads what `encodeWireOrder` wrote: `wireCount` different wires of the program. @throws ZkinferError WIRE_ORDER_DAMAGED */
export function decodeWireOrder(bytes: Uint8Array, wireCount: number, programWires: number): WireOrder {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = new Uint32Array(Math.floor(bytes.length / 4));
  const seen = new Uint8Array(programWires);
  let isValid = bytes.length === wireCount * 4;
  for (let wire = 0; wire < order.length && isValid; wire++) {
    order[wire] = view.getUint32(wire * 4, true);
    isValid = order[wire] < programWires && seen[order[wire]] === 0;
    if (isValid) seen[order[wire]] = 1;
  }
  if (!isValid)
    throw new ZkinferError({
      code: 'WIRE_ORDER_DAMAGED',
      kind: 'artifact',
      message: 'the wire order of the bundle is damaged',
      facts: [`${bytes.length} bytes, expected ${wireCount} different wires`],
      hint: 'compile the bundle again',
    });
  return order;
}

/** The witness in the order of the compiled circuit: the body of its wtns file. */
export function reorderWitness(witness: Witness, order: WireOrder): Uint8Array {
  const bytes = new Uint8Array(order.length * WITNESS_ELEMENT_BYTES);
  const from = new BigUint64Array(witness.bytes.buffer, witness.bytes.byteOffset, witness.bytes.length / 8);
  const to = new BigUint64Array(bytes.buffer);
  const words = WITNESS_ELEMENT_BYTES / 8;
  for (let wire = 0; wire < order.length; wire++)
    for (let word = 0; word < words; word++) to[wire * words + word] = from[order[wire] * words + word];
  return bytes;
}
