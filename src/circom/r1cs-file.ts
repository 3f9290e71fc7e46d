import type { R1cs, SparseMatrix } from '../circuit/constraints.js';
import { ZkinferError } from '../core/error.js';
import { R } from '../core/field.js';

const MAGIC = 0x73633172; // "r1cs", little-endian
const FIELD_BYTES = 32;
const TERM_BYTES = 4 + FIELD_BYTES;
const HEADER_BYTES = 4 + FIELD_BYTES + 4 * 4 + 8 + 4;

function damaged(fact: string): ZkinferError {
  return new ZkinferError({
    code: 'R1CS_DAMAGED',
    kind: 'artifact',
    message: 'not a complete .r1cs file for BN254',
    facts: [fact],
    hint: 'compile the circuit again',
  });
}

interface Section {
  readonly at: number;
  readonly size: number;
}

/** Finds the sections; every byte of the file belongs to exactly one. */
function readSections(view: DataView): Map<number, Section> {
  if (view.byteLength < 12) throw damaged(`${view.byteLength} bytes are too few`);
  if (view.getUint32(0, true) !== MAGIC) throw damaged('the file does not begin with "r1cs"');
  if (view.getUint32(4, true) !== 1) throw damaged(`version ${view.getUint32(4, true)}, expected 1`);
  const count = view.getUint32(8, true);
  if (count > 16) throw damaged(`${count} sections`);
  const sections = new Map<number, Section>();
  let at = 12;
  for (let i = 0; i < count; i++) {
    if (at + 12 > view.byteLength) throw damaged('the file ends inside a section header');
    const type = view.getUint32(at, true);
    const size = view.getBigUint64(at + 4, true);
    at += 12;
    if (size > BigInt(view.byteLength - at)) throw damaged(`section ${type} of ${size} bytes runs past the end`);
    if (sections.has(type)) throw damaged(`section ${type} appears twice`);
    sections.set(type, { at, size: Number(size) });
    at += Number(size);
  }
  if (at !== view.byteLength) throw damaged(`${view.byteLength - at} bytes follow the last section`);
  return sections;
}

function sectionOf(sections: Map<number, Section>, type: number): Section {
  const section = sections.get(type);
  if (!section) throw damaged(`section ${type} is missing`);
  return section;
}

function readField(view: DataView, at: number): bigint {
  let value = 0n;
  for (let limb = 3; limb >= 0; limb--) value = (value << 64n) | view.getBigUint64(at + 8 * limb, true);
  return value;
}

/** Collects one matrix while constraints are read row by row. */
class MatrixReader {
  readonly start: Uint32Array;
  private wire = new Uint32Array(1 << 12);
  private coefficient = new Uint32Array(1 << 12);
  private terms = 0;

  constructor(rows: number) {
    this.start = new Uint32Array(rows + 1);
  }

  add(wire: number, coefficient: number): void {
    if (this.terms === this.wire.length) {
      this.wire = doubled(this.wire);
      this.coefficient = doubled(this.coefficient);
    }
    this.wire[this.terms] = wire;
    this.coefficient[this.terms++] = coefficient;
  }

  endRow(row: number): void {
    this.start[row + 1] = this.terms;
  }

  finish(): SparseMatrix {
    return {
      start: this.start,
      wire: this.wire.slice(0, this.terms),
      coefficient: this.coefficient.slice(0, this.terms),
    };
  }
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Interns coefficients by their bytes; few are distinct, so bigints are made for those only. */
class CoefficientReader {
  readonly values: bigint[] = [];
  private readonly buckets = new Map<number, number[]>();
  private readonly places: number[] = [];

  constructor(private readonly view: DataView) {}

  /** Position of the coefficient at a byte offset, -1 for zero, undefined outside the field. */
  read(at: number): number | undefined {
    const key = this.view.getUint32(at, true) * 2 ** 20 + (this.view.getUint32(at + 28, true) & 0xfffff);
    const bucket = this.buckets.get(key) ?? [];
    for (const known of bucket)
      if (this.sameBytes(this.places[known], at)) return this.values[known] === 0n ? -1 : known;
    const value = readField(this.view, at);
    if (value >= R) return undefined;
    bucket.push(this.values.length);
    this.buckets.set(key, bucket);
    this.places.push(at);
    this.values.push(value);
    return value === 0n ? -1 : this.values.length - 1;
  }

