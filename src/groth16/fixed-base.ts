import { type Curve, FIELD_BYTES, G1_BYTES, G2_BYTES } from './curve.js';

/** Multiples of one generator, for many scalars: window w, digit d holds `d · 2^(8w) · G`, affine. */
export interface FixedBaseTable {
  readonly group: 'g1' | 'g2';
  readonly address: number;
}

const WINDOW_BITS = 8;
const WINDOWS = 32;
const DIGITS = 2 ** WINDOW_BITS - 1;

/** Bytes of an affine point. */
export function pointBytes(group: 'g1' | 'g2'): number {
  return group === 'g1' ? G1_BYTES : G2_BYTES;
}

/** Builds the table of a group's generator; 8,160 additions. */
export function buildFixedBaseTable(curve: Curve, group: 'g1' | 'g2'): FixedBaseTable {
  const affine = pointBytes(group);
  const jacobian = (affine * 3) / 2;
  const add = curve.call[`${group}m_add`];
  const address = curve.alloc(WINDOWS * DIGITS * affine);
  const mark = curve.mark();
  const base = curve.alloc(jacobian);
  const multiples = curve.alloc(DIGITS * jacobian);
  curve.call[`${group}m_copy`](group === 'g1' ? curve.addresses.g1Generator : curve.addresses.g2Generator, base);
  for (let window = 0; window < WINDOWS; window++) {
    curve.call[`${group}m_copy`](base, multiples);
    for (let digit = 1; digit < DIGITS; digit++) {
      add(multiples + (digit - 1) * jacobian, base, multiples + digit * jacobian);
    }
    curve.call[`${group}m_batchToAffine`](multiples, DIGITS, address + window * DIGITS * affine);
    add(multiples + (DIGITS - 1) * jacobian, base, base);
  }
  curve.release(mark);
  return { group, address };
}

/** Multiplies the generator by `count` scalars (32-byte integers, not Montgomery); returns affine points. */
export function multiplyFixedBase(curve: Curve, table: FixedBaseTable, scalars: Uint8Array, count: number): Uint8Array {
  const affine = pointBytes(table.group);
  const jacobian = (affine * 3) / 2;
  const mark = curve.mark();
  const sums = curve.alloc(count * jacobian);
  const points = curve.alloc(count * affine);
  const zero = curve.call[`${table.group}m_zero`];
  const addMixed = curve.call[`${table.group}m_addMixed`];
  for (let index = 0; index < count; index++) {
    const sum = sums + index * jacobian;
    zero(sum);
    for (let window = 0; window < WINDOWS; window++) {
      const digit = scalars[index * FIELD_BYTES + window];
      if (digit !== 0) addMixed(sum, table.address + (window * DIGITS + digit - 1) * affine, sum);
    }
  }
  curve.call[`${table.group}m_batchToAffine`](sums, count, points);
  const result = curve.bytes.slice(points, points + count * affine);
  curve.release(mark);
  return result;
}
