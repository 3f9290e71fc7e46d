import { type FieldElement, R, toField } from '../core/field.js';
import { keccak256 } from '../core/keccak.js';
import { joinsLastLimb, packBytes } from '../core/limbs.js';

/** What a proof is made for: nobody else, nowhere else and at no other time can it be used. */
export interface Binding {
  /** 0 for a proof that is checked off chain. */
  readonly chainId: bigint | number;
  /** The contract that verifies; the zero address off chain. */
  readonly contract: string;
  /** `0x…`, 32 bytes. */
  readonly modelId: string;
  /** Address of whoever the inference belongs to. */
  readonly agent: string;
  /** `0x…`, 32 bytes; makes the inference unique for its agent. */
  readonly nonce: string;
}

/** How input and output stand in the public signals; see `contracts/interfaces/IInferenceVerifier.sol`. */
export type StatementKind = 'packed' | 'bound';

/** The bytes that a statement speaks of. */
export interface StatementSides {
  /** Bytes of the public input; empty for a private one; for a committed one the commitment, 32 bytes big-endian. */
  readonly input: Uint8Array;
  readonly inputCommitted: boolean;
  readonly output: Uint8Array;
}

const CONTEXT_DOMAIN = keccak256(new TextEncoder().encode('zkinfer/context/v1'));
const CHALLENGE_DOMAIN = keccak256(new TextEncoder().encode('zkinfer/challenge/v1'));
const ZERO_ADDRESS = `0x${'00'.repeat(20)}`;

/** The binding of a proof that is checked off chain: chain 0 and address 0, so that no contract ever accepts it. */
export function bindOffChain(fields: Pick<Binding, 'modelId' | 'agent' | 'nonce'>): Binding {
  return { chainId: 0, contract: ZERO_ADDRESS, ...fields };
}

/**
 * The context of a packed statement, its last public signal; `Challenge.context` in Solidity.
 *
 * @throws RangeError for an address, id or nonce of another length
 */
export function computeContext(binding: Binding): FieldElement {
  return hashToField([CONTEXT_DOMAIN, ...listBinding(binding)]);
}

/**
 * The challenge r of a bound statement; `Challenge.challenge` in Solidity.
 *
 * @param commitment c: the Poseidon chain over the limbs, see `listLimbs`
 * @throws RangeError for an address, id or nonce of another length
 */
export function computeChallenge(binding: Binding, sides: StatementSides, commitment: bigint): FieldElement {
  const hashes = [keccak256(sides.input), keccak256(sides.output)];
  return hashToField([CHALLENGE_DOMAIN, ...listBinding(binding), ...hashes, writeWord(commitment)]);
}

/** The field elements that a bound statement hashes, in the order of the circuit: limbs of the input, then limbs of the output. */
export function listLimbs({ input, inputCommitted, output }: StatementSides): FieldElement[] {
  return [...(inputCommitted ? [readCommitment(input)] : packBytes(input)), ...packBytes(output)];
}

/** y of a bound statement: Σ limb_k · r^(L−k). */
export function evaluateLimbs(limbs: readonly bigint[], r: bigint): FieldElement {
  return limbs.reduce<bigint>((sum, limb) => ((sum + limb) * r) % R, 0n) as FieldElement;
}

/** The limbs among the signals of a packed statement: those of `listLimbs`, but an output that fits joins the last limb of a public input. */
export function listPackedLimbs(sides: StatementSides): FieldElement[] {
  const { input, inputCommitted, output } = sides;
  const limbs = listLimbs(sides);
  if (inputCommitted || !joinsLastLimb(input.length, output.length)) return limbs;
  const [inputLimb, outputLimb] = limbs.slice(-2);
  return [...limbs.slice(0, -2), toField((inputLimb << BigInt(8 * output.length)) | outputLimb)];
}

/** Public signals of a packed statement: its limbs, then the context. */
export function packedSignals(binding: Binding, sides: StatementSides): FieldElement[] {
  return [...listPackedLimbs(sides), computeContext(binding)];
}

/** Public signals of a bound statement: c, y, r. */
export function boundSignals(binding: Binding, sides: StatementSides, commitment: bigint): FieldElement[] {
  const r = computeChallenge(binding, sides, commitment);
  return [toField(commitment), evaluateLimbs(listLimbs(sides), r), r];
}

/** A commitment as the 32 bytes that stand for a committed input. @throws RangeError when it is not in the field */
export function writeCommitment(commitment: bigint): Uint8Array {
  if (commitment < 0n || commitment >= R) throw new RangeError('the commitment is not in the field');
  return writeWord(commitment);
}

function readCommitment(input: Uint8Array): FieldElement {
  if (input.length !== 32) throw new RangeError(`a committed input has 32 bytes, not ${input.length}`);
  const value = readWord(input);
  if (value >= R) throw new RangeError('the commitment is not in the field');
  return value as FieldElement;
}

/** The words of a binding, as `abi.encode` has them. */
function listBinding({ chainId, contract, modelId, agent, nonce }: Binding): Uint8Array[] {
  return [
    writeWord(BigInt(chainId)),
    readHex(contract, 20, 'the contract'),
    readHex(modelId, 32, 'the model id'),
    readHex(agent, 20, 'the agent'),
    readHex(nonce, 32, 'the nonce'),
  ];
}

/** Keccak-256 of words of 32 bytes, mod R. */
function hashToField(words: readonly Uint8Array[]): FieldElement {
  const encoded = new Uint8Array(32 * words.length);
  words.forEach((word, index) => {
    encoded.set(word, 32 * index);
  });
  return toField(readWord(keccak256(encoded)));
}

/** Hexadecimal of `bytes` bytes as a word, zeros in front. */
function readHex(text: string, bytes: number, what: string): Uint8Array {
  if (!new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`).test(text)) {
    throw new RangeError(`${what} must be ${bytes} bytes of hexadecimal: ${text}`);
  }
  return writeWord(BigInt(text));
}

function writeWord(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * (31 - index))) & 0xffn));
}

function readWord(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
