import { R } from '../core/field.js';
import { type Curve, FIELD_BYTES, G1_BYTES, G2_BYTES } from './curve.js';
import {
  combineSteps,
  dropFirst,
  type MsmPlan,
  packFull,
  planFull,
  planSplit,
  splitScalars,
  workOfFull,
} from './msm.js';
import { multiplyG1 } from './pairing-check.js';
import { readG1, readG2 } from './point-json.js';
import type { ProofPhase } from './progress.js';
import type { Proof } from './proof.js';
import type { Prover } from './prove.js';
import { drawInteger } from './random-bytes.js';
import { loadResidentKey, type ResidentKey } from './resident-key.js';
import { computeQuotient } from './resident-quotient.js';
import { Crew, workOfTransform } from './step-board.js';
import { readWitnessValues, readWtns } from './wtns-file.js';

const G1_JACOBIAN = G1_BYTES + FIELD_BYTES;
const G2_JACOBIAN = G2_BYTES + 2 * FIELD_BYTES;

export interface ResidentOptions {
  /** Draws the two scalars that blind a proof; for tests. */
  readonly drawScalar?: () => bigint;
}

/**
 * Our own backend, on the calling thread: the key is read once and stays in WebAssembly memory with all that can be
 * computed ahead, and a proof copies nothing but its witness.
 */
export function createResidentProver(options: ResidentOptions = {}): Prover {
  let loaded: { key: Uint8Array; resident: Promise<ResidentKey> } | undefined;
  return {
    name: 'resident',
    proveUnchecked: async (key, wtns, report) => {
      if (loaded?.key !== key.zkey) loaded = { key: key.zkey, resident: loadResidentKey(key.zkey) };
      const resident = await loaded.resident;
      return proveResident(resident, wtns, new Crew(resident.curve, undefined, report), options);
    },
    close: async () => {
      loaded = undefined;
    },
  };
}

/** Makes a proof with a key that is loaded; what the crew's helpers do not do is done here. */
export function proveResident(
  resident: ResidentKey,
  wtns: Uint8Array,
  crew: Crew,
  { drawScalar = drawUniform }: ResidentOptions = {},
): { proof: Proof; publicSignals: string[] } {
  const { curve, parts, info } = resident;
  const witness = readWtns(wtns);
  const mark = curve.mark();
  try {
    const values = curve.load(witness.values);
    const split = splitScalars(curve, values, info.wireCount);
    const post = (phase: ProofPhase, plan: MsmPlan) => ({
      plan,
      steps: plan.steps.map((step) => crew.post({ kind: 'product', step }, phase)),
    });
    const a = post('A', planSplit('g1', parts.a, split));
    const b1 = post('B1', planSplit('g1', parts.b1, split));
    const b2 = post('B2', planSplit('g2', parts.b2, split));
    const c = post('C', planSplit('g1', parts.c, dropFirst(curve, split, info.publicCount + 1)));
    crew.expect(3 * workOfTransform(info.domainSize) + workOfFull(info.domainSize));
    const quotient = packFull(curve, computeQuotient(resident, values, crew), info.domainSize);
    const h = post('H', planFull('g1', parts.h, quotient));
    const collect = ({ plan, steps }: ReturnType<typeof post>) => combineSteps(curve, plan, crew.collect(steps));
    const sums = { h: collect(h), a: collect(a), b1: collect(b1), b2: collect(b2), c: collect(c) };
    const proof = blind(resident, sums, [drawScalar(), drawScalar()]);
    const publicSignals = readWitnessValues(witness, 1, info.publicCount).map(String);
    return { proof, publicSignals };
  } finally {
    curve.release(mark);
  }
}

/** Adds the fixed points and the randomness that makes the proof zero-knowledge. Sums are changed in place. */
function blind(
  { curve, parts }: ResidentKey,
  sums: { a: number; b1: number; b2: number; c: number; h: number },
  [r, s]: readonly [bigint, bigint],
): Proof {
  const { g1m_add: add, g1m_addMixed: addMixed, g2m_add: add2, g2m_addMixed: addMixed2 } = curve.call;
  const { a, b1, b2, c, h } = sums;
  const delta = curve.alloc(G1_JACOBIAN);
  curve.call.g1m_toJacobian(parts.delta1, delta);

  addMixed(a, parts.alpha1, a);
  add(a, multiplyG1(curve, delta, r), a);
  addMixed(b1, parts.beta1, b1);
  add(b1, multiplyG1(curve, delta, s), b1);
  addMixed2(b2, parts.beta2, b2);
  add2(b2, multiplyG2Affine(curve, parts.delta2, s), b2);
  add(c, h, c);
  add(c, multiplyG1(curve, a, s), c);
  add(c, multiplyG1(curve, b1, r), c);
  add(c, multiplyG1(curve, delta, R - ((r * s) % R)), c);

  const affine = curve.alloc(G2_BYTES);
  const g1 = (point: number) => {
    curve.call.g1m_toAffine(point, affine);
    return readG1(curve, affine);
  };
  const [piA, piC] = [g1(a), g1(c)];
  curve.call.g2m_toAffine(b2, affine);
  return { pi_a: piA, pi_b: readG2(curve, affine), pi_c: piC, protocol: 'groth16', curve: 'bn128' };
}

function multiplyG2Affine(curve: Curve, point: number, scalar: bigint): number {
  const result = curve.alloc(G2_JACOBIAN);
  const at = curve.alloc(FIELD_BYTES);
  curve.writeInteger(at, scalar);
  curve.call.g2m_timesScalarAffine(point, at, FIELD_BYTES, result);
  return result;
}

/** A uniform scalar: 512 random bits, so that the reduction leaves no bias. */
function drawUniform(): bigint {
  return drawInteger(64) % R;
}
