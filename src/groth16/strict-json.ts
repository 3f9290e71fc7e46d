import { Q, R } from '../core/field.js';

/** A proof as integers; every coordinate is below Q, nothing is known of the curves yet. */
export interface ParsedProof {
  readonly a: readonly [bigint, bigint];
  /** `[[x.real, x.imaginary], [y.real, y.imaginary]]` */
  readonly b: readonly [readonly [bigint, bigint], readonly [bigint, bigint]];
  readonly c: readonly [bigint, bigint];
}

/** A verification key as integers. */
export interface ParsedKey {
  readonly alpha1: readonly [bigint, bigint];
  readonly beta2: ParsedProof['b'];
  readonly gamma2: ParsedProof['b'];
  readonly delta2: ParsedProof['b'];
  readonly ic: readonly (readonly [bigint, bigint])[];
}

/** Says why untrusted JSON is not what it should be. Stays inside this folder: the verifier turns it into a verdict. */
export class Refusal extends Error {}

/** Digits of the largest number below 2^256. */
const MAX_DIGITS = 78;
/** More public signals than any statement has; bounds the work that a hostile key can cause. */
const MAX_PUBLIC = 1 << 20;

/** A canonical decimal below `limit`: no sign, no leading zero, no other alphabet, at most 78 digits. */
function parseDecimal(value: unknown, limit: bigint, where: string): bigint {
  if (typeof value !== 'string') throw new Refusal(`${where} is not a string`);
  if (value.length > MAX_DIGITS || !/^(0|[1-9][0-9]*)$/.test(value))
    throw new Refusal(`${where} is not a canonical decimal`);
  const number = BigInt(value);
  if (number >= limit)
    throw new Refusal(`${where} is not below the ${limit === R ? 'scalar field order' : 'base field order'}`);
  return number;
}

function parseList(value: unknown, length: number, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Refusal(`${where} is not a list`);
  if (value.length !== length) throw new Refusal(`${where} has ${value.length} entries, expected ${length}`);
  return value;
}

function parseObject(value: unknown, keys: readonly string[], where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal(`${where} is not an object`);
  const given = Object.keys(value);
  const missing = keys.find((key) => !Object.hasOwn(value, key));
  if (missing) throw new Refusal(`${where} has no ${missing}`);
  if (given.length !== keys.length) {
    const extra = given.find((key) => !keys.includes(key)) ?? '';
    throw new Refusal(`${where} has an unknown entry ${JSON.stringify(extra.slice(0, 40))}`);
  }
  return value as Record<string, unknown>;
}

function parseSystem(value: Record<string, unknown>, where: string): void {
  if (value.protocol !== 'groth16') throw new Refusal(`${where} is not of the protocol groth16`);
  if (value.curve !== 'bn128') throw new Refusal(`${where} is not over the curve bn128`);
}

/** Reads an affine point of G1; on no curve yet. @throws Refusal */
export function parseG1(value: unknown, where: string): [bigint, bigint] {
  const [x, y, z] = parseList(value, 3, where);
  if (z !== '1') throw new Refusal(`${where} is not affine: its third coordinate is not 1`);
  return [parseDecimal(x, Q, `${where}[0]`), parseDecimal(y, Q, `${where}[1]`)];
}

function parseG2(value: unknown, where: string): ParsedProof['b'] {
  const pair = (entry: unknown, index: number): [bigint, bigint] => {
    const [real, imaginary] = parseList(entry, 2, `${where}[${index}]`);
    return [parseDecimal(real, Q, `${where}[${index}][0]`), parseDecimal(imaginary, Q, `${where}[${index}][1]`)];
  };
  const [x, y, z] = parseList(value, 3, where);
  const [one, zero] = parseList(z, 2, `${where}[2]`);
  if (one !== '1' || zero !== '0') throw new Refusal(`${where} is not affine: its third coordinate is not 1`);
  return [pair(x, 0), pair(y, 1)];
}

/** Reads a proof with exactly the entries of `Proof`. @throws Refusal */
export function parseProof(value: unknown): ParsedProof {
  const proof = parseObject(value, ['pi_a', 'pi_b', 'pi_c', 'protocol', 'curve'], 'proof');
  parseSystem(proof, 'proof');
  return { a: parseG1(proof.pi_a, 'pi_a'), b: parseG2(proof.pi_b, 'pi_b'), c: parseG1(proof.pi_c, 'pi_c') };
}

/** Reads a list of exactly `count` scalars. @throws Refusal */
export function parsePublicSignals(value: unknown, count: number): bigint[] {
  const signals: bigint[] = [];
  const list = parseList(value, count, 'public signals');
  for (let index = 0; index < count; index++) signals.push(parseDecimal(list[index], R, `public signal ${index}`));
  return signals;
}

/** Reads a verification key; `vk_alphabeta_12` is not used and may be absent. @throws Refusal */
export function parseKey(value: unknown): ParsedKey {
  const required = ['protocol', 'curve', 'nPublic', 'vk_alpha_1', 'vk_beta_2', 'vk_gamma_2', 'vk_delta_2', 'IC'];
  const informative = typeof value === 'object' && value !== null && Object.hasOwn(value, 'vk_alphabeta_12');
  const key = parseObject(value, informative ? [...required, 'vk_alphabeta_12'] : required, 'verification key');
  parseSystem(key, 'verification key');
  const count = key.nPublic;
  if (!Number.isInteger(count) || (count as number) < 0 || (count as number) > MAX_PUBLIC) {
    throw new Refusal('nPublic of the verification key is not a count');
  }
  const ic = parseList(key.IC, (count as number) + 1, 'IC');
  return {
    alpha1: parseG1(key.vk_alpha_1, 'vk_alpha_1'),
    beta2: parseG2(key.vk_beta_2, 'vk_beta_2'),
    gamma2: parseG2(key.vk_gamma_2, 'vk_gamma_2'),
    delta2: parseG2(key.vk_delta_2, 'vk_delta_2'),
    ic: ic.map((point, index) => parseG1(point, `IC[${index}]`)),
  };
}
