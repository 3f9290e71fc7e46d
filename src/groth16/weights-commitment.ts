import { createHash, randomBytes } from 'node:crypto';
import { R } from '../core/field.js';
import { type Curve, FIELD_BYTES, G1_BYTES, shareCurve } from './curve.js';
import { combineG1, multiplyG1, putG1 } from './pairing-check.js';
import { readG1 } from './point-json.js';
import type { G1Json, VerificationKey } from './proof.js';
import { parseG1, parseKey, parsePublicSignals, Refusal } from './strict-json.js';
import { explain, type Verdict } from './verify.js';

/**
 * A commitment to the last public inputs of a circuit, `C = Σ s_i · IC_i` over their points of the verification key, with a
 * proof that somebody knows the s_i. The last of them is a blinding that nothing else depends on, so C hides the others.
 */
export interface WeightsCommitment {
  readonly point: G1Json;
  /** `T = Σ k_i · IC_i` for fresh k_i. */
  readonly nonce: G1Json;
  /** `z_i = k_i + c · s_i`, decimals; c is the hash of key, label, point and nonce. */
  readonly responses: readonly string[];
}

/** Separates these challenges from all other hashes. */
const DOMAIN = 'zkinfer/weights/v1';

/** A scalar from the system's randomness, uniform but for 2^-250. */
export function drawScalar(): bigint {
  return BigInt(`0x${randomBytes(FIELD_BYTES * 2).toString('hex')}`) % R;
}

/**
 * Commits to scalars and proves knowledge of them.
 * @param base the key of the setup
 * @param scalars values of the last `scalars.length` public inputs, the blinding last
 * @param label what else the proof is to be bound to
 */
export async function commitWeights(
  base: VerificationKey,
  scalars: readonly bigint[],
  label: string,
): Promise<WeightsCommitment> {
  const curve = await shareCurve();
  const mark = curve.mark();
  try {
    const points = loadLastPoints(curve, base, scalars.length);
    const masks = scalars.map(drawScalar);
    const [point, nonce] = [scalars, masks].map((list) => toJson(curve, combineG1(curve, points, list)));
    const challenge = drawChallenge(base, label, point, nonce);
    return { point, nonce, responses: masks.map((mask, i) => String((mask + challenge * scalars[i]) % R)) };
  } finally {
    curve.release(mark);
  }
}

/**
 * Whether somebody knew an opening of the commitment over the last points of this key. Total: whatever the arguments are, it
 * answers. Without this proof a commitment says nothing: `C = -Σ y_i · IC_i` over the statement's own points makes a key
 * under which statements can be chosen.
 * @param count public inputs that the commitment replaces
 */
export async function checkWeights(
  base: unknown,
  count: number,
  commitment: { readonly point: unknown; readonly nonce: unknown; readonly responses: unknown },
  label: string,
): Promise<Verdict> {
  const curve = await shareCurve();
  const mark = curve.mark();
  try {
    const key = requireContribution(base);
    if (!(count > 0 && count <= key.nPublic))
      throw new Refusal(`a key of ${key.nPublic} public signals has no ${count} that weights could take`);
    if (new Set(key.IC.slice(-count).map(String)).size < count)
      throw new Refusal('two weights share a point of the key: they could be exchanged');
    const responses = parsePublicSignals(commitment.responses, count);
    const [point, nonce] = (['point', 'nonce'] as const).map((name) =>
      putG1(curve, parseG1(commitment[name], `${name} of the commitment`), `${name} of the commitment`),
    );
    const challenge = drawChallenge(key, label, commitment.point as G1Json, commitment.nonce as G1Json);
    const left = combineG1(curve, loadLastPoints(curve, key, count), responses);
    const right = multiplyG1(curve, point, challenge);
    curve.call.g1m_add(right, nonce, right);
    if (!curve.call.g1m_eq(left, right)) throw new Refusal('nobody has shown to know what the commitment is to');
    return { valid: true };
  } catch (error) {
    return explain(error);
  } finally {
    curve.release(mark);
  }
}

/** The verification key of one model: the commitment joins the constant point, its public inputs go. */
export async function foldWeights(base: VerificationKey, count: number, point: G1Json): Promise<VerificationKey> {
  const curve = await shareCurve();
  const mark = curve.mark();
  try {
    const sum = putG1(curve, parseG1(base.IC[0], 'IC[0]'), 'IC[0]');
    curve.call.g1m_add(sum, putG1(curve, parseG1(point, 'commitment'), 'commitment'), sum);
    const kept = base.nPublic - count;
    return { ...base, nPublic: kept, IC: [toJson(curve, sum), ...base.IC.slice(1, kept + 1)] };
  } finally {
    curve.release(mark);
  }
}

/** A key that was read strictly and that somebody contributed to. @throws Refusal */
function requireContribution(base: unknown): VerificationKey {
  parseKey(base);
  const key = base as VerificationKey;
  if (JSON.stringify(key.vk_gamma_2) === JSON.stringify(key.vk_delta_2))
    throw new Refusal('the key of the setup has no contribution: every statement could be forged under it');
  return key;
}

/** Puts the last `count` points of IC into memory, affine. */
function loadLastPoints(curve: Curve, key: VerificationKey, count: number): number {
  const points = curve.alloc(count * G1_BYTES);
  key.IC.slice(key.IC.length - count).forEach((point, i) => {
    const inner = curve.mark();
    curve.call.g1m_toAffine(putG1(curve, parseG1(point, 'IC'), `IC[${i}]`), points + i * G1_BYTES);
    curve.release(inner);
  });
  return points;
}

function toJson(curve: Curve, point: number): G1Json {
  const affine = curve.alloc(G1_BYTES);
  curve.call.g1m_toAffine(point, affine);
  return readG1(curve, affine);
}

/** The challenge depends on all of the key, so a proof for one setup is none for another. */
function drawChallenge(key: VerificationKey, label: string, point: G1Json, nonce: G1Json): bigint {
  const { vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC } = key;
  const said = [DOMAIN, vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC, label, point, nonce];
  return BigInt(`0x${createHash('sha512').update(JSON.stringify(said)).digest('hex')}`) % R;
}
