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

/**
 * Multiplies the generator by `count` scalars (32-byte integers, not Montgomery); returns affine points. The multiples
 * that a scalar's digits choose are added up like a bucket of a multi-scalar multiplication, for all scalars at once.
 */
export function multiplyFixedBase(curve: Curve, table: FixedBaseTable, scalars: Uint8Array, count: number): Uint8Array {
  const affine = pointBytes(table.group);
  const mark = curve.mark();
  const entries = curve.alloc(4 * count * WINDOWS);
  const starts = curve.alloc(4 * (count + 1));
  const points = curve.alloc(count * WINDOWS * affine);
  const { words } = curve;
  let total = 0;
  for (let index = 0; index < count; index++) {
    words[(starts >> 2) + index] = total;
    for (let window = 0; window < WINDOWS; window++) {
      const digit = scalars[index * FIELD_BYTES + window];
      if (digit !== 0) words[(entries >> 2) + total++] = (window * DIGITS + digit - 1) << 1;
    }
  }
  words[(starts >> 2) + count] = total;
  curve.call[`${table.group}m_msmTree`](table.address, 0, entries, points, starts, count);
  const result = new Uint8Array(count * affine);
  for (let index = 0; index < count; index++) {
    const [start, end] = [words[(starts >> 2) + index], words[(starts >> 2) + index + 1]];
    // The scalar zero gives infinity, which is all zeros.
    if (start < end)
      result.set(curve.bytes.subarray(points + start * affine, points + (start + 1) * affine), index * affine);
  }
  curve.release(mark);
  return result;
}
