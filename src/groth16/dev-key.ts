import { createHash } from 'node:crypto';
import type { R1cs } from '../circuit/constraints.js';
import { Q, R } from '../core/field.js';
import { Curve, FIELD_BYTES, G1_BYTES, G2_BYTES, shareCurve, writeInteger } from './curve.js';
import { domainPower, evaluateColumns } from './dev-key-columns.js';
import { multiplyGenerators, type PointJob, splitJobs } from './dev-key-points.js';
import { type DevSecrets, deriveDevSecrets, digestR1cs } from './dev-key-secrets.js';
import type { VerificationKey } from './proof.js';
import { writeSections } from './section-file.js';
import { COEFFICIENT_BYTES, DEVELOPMENT_MARK, exportVerificationKey } from './zkey-file.js';

export interface DevKeyOptions {
  /** Gives another key for the same circuit. */
  readonly seed?: Uint8Array;
  /** Hears the finished share of the work, in `[0, 1]`. */
  readonly onProgress?: (share: number) => void;
  /** How many threads share the work; by default every core, or none for a small circuit. */
  readonly threads?: number;
}

/**
 * Makes a proving key straight from the constraints, offline and fast, **for development only**: its secrets follow from
 * the circuit, so that anyone can forge proofs for it. Equal circuits give equal bytes. The key is an ordinary zkey of
 * snarkjs; `readZkeyInfo` tells it by `development: true`.
 */
export async function createDevKey(
  r1cs: R1cs,
  options: DevKeyOptions = {},
): Promise<{ zkey: Uint8Array<ArrayBuffer>; verificationKey: VerificationKey }> {
  const onProgress = options.onProgress ?? (() => {});
  onProgress(0);
  const digest = digestR1cs(r1cs);
  const secrets = deriveDevSecrets(digest, options.seed);
  const publicCount = r1cs.outputCount + r1cs.publicInputCount;
  const domain = 2 ** domainPower(r1cs.constraintCount, publicCount);
  const wires = r1cs.wireCount;

  const scalars = await evaluateScalars(r1cs, secrets, domain);
  onProgress(0.05);
  const singles = [secrets.alpha, secrets.beta, secrets.delta];
  const counts = [
    ['g1', singles.length],
    ['g1', domain],
    ['g1', wires],
    ['g1', wires],
    ['g1', wires],
    ['g2', wires],
    ['g2', singles.length],
  ] as const;
  const runs: PointJob[] = [];
  let [from, to] = [0, 0];
  for (const [group, count] of counts) {
    runs.push({ group, count, from, to });
    from += count * FIELD_BYTES;
    to += count * (group === 'g1' ? G1_BYTES : G2_BYTES);
  }
  const input = new Uint8Array(new SharedArrayBuffer(from));
  const output = new Uint8Array(new SharedArrayBuffer(to));
  singles.forEach((value, index) => {
    writeInteger(input, runs[0].from + index * FIELD_BYTES, value);
    writeInteger(input, runs[6].from + index * FIELD_BYTES, value);
  });
  [scalars.h, scalars.k, scalars.a, scalars.b, scalars.b].forEach((part, index) => {
    input.set(part, runs[index + 1].from);
  });
  await multiplyGenerators(splitJobs(runs), input, output, {
    threads: options.threads,
    onProgress: (share) => onProgress(0.05 + 0.93 * share),
  });

  const part = (run: number, first: number, count: number): Uint8Array => {
    const size = runs[run].group === 'g1' ? G1_BYTES : G2_BYTES;
    return output.subarray(runs[run].to + first * size, runs[run].to + (first + count) * size);
  };
  const [alpha1, beta1, delta1] = [0, 1, 2].map((index) => part(0, index, 1));
  const [, beta2, delta2] = [0, 1, 2].map((index) => part(6, index, 1));
  const header = new Uint8Array(2 * (4 + FIELD_BYTES) + 12);
  const view = new DataView(header.buffer);
  [Q, R].forEach((prime, index) => {
    view.setUint32(index * (4 + FIELD_BYTES), FIELD_BYTES, true);
    writeInteger(header, index * (4 + FIELD_BYTES) + 4, prime);
  });
  [wires, publicCount, domain].forEach((value, index) => {
    view.setUint32(2 * (4 + FIELD_BYTES) + index * 4, value, true);
  });
  const gamma2 = await readGenerator2();
  const mark = Buffer.from(DEVELOPMENT_MARK, 'latin1');
  const hash = createHash('blake2b512')
    .update(digest)
    .update(options.seed ?? new Uint8Array());
  const circuitHash = Buffer.concat([mark, hash.digest().subarray(0, 64 - mark.length)]);

  const zkey = writeSections('zkey', 1, [
    [1, [Uint8Array.of(1, 0, 0, 0)]],
    [2, [header, alpha1, beta1, beta2, gamma2, delta1, delta2]],
    [4, [await encodeCoefficients(r1cs, publicCount)]],
    [3, [part(2, 0, publicCount + 1)]],
    [9, [part(1, 0, domain)]],
    [8, [part(2, publicCount + 1, wires - publicCount - 1)]],
    [5, [part(3, 0, wires)]],
    [6, [part(4, 0, wires)]],
    [7, [part(5, 0, wires)]],
    [10, [circuitHash, new Uint8Array(4)]],
  ]);
  const verificationKey = await exportVerificationKey(zkey);
  onProgress(1);
  return { zkey, verificationKey };
}

