import { R } from '../core/field.js';
import { FIELD_BYTES, readInteger, writeInteger } from './curve.js';
import { needSection, readSections, refuseArtifact, writeSections } from './section-file.js';

/** A witness file whose structure was checked. */
export interface WitnessFile {
  readonly wireCount: number;
  /** `wireCount` values of 32 little-endian bytes, each below R; a view into the file. */
  readonly values: Uint8Array;
}

/**
 * Checks a witness file: structure, the scalar field of BN254, the constant one first, every value canonical.
 * @throws ZkinferError `ARTIFACT_DAMAGED`
 */
export function readWtns(wtns: Uint8Array): WitnessFile {
  const sections = readSections(wtns, 'wtns', 2);
  const view = new DataView(wtns.buffer, wtns.byteOffset, wtns.byteLength);
  const { offset } = needSection(sections, 'wtns', 1, 4 + FIELD_BYTES + 4);
  if (view.getUint32(offset, true) !== FIELD_BYTES || readInteger(wtns, offset + 4) !== R) {
    throw refuseArtifact('wtns', 'its field is not the scalar field of BN254');
  }
  const wireCount = view.getUint32(offset + 4 + FIELD_BYTES, true);
  const content = needSection(sections, 'wtns', 2, wireCount * FIELD_BYTES);
  const values = wtns.subarray(content.offset, content.offset + content.size);
  if (wireCount === 0 || readInteger(values, 0) !== 1n) throw refuseArtifact('wtns', 'its first value is not one');
  // Only a value whose highest word reaches R's can be out of range.
  const highest = Number(R >> 224n);
  for (let wire = 0; wire < wireCount; wire++) {
    const at = wire * FIELD_BYTES;
    const top = new DataView(values.buffer, values.byteOffset + at + 28, 4).getUint32(0, true);
    if (top >= highest && readInteger(values, at) >= R)
      throw refuseArtifact('wtns', `the value of wire ${wire} is not below R`);
  }
  return { wireCount, values };
}

/** Reads wire values, from `first` on. */
export function readWitnessValues(witness: WitnessFile, first: number, count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => readInteger(witness.values, (first + index) * FIELD_BYTES));
}

/** Writes a witness file from values in `[0, R)`, wire 0 first. */
export function writeWtns(values: readonly bigint[]): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(values.length * FIELD_BYTES);
  values.forEach((value, wire) => {
    writeInteger(content, wire * FIELD_BYTES, value);
  });
  return writeWtnsBytes(content);
}

/** Writes a witness file from values that are already 32 little-endian bytes each. */
export function writeWtnsBytes(values: Uint8Array): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(4 + FIELD_BYTES + 4);
  const view = new DataView(header.buffer);
  view.setUint32(0, FIELD_BYTES, true);
  writeInteger(header, 4, R);
  view.setUint32(4 + FIELD_BYTES, values.length / FIELD_BYTES, true);
  return writeSections('wtns', 2, [
    [1, [header]],
    [2, [values]],
  ]);
}
