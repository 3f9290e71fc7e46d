import { shareCurve } from './curve.js';
import {
  combineG1,
  type PreparedKey,
  prepareG2,
  prepareKey,
  productIsOne,
  putG1,
  putG2,
  runMiller,
} from './pairing-check.js';
import { type ParsedProof, parseKey, parseProof, parsePublicSignals, Refusal } from './strict-json.js';

/** What a verifier says. `reason` is set when `valid` is false. */
export interface Verdict {
  readonly valid: boolean;
  readonly reason?: string;
}

/**
 * Verifies a Groth16 proof. Strict: canonical decimals only, exact lengths and entries, coordinates below Q, signals
 * below R, points on their curves and in their subgroups, so that each proof has one encoding. Total: whatever the three
 * arguments are, it answers, in bounded time; it never throws.
 * @param verificationKey JSON of snarkjs (`VerificationKey`)
 * @param publicSignals list of decimals, `nPublic` of them
 * @param proof JSON of snarkjs (`Proof`)
 */
export async function verifyProof(verificationKey: unknown, publicSignals: unknown, proof: unknown): Promise<Verdict> {
  try {
    const key = await findKey(verificationKey);
    const signals = parsePublicSignals(publicSignals, key.publicCount);
    return await checkProof(key, signals, parseProof(proof));
  } catch (error) {
    return explain(error);
  }
}

/** Turns whatever was thrown while reading untrusted data into a verdict. */
export function explain(error: unknown): Verdict {
  if (error instanceof Refusal) return { valid: false, reason: error.message };
  return { valid: false, reason: 'the data cannot be read' };
}

const MAX_CACHED_KEYS = 16;
const cachedKeys = new Map<string, PreparedKey>();

/** Checks and prepares a key, or finds it among the last few. @throws Refusal */
export async function findKey(verificationKey: unknown): Promise<PreparedKey> {
  const parsed = parseKey(verificationKey);
  const name = JSON.stringify(parsed, (_, value) => (typeof value === 'bigint' ? value.toString(36) : value));
  let key = cachedKeys.get(name);
  if (!key) {
    key = prepareKey(await shareCurve(), parsed);
    if (cachedKeys.size >= MAX_CACHED_KEYS) cachedKeys.delete(cachedKeys.keys().next().value as string);
    cachedKeys.set(name, key);
  }
  return key;
}

async function checkProof(key: PreparedKey, signals: readonly bigint[], proof: ParsedProof): Promise<Verdict> {
  const curve = await shareCurve();
  const mark = curve.mark();
  try {
    const a = putG1(curve, proof.a, 'pi_a');
    const b = putG2(curve, proof.b, 'pi_b');
    const c = putG1(curve, proof.c, 'pi_c');
    const statement = combineG1(curve, curve.load(key.ic), [1n, ...signals]);
    curve.call.g1m_neg(a, a);
    const valid = productIsOne(curve, [
      runMiller(curve, a, prepareG2(curve, b)),
      runMiller(curve, statement, curve.load(key.gamma)),
      runMiller(curve, c, curve.load(key.delta)),
      curve.load(key.alphaBeta),
    ]);
    return valid ? { valid } : { valid, reason: 'the pairing equation does not hold' };
  } finally {
    curve.release(mark);
  }
}
