import { Q, R } from '../core/field.js';
import { toHex } from '../core/hex.js';
import { type Curve, FIELD_BYTES, G1_BYTES, G2_BYTES, GT_BYTES, readInteger, shareCurve } from './curve.js';
import { readG1, readG2, readGt } from './point-json.js';
import type { VerificationKey } from './proof.js';
import { needSection, readSections, refuseArtifact, type Section } from './section-file.js';
import { type Contribution, readContributions } from './zkey-contributions.js';

/** Bytes of one coefficient of section 4: matrix, constraint, wire, value. */
export const COEFFICIENT_BYTES = 12 + FIELD_BYTES;
/** The largest domain: the scalar field has roots of unity up to 2^28 and the quotient needs one of twice the size. */
const MAX_DOMAIN = 2 ** 27;

/** Facts of a proving key. */
export interface ZkeyInfo {
  readonly wireCount: number;
  /** Public signals, without the constant one. */
  readonly publicCount: number;
  /** A power of two above constraints + public signals. */
  readonly domainSize: number;
  readonly coefficientCount: number;
  /** True when nobody contributed: then anyone can forge a proof of anything. */
  readonly gammaEqualsDelta: boolean;
  /** True for a key made by `createDevKey`, whose secrets are known to everyone. */
  readonly development: boolean;
  /** The hash of the circuit part of the key, hexadecimal. */
  readonly circuitHash: string;
  readonly contributions: readonly Contribution[];
  /** Contributions that somebody made with a secret; beacons do not count. */
  readonly independentContributions: number;
}

/** A proving key whose structure was checked, with the place of each part. */
export interface ZkeyLayout {
  readonly info: ZkeyInfo;
  readonly alpha1: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly gamma2: number;
  readonly delta1: number;
  readonly delta2: number;
  readonly ic: Section;
  readonly coefficients: Section;
  readonly a: Section;
  readonly b1: Section;
  readonly b2: Section;
  readonly c: Section;
  readonly h: Section;
}

/** The first 16 bytes of the circuit hash of a development key. */
export const DEVELOPMENT_MARK = 'zkinfer dev key\n';

/**
 * Checks the structure of a Groth16 key over BN254: sections, sizes, primes, indices, coordinates below Q. Points are not
 * checked to lie on their curves: the digest of the file stands for its content.
 * @throws ZkinferError `ARTIFACT_DAMAGED`
 */
export function readZkeyLayout(zkey: Uint8Array): ZkeyLayout {
  const sections = readSections(zkey, 'zkey', 1);
  const view = new DataView(zkey.buffer, zkey.byteOffset, zkey.byteLength);
  const need = (type: number, size?: number) => needSection(sections, 'zkey', type, size);
  const refuse = (problem: string) => refuseArtifact('zkey', problem);

  const protocol = view.getUint32(need(1, 4).offset, true);
  if (protocol !== 1) throw refuse(`protocol ${protocol} is not Groth16`);
  let at = need(2, 2 * (4 + FIELD_BYTES) + 12 + 3 * G1_BYTES + 3 * G2_BYTES).offset;
  for (const prime of [Q, R]) {
    if (view.getUint32(at, true) !== FIELD_BYTES || readInteger(zkey, at + 4) !== prime)
      throw refuse('its curve is not BN254');
    at += 4 + FIELD_BYTES;
  }
  const wireCount = view.getUint32(at, true);
  const publicCount = view.getUint32(at + 4, true);
  const domainSize = view.getUint32(at + 8, true);
  if (wireCount < publicCount + 1) throw refuse(`${wireCount} wires cannot hold ${publicCount} public signals`);
  if (domainSize < 2 || domainSize > MAX_DOMAIN || (domainSize & (domainSize - 1)) !== 0) {
    throw refuse(`a domain of ${domainSize} is not a power of two up to 2^27`);
  }
  const alpha1 = at + 12;
  const beta1 = alpha1 + G1_BYTES;
  const beta2 = beta1 + G1_BYTES;
  const gamma2 = beta2 + G2_BYTES;
  const delta1 = gamma2 + G2_BYTES;
  const delta2 = delta1 + G1_BYTES;

  const parts = {
    ic: need(3, G1_BYTES * (publicCount + 1)),
    coefficients: need(4),
    a: need(5, G1_BYTES * wireCount),
    b1: need(6, G1_BYTES * wireCount),
    b2: need(7, G2_BYTES * wireCount),
    c: need(8, G1_BYTES * (wireCount - publicCount - 1)),
    h: need(9, G1_BYTES * domainSize),
  };
  const vkPoints = { offset: alpha1, size: 3 * (G1_BYTES + G2_BYTES) };
  for (const points of [vkPoints, parts.ic, parts.a, parts.b1, parts.b2, parts.c, parts.h])
    checkCoordinates(zkey, points);
  const coefficientCount = checkCoefficients(view, parts.coefficients, wireCount, domainSize);
  const { circuitHash, contributions } = readContributions(zkey, need(10));
  const mark = toHex(new TextEncoder().encode(DEVELOPMENT_MARK));
  const info: ZkeyInfo = {
    wireCount,
    publicCount,
    domainSize,
    coefficientCount,
    gammaEqualsDelta: equalBytes(zkey.subarray(gamma2, delta1), zkey.subarray(delta2, delta2 + G2_BYTES)),
    development: circuitHash.startsWith(mark),
    circuitHash,
    contributions,
    independentContributions: contributions.filter((contribution) => contribution.kind === 'contribution').length,
  };
  return { info, alpha1, beta1, beta2, gamma2, delta1, delta2, ...parts };
}

