import type { R1cs, SparseMatrix } from '../../src/circuit/constraints.js';
import { R } from '../../src/core/field.js';
import { writeInteger } from '../../src/groth16/curve.js';
import { writeSections } from '../../src/groth16/section-file.js';

/** Writes the `.r1cs` file of a constraint system, for the tools that read nothing else. */
export function writeR1csFile(r1cs: R1cs): Uint8Array {
  const header = new Uint8Array(4 + 32 + 28);
  const view = new DataView(header.buffer);
  view.setUint32(0, 32, true);
  writeInteger(header, 4, R);
  const counts = [r1cs.wireCount, r1cs.outputCount, r1cs.publicInputCount, r1cs.privateInputCount];
  counts.forEach((count, index) => {
    view.setUint32(36 + 4 * index, count, true);
  });
  view.setBigUint64(52, BigInt(r1cs.wireCount), true);
  view.setUint32(60, r1cs.constraintCount, true);
  const rows: Uint8Array[] = [];
  for (let row = 0; row < r1cs.constraintCount; row++) {
    for (const matrix of [r1cs.a, r1cs.b, r1cs.c]) rows.push(encodeRow(r1cs, matrix, row));
  }
  const labels = new Uint8Array(new BigUint64Array(r1cs.wireCount).map((_, wire) => BigInt(wire)).buffer);
  return writeSections('r1cs', 1, [
    [1, [header]],
    [2, rows],
    [3, [labels]],
  ]);
}

function encodeRow(r1cs: R1cs, matrix: SparseMatrix, row: number): Uint8Array {
  const terms = Array.from({ length: matrix.start[row + 1] - matrix.start[row] }, (_, at) => matrix.start[row] + at);
  terms.sort((a, b) => matrix.wire[a] - matrix.wire[b]);
  const bytes = new Uint8Array(4 + terms.length * 36);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, terms.length, true);
  terms.forEach((term, index) => {
    view.setUint32(4 + index * 36, matrix.wire[term], true);
    writeInteger(bytes, 8 + index * 36, r1cs.coefficients[matrix.coefficient[term]]);
  });
  return bytes;
}
