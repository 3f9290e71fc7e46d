import { ZkinferError } from '../core/error.js';
import { Q } from '../core/field.js';

/** The JSON that snarkjs writes; numbers are decimal strings, G2 coordinates are [real, imaginary]. */
export interface VerificationKey {
  readonly protocol: string;
  readonly curve: string;
  readonly nPublic: number;
  readonly vk_alpha_1: readonly string[];
  readonly vk_beta_2: readonly (readonly string[])[];
  readonly vk_gamma_2: readonly (readonly string[])[];
  readonly vk_delta_2: readonly (readonly string[])[];
  readonly IC: readonly (readonly string[])[];
}

/** An affine point of G1; (0, 0) is the point at infinity, as the precompiles have it. */
export interface G1Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** An affine point of G2 in the order of the precompiles: the imaginary part comes first. */
export interface G2Point {
  readonly xImaginary: bigint;
  readonly xReal: bigint;
  readonly yImaginary: bigint;
  readonly yReal: bigint;
}

/** A verification key as points, checked by {@link readVerificationKey}. */
export interface KeyPoints {
  readonly alpha: G1Point;
  readonly beta: G2Point;
  readonly gamma: G2Point;
  readonly delta: G2Point;
  /** One point for the constant 1, then one for each public signal. */
  readonly ic: readonly G1Point[];
}

const DECIMAL = /^(0|[1-9][0-9]{0,77})$/;

/**
 * Reads a verification key and refuses those that can't be trusted on chain: γ = δ (a key without a phase-2
 * contribution, with which anyone forges any statement), a public signal that no IC point binds, coordinates that
 * are not canonical, a wrong count of points.
 *
 * Whether the points are on the curve is checked by whoever has the precompiles: the constructor or `registerModel`.
 *
 * @throws ZkinferError `CHAIN_BAD_KEY` (kind artifact), `CHAIN_FORGEABLE_KEY` (kind policy)
 */
export function readVerificationKey(key: VerificationKey): KeyPoints {
  if (key?.protocol !== 'groth16' || !['bn128', 'bn254', 'alt_bn128'].includes(key.curve)) {
    throw badKey(`expected groth16 over bn128, given ${String(key?.protocol)} over ${String(key?.curve)}`);
  }
  if (!Array.isArray(key.IC) || key.IC.length !== key.nPublic + 1) {
    throw badKey(`expected ${key.nPublic + 1} points in IC, given ${key.IC?.length}`);
  }
  const points: KeyPoints = {
    alpha: readG1(key.vk_alpha_1, 'vk_alpha_1'),
    beta: readG2(key.vk_beta_2, 'vk_beta_2'),
    gamma: readG2(key.vk_gamma_2, 'vk_gamma_2'),
    delta: readG2(key.vk_delta_2, 'vk_delta_2'),
    ic: key.IC.map((point, index) => readG1(point, `IC[${index}]`)),
  };
  // The same x means gamma = delta or gamma = −delta.
  if (points.gamma.xReal === points.delta.xReal && points.gamma.xImaginary === points.delta.xImaginary) {
    throw new ZkinferError({
      code: 'CHAIN_FORGEABLE_KEY',
      kind: 'policy',
      message: 'The verification key has gamma equal to delta: it had no phase-2 contribution.',
      facts: ['With such a key anyone can make a proof of any output.'],
      hint: 'Run the setup with at least one contribution.',
    });
  }
  return points;
}

/**
 * A key as `registerModel` takes it: −δ, α, −β, IC₀, −γ, IC₁ … ICₙ, so that a proof followed by its first 512 bytes is the
 * question for the pairing.
 *
 * @returns `0x…`, 512 + 64 bytes for each public signal
 * @throws ZkinferError as {@link readVerificationKey}
 */
export function encodeKey(key: VerificationKey): string {
  const { alpha, beta, gamma, delta, ic } = readVerificationKey(key);
  const g2 = (point: G2Point) => {
    const { xImaginary, xReal, yImaginary, yReal } = negateG2(point);
    return [xImaginary, xReal, yImaginary, yReal];
  };
  const g1 = ({ x, y }: G1Point) => [x, y];
  const words = [...g2(delta), ...g1(alpha), ...g2(beta), ...g1(ic[0]), ...g2(gamma), ...ic.slice(1).flatMap(g1)];
  return `0x${words.map((value) => value.toString(16).padStart(64, '0')).join('')}`;
}

/** −P: the same x, the other y. */
export function negateG2(point: G2Point): G2Point {
  return { ...point, yImaginary: negate(point.yImaginary), yReal: negate(point.yReal) };
}

function negate(coordinate: bigint): bigint {
  return coordinate === 0n ? 0n : Q - coordinate;
}

function readG1(point: readonly string[], where: string): G1Point {
  if (!Array.isArray(point) || point.length !== 3 || point[2] !== '1') {
    throw badKey(
      `${where} is not an affine point`,
      where.startsWith('IC') ? 'it would leave a public signal unbound' : '',
    );
  }
  const [x, y] = [readCoordinate(point[0], where), readCoordinate(point[1], where)];
  if (x === 0n && y === 0n) throw badKey(`${where} is the point at infinity`);
  if ((y * y - x * x * x - 3n) % Q !== 0n) throw badKey(`${where} is not on the curve`);
  return { x, y };
}

function readG2(point: readonly (readonly string[])[], where: string): G2Point {
  if (!Array.isArray(point) || point.length !== 3 || point.some((pair) => pair?.length !== 2)) {
    throw badKey(`${where} is not an affine point`);
  }
  if (point[2][0] !== '1' || point[2][1] !== '0') throw badKey(`${where} is not an affine point`);
  const [xReal, xImaginary, yReal, yImaginary] = [...point[0], ...point[1]].map((text) => readCoordinate(text, where));
  return { xImaginary, xReal, yImaginary, yReal };
}

function readCoordinate(text: string, where: string): bigint {
  if (typeof text !== 'string' || !DECIMAL.test(text))
    throw badKey(`${where}: ${String(text)} is not a decimal integer`);
  const value = BigInt(text);
  if (value >= Q) throw badKey(`${where}: a coordinate is not below the field's order`);
  return value;
}

function badKey(...facts: string[]): ZkinferError {
  return new ZkinferError({
    code: 'CHAIN_BAD_KEY',
    kind: 'artifact',
    message: 'The verification key is not usable.',
    facts: facts.filter((fact) => fact !== ''),
  });
}
