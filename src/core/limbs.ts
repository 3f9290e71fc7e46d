import type { FieldElement } from './field.js';

/** Bytes in one limb: the most that always fit below the BN254 scalar field order. */
export const LIMB_BYTES = 31;

/** Number of limbs that `byteCount` bytes take. */
export function countLimbs(byteCount: number): number {
  return Math.ceil(byteCount / LIMB_BYTES);
}

/** Bytes in the last limb of `byteCount` bytes, one or more. */
export function countLastLimbBytes(byteCount: number): number {
  return ((byteCount - 1) % LIMB_BYTES) + 1;
}

/**
 * Whether a public output joins the last limb of a public input in a packed statement: both are there, and what that limb
 * leaves free holds the output. It spares a public signal.
 */
export function joinsLastLimb(inputByteCount: number, outputByteCount: number): boolean {
  if (inputByteCount === 0 || outputByteCount === 0) return false;
  return countLastLimbBytes(inputByteCount) + outputByteCount <= LIMB_BYTES;
}

/**
 * Packs bytes into limbs, 31 to a limb. Within a limb byte 0 is the most significant; the last limb holds what is left as a
 * shorter big-endian number. Injective for a known number of bytes.
 */
export function packBytes(bytes: Uint8Array): FieldElement[] {
  return Array.from({ length: countLimbs(bytes.length) }, (_, limb) => {
    let value = 0n;
    for (const byte of bytes.subarray(limb * LIMB_BYTES, (limb + 1) * LIMB_BYTES)) value = (value << 8n) | BigInt(byte);
    return value as FieldElement;
  });
}

/**
 * The bytes that `packBytes` packed.
 * @throws RangeError where the number of limbs or the size of one does not fit `byteCount` bytes
 */
export function unpackLimbs(limbs: readonly bigint[], byteCount: number): Uint8Array {
  if (limbs.length !== countLimbs(byteCount)) {
    throw new RangeError(`${byteCount} bytes take ${countLimbs(byteCount)} limbs, not ${limbs.length}`);
  }
  const bytes = new Uint8Array(byteCount);
  limbs.forEach((limb, index) => {
    const start = index * LIMB_BYTES;
    let rest = limb;
    for (let at = Math.min(start + LIMB_BYTES, byteCount) - 1; at >= start; at--) {
      bytes[at] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    if (rest !== 0n) throw new RangeError(`limb ${index} is too large for its bytes`);
  });
  return bytes;
}

/** Writes integers in `[0, 256^width)` as big-endian bytes, element by element. @throws RangeError */
export function integersToBytes(integers: ArrayLike<number>, width: number): Uint8Array {
  const bytes = new Uint8Array(integers.length * width);
  for (let i = 0; i < integers.length; i++) {
    let rest = integers[i];
    if (!Number.isSafeInteger(rest) || rest < 0) throw new RangeError(`element ${i} is ${rest}, not a natural number`);
    for (let at = (i + 1) * width - 1; at >= i * width; at--) {
      bytes[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    if (rest !== 0) throw new RangeError(`element ${i} is ${integers[i]}: more than ${width} bytes`);
  }
  return bytes;
}

/** The integers that `integersToBytes` wrote. @throws RangeError where the bytes do not divide, or beyond 2^53 */
export function bytesToIntegers(bytes: Uint8Array, width: number): Float64Array {
  if (bytes.length % width !== 0) throw new RangeError(`${bytes.length} bytes are no multiple of ${width}`);
  return Float64Array.from({ length: bytes.length / width }, (_, i) => {
    let value = 0;
    for (let at = i * width; at < (i + 1) * width; at++) value = value * 256 + bytes[at];
    if (!Number.isSafeInteger(value)) throw new RangeError(`element ${i} is beyond 2^53`);
    return value;
  });
}
