import { createHash } from 'node:crypto';
import { ZkinferError } from '../core/error.js';
import { Q, R } from '../core/field.js';
import { Curve, FIELD_BYTES, writeInteger } from './curve.js';
import type { DevKeyOptions } from './dev-key.js';
import { evaluateLagrange } from './dev-key-columns.js';
import { multiplyGenerators, type PointJob, splitJobs } from './dev-key-points.js';
import { pointBytes } from './fixed-base.js';
import { writeSections } from './section-file.js';
import { rootOfUnity } from './transform-tables.js';

/** Above that the file and its making take minutes and gigabytes. */
const MAX_POWER = 20;

/** One section of the file: its number, its group, and its scalars. */
interface PointSection {
  readonly type: number;
  readonly group: 'g1' | 'g2';
  readonly scalars: Uint8Array;
}

/**
 * Makes a powers-of-tau file, prepared for phase 2, **for development only**: its secrets follow from power and seed. It
 * holds no contribution, so that no production setup takes it. Equal arguments give equal bytes.
 * @param power from 1 to 20: the file serves circuits with constraints + public signals below 2^power
 * @throws ZkinferError `PTAU_POWER`
 */
export async function createDevPtau(power: number, options: DevKeyOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  if (!Number.isInteger(power) || power < 1 || power > MAX_POWER) {
    throw new ZkinferError({
      code: 'PTAU_POWER',
      kind: 'usage',
      message: `A development powers-of-tau file has a power from 1 to ${MAX_POWER}.`,
      hint: 'Use a published file for larger circuits.',
    });
  }
  const sections = await computeSections(power, options.seed);
  const runs: PointJob[] = [];
  let [from, to] = [0, 0];
  for (const { group, scalars } of sections) {
    const count = scalars.length / FIELD_BYTES;
    runs.push({ group, count, from, to });
    from += scalars.length;
    to += count * pointBytes(group);
  }
  const input = new Uint8Array(new SharedArrayBuffer(from));
  const output = new Uint8Array(new SharedArrayBuffer(to));
  sections.forEach(({ scalars }, index) => {
    input.set(scalars, runs[index].from);
  });
  await multiplyGenerators(splitJobs(runs), input, output, {
    threads: options.threads,
    onProgress: options.onProgress ?? (() => {}),
  });
  const header = new Uint8Array(4 + FIELD_BYTES + 8);
  const view = new DataView(header.buffer);
  view.setUint32(0, FIELD_BYTES, true);
  writeInteger(header, 4, Q);
  view.setUint32(4 + FIELD_BYTES, power, true);
  view.setUint32(8 + FIELD_BYTES, power, true);
  const points = sections.map(({ type, group }, index): [number, Uint8Array[]] => {
    const { to: start, count } = runs[index];
    return [type, [output.subarray(start, start + count * pointBytes(group))]];
  });
  return writeSections('ptau', 1, [[1, [header]], ...points, [7, [new Uint8Array(4)]]]);
}

async function computeSections(power: number, seed: Uint8Array = new Uint8Array()): Promise<PointSection[]> {
  const curve = await Curve.create();
  const derive = (label: string): bigint => {
    const hash = createHash('sha512').update(`zkinfer development powers of tau 1 ${power} ${label}\n`).update(seed);
    return BigInt(`0x${hash.digest('hex')}`) % R;
  };
  const [tau, alpha, beta] = [derive('tau'), derive('alpha'), derive('beta')];
  const size = 2 ** power;
  const lagrange = (factor: bigint, powers: number): Uint8Array => {
    const parts = Array.from({ length: powers }, (_, level) => {
      const points = { first: 0, step: 1, count: 2 ** level, factor };
      return takeIntegers(curve, evaluateLagrange(curve, level, tau, points), 2 ** level);
    });
    return joinBytes(parts);
  };
  return [
    { type: 2, group: 'g1', scalars: powersOf(curve, tau, 1n, 2 * size - 1) },
    { type: 3, group: 'g2', scalars: powersOf(curve, tau, 1n, size) },
    { type: 4, group: 'g1', scalars: powersOf(curve, tau, alpha, size) },
    { type: 5, group: 'g1', scalars: powersOf(curve, tau, beta, size) },
    { type: 6, group: 'g2', scalars: powersOf(curve, tau, beta, 1) },
    { type: 12, group: 'g1', scalars: joinBytes([lagrange(1n, power + 1), doubleLevel(curve, power + 1, tau)]) },
    { type: 13, group: 'g2', scalars: lagrange(1n, power + 1) },
    { type: 14, group: 'g1', scalars: lagrange(alpha, power + 1) },
    { type: 15, group: 'g1', scalars: lagrange(beta, power + 1) },
  ];
}

/** `first · base^i` for i below `count`, as plain integers. */
function powersOf(curve: Curve, base: bigint, first: bigint, count: number): Uint8Array {
  const at = curve.alloc(count * FIELD_BYTES);
  const [current, step] = [curve.putScalar(first), curve.putScalar(base)];
  for (let index = 0; index < count; index++) {
    curve.call.frm_copy(current, at + index * FIELD_BYTES);
    curve.call.frm_mul(current, step, current);
  }
  return takeIntegers(curve, at, count);
}

/**
 * The Lagrange forms of the size above the file's. Section 2 ends one power early, and preparation takes the missing
 * one for zero: each form lacks its share `root^i · tau^(size-1) / size`.
 */
function doubleLevel(curve: Curve, level: number, tau: bigint): Uint8Array {
  const size = 2 ** level;
  const at = evaluateLagrange(curve, level, tau, { first: 0, step: 1, count: size, factor: 1n });
  const exponent = curve.alloc(FIELD_BYTES);
  const share = curve.putScalar(tau);
  curve.writeInteger(exponent, BigInt(size - 1));
  curve.call.frm_exp(share, exponent, FIELD_BYTES, share);
  const inverseSize = curve.putScalar(BigInt(size));
  curve.call.frm_inverse(inverseSize, inverseSize);
  curve.call.frm_mul(share, inverseSize, share);
  const root = curve.putScalar(rootOfUnity(size));
  for (let index = 0; index < size; index++) {
    curve.call.frm_sub(at + index * FIELD_BYTES, share, at + index * FIELD_BYTES);
    curve.call.frm_mul(share, root, share);
  }
  return takeIntegers(curve, at, size);
}

function takeIntegers(curve: Curve, address: number, count: number): Uint8Array {
  curve.call.frm_batchFromMontgomery(address, count, address);
  return curve.bytes.slice(address, address + count * FIELD_BYTES);
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
