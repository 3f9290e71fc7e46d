declare const fieldBrand: unique symbol;

/** An element of the BN254 scalar field: an integer in `[0, R)`. */
export type FieldElement = bigint & { readonly [fieldBrand]: true };

/** Order of the BN254 scalar field (EIP-196). */
export const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Order of the BN254 base field, in which point coordinates live (EIP-196). */
export const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** Reduces any integer into the field. */
export function toField(value: bigint | number): FieldElement {
  const reduced = BigInt(value) % R;
  return (reduced < 0n ? reduced + R : reduced) as FieldElement;
}

/** Multiplicative inverse. @throws RangeError for 0. */
export function invertField(value: bigint): FieldElement {
  let [r0, r1, s0, s1] = [R, toField(value) as bigint, 0n, 1n];
  if (r1 === 0n) throw new RangeError('0 has no inverse');
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [s0, s1] = [s1, s0 - quotient * s1];
  }
  return toField(s0);
}

/** The representative in `(-R/2, R/2]`: small negative integers print as themselves. */
export function toSigned(value: bigint): bigint {
  const reduced = toField(value);
  return reduced > R / 2n ? reduced - R : reduced;
}