  private sameBytes(p: number, q: number): boolean {
    for (let i = 0; i < FIELD_BYTES; i += 4)
      if (this.view.getUint32(p + i, true) !== this.view.getUint32(q + i, true)) return false;
    return true;
  }
}

/**
 * Reads a `.r1cs` file, as circom writes it, strictly.
 * @throws ZkinferError R1CS_DAMAGED for anything else: wrong magic, sizes that do not add up, trailing bytes, another field
 */
export function readR1cs(bytes: Uint8Array): R1cs {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sections = readSections(view);
  const header = sectionOf(sections, 1);
  if (header.size !== HEADER_BYTES) throw damaged(`the header has ${header.size} bytes, expected ${HEADER_BYTES}`);
  if (view.getUint32(header.at, true) !== FIELD_BYTES || readField(view, header.at + 4) !== R)
    throw damaged('the field is not that of BN254');
  const counts = [0, 1, 2, 3].map((i) => view.getUint32(header.at + 36 + 4 * i, true));
  const [wireCount, outputCount, publicInputCount, privateInputCount] = counts;
  const constraintCount = view.getUint32(header.at + 60, true);
  if (1 + outputCount + publicInputCount + privateInputCount > wireCount) throw damaged('more signals than wires');
  const body = sectionOf(sections, 2);
  if (constraintCount * 12 > body.size) throw damaged(`${constraintCount} constraints in ${body.size} bytes`);
  const map = sectionOf(sections, 3);
  if (map.size !== 8 * wireCount) throw damaged(`${map.size} bytes of labels for ${wireCount} wires`);
  const coefficients = new CoefficientReader(view);
  const matrices = [0, 1, 2].map(() => new MatrixReader(constraintCount));
  const end = body.at + body.size;
  let at = body.at;
  for (let row = 0; row < constraintCount; row++) {
    for (const matrix of matrices) {
      if (at + 4 > end) throw damaged('the constraints end early');
      const terms = view.getUint32(at, true);
      at += 4;
      if (terms * TERM_BYTES > end - at) throw damaged(`constraint ${row} runs past its section`);
      for (let t = 0; t < terms; t++) {
        const wire = view.getUint32(at, true);
        if (wire >= wireCount) throw damaged(`constraint ${row} names wire ${wire} of ${wireCount}`);
        const coefficient = coefficients.read(at + 4);
        if (coefficient === undefined) throw damaged(`constraint ${row} has a coefficient outside the field`);
        if (coefficient >= 0) matrix.add(wire, coefficient);
        at += TERM_BYTES;
      }
      matrix.endRow(row);
    }
  }
  if (at !== end) throw damaged(`${end - at} bytes follow the last constraint`);
  const [a, b, c] = matrices.map((matrix) => matrix.finish());
  return {
    wireCount,
    outputCount,
    publicInputCount,
    privateInputCount,
    constraintCount,
    a,
    b,
    c,
    coefficients: coefficients.values,
  };
}

/** Writes a `.r1cs` file that snarkjs reads; wires are their own labels. */
export function encodeR1cs(r1cs: R1cs): Uint8Array {
  const matrices = [r1cs.a, r1cs.b, r1cs.c];
  const terms = matrices.reduce((sum, matrix) => sum + matrix.wire.length, 0);
  const bodyBytes = r1cs.constraintCount * 12 + terms * TERM_BYTES;
  const bytes = new Uint8Array(12 + 3 * 12 + HEADER_BYTES + bodyBytes + 8 * r1cs.wireCount);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const u32 = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const u64 = (value: number) => {
    view.setBigUint64(at, BigInt(value), true);
    at += 8;
  };
  const field = (value: bigint) => {
    for (let limb = 0; limb < 4; limb++)
      view.setBigUint64(at + 8 * limb, BigInt.asUintN(64, value >> BigInt(64 * limb)), true);
    at += FIELD_BYTES;
  };
  u32(MAGIC);
  u32(1);
  u32(3);
  u32(1);
  u64(HEADER_BYTES);
  u32(FIELD_BYTES);
  field(R);
  for (const count of [r1cs.wireCount, r1cs.outputCount, r1cs.publicInputCount, r1cs.privateInputCount]) u32(count);
  u64(r1cs.wireCount);
  u32(r1cs.constraintCount);
  u32(2);
  u64(bodyBytes);
  const encoded = encodeCoefficients(r1cs.coefficients);
  for (let row = 0; row < r1cs.constraintCount; row++) {
    for (const matrix of matrices) {
      const order = sortedTerms(matrix, row);
      u32(order.length);
      for (const t of order) {
        u32(matrix.wire[t]);
        bytes.set(encoded.subarray(matrix.coefficient[t] * FIELD_BYTES, (matrix.coefficient[t] + 1) * FIELD_BYTES), at);
        at += FIELD_BYTES;
      }
    }
  }
  u32(3);
  u64(8 * r1cs.wireCount);
  for (let wire = 0; wire < r1cs.wireCount; wire++) u64(wire);
  return bytes;
}

/** Terms of a row by ascending wire, as circom writes them. */
function sortedTerms(matrix: SparseMatrix, row: number): number[] {
  const order: number[] = [];
  let sorted = true;
  for (let t = matrix.start[row]; t < matrix.start[row + 1]; t++) {
    if (order.length > 0 && matrix.wire[t] < matrix.wire[t - 1]) sorted = false;
    order.push(t);
  }
  return sorted ? order : order.sort((p, q) => matrix.wire[p] - matrix.wire[q]);
}

function encodeCoefficients(coefficients: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(coefficients.length * FIELD_BYTES);
  const view = new DataView(bytes.buffer);
  coefficients.forEach((value, i) => {
    for (let limb = 0; limb < 4; limb++)
      view.setBigUint64(i * FIELD_BYTES + 8 * limb, BigInt.asUintN(64, value >> BigInt(64 * limb)), true);
  });
  return bytes;
}
