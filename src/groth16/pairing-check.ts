import { Q, R } from '../core/field.js';
import { type Curve, FIELD_BYTES, G1_BYTES, G2_BYTES, GT_BYTES } from './curve.js';
import { type ParsedKey, type ParsedProof, Refusal } from './strict-json.js';

const G1_JACOBIAN = G1_BYTES + FIELD_BYTES;
const G2_JACOBIAN = G2_BYTES + 2 * FIELD_BYTES;

/** A verification key with everything computed that does not depend on a proof; plain bytes, bound to no memory. */
export interface PreparedKey {
  readonly publicCount: number;
  /** Affine points of IC. */
  readonly ic: Uint8Array;
  readonly gamma: Uint8Array;
  readonly delta: Uint8Array;
  /** The Miller loop of alpha and beta. */
  readonly alphaBeta: Uint8Array;
  /** alpha and beta themselves, for weighted sums. */
  readonly alpha: Uint8Array;
  readonly beta: Uint8Array;
}

/** Puts an affine point of G1 into memory as a Jacobian one. @throws Refusal when it is not on the curve */
export function putG1(curve: Curve, [x, y]: readonly [bigint, bigint], where: string): number {
  const point = curve.alloc(G1_JACOBIAN);
  const affine = curve.alloc(G1_BYTES);
  putBase(curve, affine, [x, y]);
  if (!curve.call.g1m_inCurveAffine(affine)) throw new Refusal(`${where} is not on the curve`);
  curve.call.g1m_toJacobian(affine, point);
  return point;
}

/** Puts a point of G2 into memory. @throws Refusal when it is not on the twist, or not in the subgroup of order R */
export function putG2(curve: Curve, [x, y]: ParsedProof['b'], where: string): number {
  const point = curve.alloc(G2_JACOBIAN);
  const affine = curve.alloc(G2_BYTES);
  putBase(curve, affine, [...x, ...y]);
  if (!curve.call.g2m_inCurveAffine(affine)) throw new Refusal(`${where} is not on the curve`);
  curve.call.g2m_toJacobian(affine, point);
  const order = curve.alloc(FIELD_BYTES);
  const multiple = curve.alloc(G2_JACOBIAN);
  curve.writeInteger(order, R);
  curve.call.g2m_timesScalar(point, order, FIELD_BYTES, multiple);
  if (!curve.call.g2m_isZero(multiple)) throw new Refusal(`${where} is not in the subgroup`);
  return point;
}

function putBase(curve: Curve, address: number, values: readonly bigint[]): void {
  values.forEach((value, index) => {
    if (value >= Q) throw new RangeError('a coordinate is not below Q');
    curve.writeInteger(address + index * FIELD_BYTES, value);
    curve.call.f1m_toMontgomery(address + index * FIELD_BYTES, address + index * FIELD_BYTES);
  });
}

/** Makes the lines of a G2 point for Miller loops; returns their address. */
export function prepareG2(curve: Curve, point: number): number {
  const prepared = curve.alloc(curve.addresses.preparedG2Bytes);
  curve.call.bn128_prepareG2(point, prepared);
  return prepared;
}

/** Runs a Miller loop; returns the address of its value. */
export function runMiller(curve: Curve, point: number, preparedG2: number): number {
  const prepared = curve.alloc(curve.addresses.preparedG1Bytes);
  const value = curve.alloc(GT_BYTES);
  if (curve.call.g1m_isZero(point)) {
    curve.call.ftm_one(value);
    return value;
  }
  curve.call.bn128_prepareG1(point, prepared);
  curve.call.bn128_millerLoop(prepared, preparedG2, value);
  return value;
}

/** Whether the product of Miller values, after the final exponentiation, is one. */
export function productIsOne(curve: Curve, values: readonly number[]): boolean {
  const product = curve.alloc(GT_BYTES);
  curve.call.ftm_one(product);
  for (const value of values) curve.call.ftm_mul(product, value, product);
  curve.call.bn128_finalExponentiation(product, product);
  return curve.call.ftm_isOne(product) !== 0;
}

/** Checks a key's points and precomputes. @throws Refusal */
export function prepareKey(curve: Curve, key: ParsedKey): PreparedKey {
  const mark = curve.mark();
  try {
    const take = (address: number, size: number) => curve.bytes.slice(address, address + size);
    const alpha = putG1(curve, key.alpha1, 'vk_alpha_1');
    const beta = putG2(curve, key.beta2, 'vk_beta_2');
    const [gamma, delta] = [putG2(curve, key.gamma2, 'vk_gamma_2'), putG2(curve, key.delta2, 'vk_delta_2')];
    const lines = curve.addresses.preparedG2Bytes;
    const ic = new Uint8Array(key.ic.length * G1_BYTES);
    key.ic.forEach((point, index) => {
      const inner = curve.mark();
      const affine = curve.alloc(G1_BYTES);
      curve.call.g1m_toAffine(putG1(curve, point, `IC[${index}]`), affine);
      ic.set(take(affine, G1_BYTES), index * G1_BYTES);
      curve.release(inner);
    });
    const preparedBeta = prepareG2(curve, beta);
    return {
      publicCount: key.ic.length - 1,
      ic,
      gamma: take(prepareG2(curve, gamma), lines),
      delta: take(prepareG2(curve, delta), lines),
      alphaBeta: take(runMiller(curve, alpha, preparedBeta), GT_BYTES),
      alpha: take(alpha, G1_JACOBIAN),
      beta: take(preparedBeta, lines),
    };
  } finally {
    curve.release(mark);
  }
}

/** `Σ scalar_i · point_i` over affine points of G1; the scalars are below R. Returns a Jacobian point. */
export function combineG1(curve: Curve, points: number, scalars: readonly bigint[]): number {
  const sum = curve.alloc(G1_JACOBIAN);
  const at = curve.alloc(scalars.length * FIELD_BYTES);
  scalars.forEach((scalar, index) => {
    curve.writeInteger(at + index * FIELD_BYTES, scalar);
  });
  curve.call.g1m_multiexpAffine(points, at, FIELD_BYTES, scalars.length, sum);
  return sum;
}

/** `scalar · point` for a Jacobian point of G1 and a scalar below 2^256. */
export function multiplyG1(curve: Curve, point: number, scalar: bigint): number {
  const result = curve.alloc(G1_JACOBIAN);
  const at = curve.alloc(FIELD_BYTES);
  curve.writeInteger(at, scalar);
  curve.call.g1m_timesScalar(point, at, FIELD_BYTES, result);
  return result;
}