/** Evaluates the columns and returns them as plain integers of 32 bytes. */
async function evaluateScalars(r1cs: R1cs, secrets: DevSecrets, domain: number) {
  const curve = await Curve.create();
  const at = evaluateColumns(curve, r1cs, secrets);
  const take = (address: number, count: number): Uint8Array => {
    curve.call.frm_batchFromMontgomery(address, count, address);
    return curve.bytes.slice(address, address + count * FIELD_BYTES);
  };
  return {
    a: take(at.a, r1cs.wireCount),
    b: take(at.b, r1cs.wireCount),
    k: take(at.k, r1cs.wireCount),
    h: take(at.h, domain),
  };
}

async function readGenerator2(): Promise<Uint8Array> {
  const curve = await shareCurve();
  return curve.bytes.slice(curve.addresses.g2Generator, curve.addresses.g2Generator + G2_BYTES);
}

/**
 * The matrices A and B as snarkjs' provers read them: values times 2^512, so that a Montgomery product with a plain
 * witness value is in Montgomery form.
 */
async function encodeCoefficients(r1cs: R1cs, publicCount: number): Promise<Uint8Array> {
  const count = r1cs.a.wire.length + r1cs.b.wire.length + publicCount + 1;
  const bytes = new Uint8Array(4 + count * COEFFICIENT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, count, true);
  const shifted = (value: bigint): Uint8Array => {
    const encoded = new Uint8Array(FIELD_BYTES);
    writeInteger(encoded, 0, (value << 512n) % R);
    return encoded;
  };
  const values = r1cs.coefficients.map(shifted);
  const one = shifted(1n);
  let at = 4;
  const push = (matrix: number, row: number, wire: number, value: Uint8Array): void => {
    view.setUint32(at, matrix, true);
    view.setUint32(at + 4, row, true);
    view.setUint32(at + 8, wire, true);
    bytes.set(value, at + 12);
    at += COEFFICIENT_BYTES;
  };
  for (let row = 0; row < r1cs.constraintCount; row++) {
    [r1cs.a, r1cs.b].forEach((matrix, index) => {
      for (let term = matrix.start[row]; term < matrix.start[row + 1]; term++) {
        push(index, row, matrix.wire[term], values[matrix.coefficient[term]]);
      }
    });
  }
  for (let wire = 0; wire <= publicCount; wire++) push(0, r1cs.constraintCount + wire, wire, one);
  return bytes;
}
