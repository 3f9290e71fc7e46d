import { ZkinferError } from '../core/error.js';
import { Q, R } from '../core/field.js';

/** The JSON that snarkjs writes: affine points with z = 1, G2 coordinates as [real, imaginary]. */
export interface Groth16Proof {
  readonly pi_a: readonly string[];
  readonly pi_b: readonly (readonly string[])[];
  readonly pi_c: readonly string[];
  readonly protocol?: string;
  readonly curve?: string;
}

type Pair = readonly [bigint, bigint];

/** Arguments of `verifyProof`. */
export interface ProofCalldata {
  readonly a: Pair;
  /** [[x imaginary, x real], [y imaginary, y real]]: the order of the precompile. */
  readonly b: readonly [Pair, Pair];
  readonly c: Pair;
  readonly signals: readonly bigint[];
}

const DECIMAL = /^(0|[1-9][0-9]{0,77})$/;

/**
 * A proof and its public signals as a contract takes them.
 *
 * @throws ZkinferError `CHAIN_BAD_PROOF` when the JSON is not a canonical Groth16 proof over BN254
 */
export function toCalldata(proof: Groth16Proof, publicSignals: readonly string[]): ProofCalldata {
  if (!Array.isArray(proof?.pi_b) || proof.pi_b.length !== 3) throw badProof('pi_b must have three pairs');
  if (!Array.isArray(publicSignals)) throw badProof('the public signals must be a list');
  return {
    a: readG1(proof.pi_a, 'pi_a'),
    b: readG2(proof.pi_b),
    c: readG1(proof.pi_c, 'pi_c'),
    signals: publicSignals.map((text, index) => readDecimal(text, R, `public signal ${index}`)),
  };
}

/** The proof as 256 bytes, `0x…`: A, B, C in the order of {@link ProofCalldata}. */
export function encodeProof({ a, b, c }: Omit<ProofCalldata, 'signals'>): string {
  return `0x${[...a, ...b[0], ...b[1], ...c].map((value) => value.toString(16).padStart(64, '0')).join('')}`;
}

function readG1(point: readonly string[], where: string): Pair {
  if (!Array.isArray(point) || point.length !== 3 || point[2] !== '1') throw badProof(`${where} must be [x, y, "1"]`);
  return [readDecimal(point[0], Q, where), readDecimal(point[1], Q, where)];
}

function readG2(point: readonly (readonly string[])[]): readonly [Pair, Pair] {
  if (point.some((pair) => !Array.isArray(pair) || pair.length !== 2) || point[2][0] !== '1' || point[2][1] !== '0') {
    throw badProof('pi_b must be [[x, x], [y, y], ["1", "0"]]');
  }
  const [x, y] = point.slice(0, 2).map(([real, imaginary]): Pair => {
    return [readDecimal(imaginary, Q, 'pi_b'), readDecimal(real, Q, 'pi_b')];
  });
  return [x, y];
}

function readDecimal(text: string, below: bigint, where: string): bigint {
  if (typeof text !== 'string' || !DECIMAL.test(text)) throw badProof(`${where}: not a canonical decimal integer`);
  const value = BigInt(text);
  if (value >= below) throw badProof(`${where}: not below the field's order`);
  return value;
}

function badProof(fact: string): ZkinferError {
  return new ZkinferError({
    code: 'CHAIN_BAD_PROOF',
    kind: 'usage',
    message: 'The proof is not in the form that a contract takes.',
    facts: [fact],
  });
}