/** The facts alone. @throws ZkinferError `ARTIFACT_DAMAGED` */
export function readZkeyInfo(zkey: Uint8Array): ZkeyInfo {
  return readZkeyLayout(zkey).info;
}

/**
 * Takes the verification key out of a proving key, equal to what snarkjs exports.
 * @throws ZkinferError `ARTIFACT_DAMAGED`
 */
export async function exportVerificationKey(zkey: Uint8Array): Promise<VerificationKey> {
  const layout = readZkeyLayout(zkey);
  const curve = await shareCurve();
  const mark = curve.mark();
  try {
    return readVerificationKey(curve, zkey, layout);
  } finally {
    curve.release(mark);
  }
}

function readVerificationKey(curve: Curve, zkey: Uint8Array, layout: ZkeyLayout): VerificationKey {
  const g1 = (offset: number) => curve.load(zkey.subarray(offset, offset + G1_BYTES));
  const g2 = (offset: number) => curve.load(zkey.subarray(offset, offset + G2_BYTES));
  const [alpha, beta] = [g1(layout.alpha1), g2(layout.beta2)];
  const alphaJacobian = curve.alloc(G1_BYTES + FIELD_BYTES);
  const betaJacobian = curve.alloc(G2_BYTES + 2 * FIELD_BYTES);
  const product = curve.alloc(GT_BYTES);
  curve.call.g1m_toJacobian(alpha, alphaJacobian);
  curve.call.g2m_toJacobian(beta, betaJacobian);
  curve.call.bn128_pairing(alphaJacobian, betaJacobian, product);
  const ic = Array.from({ length: layout.info.publicCount + 1 }, (_, index) =>
    readG1(curve, g1(layout.ic.offset + index * G1_BYTES)),
  );
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: layout.info.publicCount,
    vk_alpha_1: readG1(curve, alpha),
    vk_beta_2: readG2(curve, beta),
    vk_gamma_2: readG2(curve, g2(layout.gamma2)),
    vk_delta_2: readG2(curve, g2(layout.delta2)),
    vk_alphabeta_12: readGt(curve, product),
    IC: ic,
  };
}

function checkCoefficients(view: DataView, section: Section, wireCount: number, domainSize: number): number {
  if (section.size < 4) throw refuseArtifact('zkey', 'its coefficients have no count');
  const count = view.getUint32(section.offset, true);
  if (section.size !== 4 + count * COEFFICIENT_BYTES) {
    throw refuseArtifact('zkey', `${count} coefficients do not fill ${section.size} bytes`);
  }
  const end = section.offset + section.size;
  for (let at = section.offset + 4; at < end; at += COEFFICIENT_BYTES) {
    const inside =
      view.getUint32(at, true) < 2 &&
      view.getUint32(at + 4, true) < domainSize &&
      view.getUint32(at + 8, true) < wireCount;
    if (!inside) throw refuseArtifact('zkey', 'a coefficient points outside the circuit');
  }
  return count;
}

/** Arithmetic on numbers that are not reduced may never end. */
function checkCoordinates(zkey: Uint8Array, section: Section): void {
  const view = new DataView(zkey.buffer, zkey.byteOffset + section.offset, section.size);
  const highest = Number(Q >> 224n);
  for (let at = 0; at < section.size; at += FIELD_BYTES) {
    if (view.getUint32(at + 28, true) >= highest && readInteger(zkey, section.offset + at) >= Q) {
      throw refuseArtifact('zkey', 'a coordinate is not below the base field order');
    }
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
