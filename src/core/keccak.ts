const LANE = (1n << 64n) - 1n;
/** Bytes taken in between two permutations, for 256 bits of output. */
const RATE = 136;
const ROUNDS = 24;

/** Rotation of each lane, by x + 5 y: the triangular numbers along the permutation's path. */
const ROTATIONS = new Array<bigint>(25).fill(0n);
/** Where each lane goes: (x, y) → (y, 2x + 3y). */
const TARGETS = new Array<number>(25).fill(0);
/** What is added to lane 0 in each round: bits of a linear feedback shift register. */
const ROUND_CONSTANTS: bigint[] = [];

for (let step = 0, x = 1, y = 0; step < 24; step++) {
  ROTATIONS[x + 5 * y] = BigInt((((step + 1) * (step + 2)) / 2) % 64);
  [x, y] = [y, (2 * x + 3 * y) % 5];
}
for (let x = 0; x < 5; x++) for (let y = 0; y < 5; y++) TARGETS[x + 5 * y] = y + 5 * ((2 * x + 3 * y) % 5);
for (let round = 0, register = 1; round < ROUNDS; round++) {
  let constant = 0n;
  for (let bit = 0; bit < 7; bit++) {
    if (register & 1) constant |= 1n << BigInt(2 ** bit - 1);
    register = register & 0x80 ? (register << 1) ^ 0x171 : register << 1;
  }
  ROUND_CONSTANTS.push(constant);
}

function rotate(lane: bigint, by: bigint): bigint {
  return ((lane << by) | (lane >> (64n - by))) & LANE;
}

function permute(lanes: bigint[]): void {
  const parity = new Array<bigint>(5);
  const moved = new Array<bigint>(25);
  for (let round = 0; round < ROUNDS; round++) {
    for (let x = 0; x < 5; x++) parity[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20];
    for (let i = 0; i < 25; i++) {
      const mixed = lanes[i] ^ parity[(i + 4) % 5] ^ rotate(parity[(i + 1) % 5], 1n);
      moved[TARGETS[i]] = rotate(mixed, ROTATIONS[i]);
    }
    for (let i = 0; i < 25; i++) {
      const row = i - (i % 5);
      lanes[i] = moved[i] ^ (~moved[row + ((i + 1) % 5)] & LANE & moved[row + ((i + 2) % 5)]);
    }
    lanes[0] ^= ROUND_CONSTANTS[round];
  }
}

/** Keccak-256 as Ethereum has it (the original padding, not that of SHA-3). @returns 32 bytes */
export function keccak256(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array((Math.floor(data.length / RATE) + 1) * RATE);
  padded.set(data);
  padded[data.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const view = new DataView(padded.buffer);
  const lanes = new Array<bigint>(25).fill(0n);
  for (let at = 0; at < padded.length; at += RATE) {
    for (let i = 0; i < RATE / 8; i++) lanes[i] ^= view.getBigUint64(at + 8 * i, true);
    permute(lanes);
  }
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  for (let i = 0; i < 4; i++) out.setBigUint64(8 * i, lanes[i], true);
  return digest;
}
