import { type Curve, FIELD_BYTES } from './curve.js';
import type { G1Json, G2Json } from './proof.js';

/** Reads an affine point in Montgomery form as snarkjs writes it; infinity is `0, 1, 0`. */
export function readG1(curve: Curve, address: number): G1Json {
  if (curve.call.g1m_isZeroAffine(address)) return ['0', '1', '0'];
  return [text(curve, address), text(curve, address + FIELD_BYTES), '1'];
}

export function readG2(curve: Curve, address: number): G2Json {
  const pair = (index: number): [string, string] => [
    text(curve, address + 2 * index * FIELD_BYTES),
    text(curve, address + (2 * index + 1) * FIELD_BYTES),
  ];
  if (curve.call.g2m_isZeroAffine(address)) {
    return [
      ['0', '0'],
      ['1', '0'],
      ['0', '0'],
    ];
  }
  return [pair(0), pair(1), ['1', '0']];
}

/** Reads an element of the target group, `[2][3][2]`. */
export function readGt(curve: Curve, address: number): string[][][] {
  return [0, 1].map((half) =>
    [0, 1, 2].map((third) => [0, 1].map((part) => text(curve, address + (half * 6 + third * 2 + part) * FIELD_BYTES))),
  );
}

function text(curve: Curve, address: number): string {
  return curve.readBase(address).toString();
}
