import { WITNESS_ELEMENT_BYTES, type Witness } from '../circuit/witness.js';
import { ZkinferError } from '../core/error.js';

/**
 * Which wire of the program each wire of the compiled circuit is. circom numbers wires its own way; keys are made for its
 * file, so that anyone with circom can rebuild that file, and witnesses are written by the program and reordered by this.
 */
export type WireOrder = Uint32Array;

/** Reads the names of circom's wires against the program's. @throws ZkinferError WIRES_DIFFER where they don't match one to one */
export function matchWires(wireNames: readonly string[], circomWires: ReadonlyMap<string, number>): WireOrder {
  const order = new Uint32Array(wireNames.length).fill(0xffffffff);
  order[0] = 0;
  for (let wire = 1; wire < wireNames.length; wire++) {
    const theirs = circomWires.get(wireNames[wire]);
    if (theirs === undefined || theirs <= 0 || theirs >= order.length || order[theirs] !== 0xffffffff)
      throw new ZkinferError({
        code: 'WIRES_DIFFER',
        kind: 'internal',
        message: 'circom has other wires than the program',
        facts: [`${wireNames[wire]}: ${theirs ?? 'not in the symbols'}`],
      });
    order[theirs] = wire;
  }
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

/** Reads what `encodeWireOrder` wrote; a permutation of `wireCount` wires. @throws ZkinferError WIRE_ORDER_DAMAGED */
export function decodeWireOrder(bytes: Uint8Array, wireCount: number): WireOrder {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = new Uint32Array(Math.floor(bytes.length / 4));
  const seen = new Uint8Array(wireCount);
  let isPermutation = bytes.length === wireCount * 4;
  for (let wire = 0; wire < order.length && isPermutation; wire++) {
    order[wire] = view.getUint32(wire * 4, true);
    isPermutation = order[wire] < wireCount && seen[order[wire]] === 0;
    if (isPermutation) seen[order[wire]] = 1;
  }
  if (!isPermutation)
    throw new ZkinferError({
      code: 'WIRE_ORDER_DAMAGED',
      kind: 'artifact',
      message: 'the wire order of the bundle is damaged',
      facts: [`${bytes.length} bytes, expected a permutation of ${wireCount} wires`],
      hint: 'compile the bundle again',
    });
  return order;
}

/** The witness in the order of the compiled circuit: the body of its wtns file. */
export function reorderWitness(witness: Witness, order: WireOrder): Uint8Array {
  const bytes = new Uint8Array(witness.bytes.length);
  const from = new BigUint64Array(witness.bytes.buffer, witness.bytes.byteOffset, witness.bytes.length / 8);
  const to = new BigUint64Array(bytes.buffer);
  const words = WITNESS_ELEMENT_BYTES / 8;
  for (let wire = 0; wire < order.length; wire++)
    for (let word = 0; word < words; word++) to[wire * words + word] = from[order[wire] * words + word];
  return bytes;
}
