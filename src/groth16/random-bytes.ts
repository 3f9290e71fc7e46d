/** Bytes of the system's randomness, in a browser as in Node.js. @param size at most 65,536 */
export function drawBytes(size: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** A uniform integer of `size` bytes. */
export function drawInteger(size: number): bigint {
  return drawBytes(size).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
