import { createHash } from 'node:crypto';
import { ZkinferError } from '../core/error.js';
import { G1_BYTES, G2_BYTES, shareCurve } from './curve.js';
import { needSection, readSections } from './section-file.js';
import { type Contribution, readContributions } from './zkey-contributions.js';

/** One step of a ceremony: who, what came out, and the hash that the contributor publishes. */
export interface CeremonyStep {
  readonly kind: 'contribution' | 'beacon';
  readonly name: string;
  /** SHA-256 of the key after the step. */
  readonly zkey: string;
  /** BLAKE2b-512 of the step's public key: what snarkjs prints, and what an attestation repeats. */
  readonly contributionHash: string;
}

/** `ceremony.json`: everything that a stranger needs to replay a ceremony from constraints and powers of tau. */
export interface CeremonyTranscript {
  readonly format: 'zkinfer-ceremony/1';
  readonly r1cs: { readonly sha256: string };
  readonly ptau: { readonly blake2b: string; readonly power: number };
  /** SHA-256 of the key that the ceremony began with. */
  readonly initialZkey: string;
  readonly circuitHash: string;
  readonly steps: readonly CeremonyStep[];
}

const HEX32 = /^[0-9a-f]{64}$/;
const HEX64 = /^[0-9a-f]{128}$/;

/** Reads a transcript, strictly. @throws ZkinferError `CEREMONY_TRANSCRIPT` */
export function parseTranscript(json: string): CeremonyTranscript {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw refuseTranscript('it is not JSON');
  }
  const record = needRecord(value, ['format', 'r1cs', 'ptau', 'initialZkey', 'circuitHash', 'steps'], 'transcript');
  if (record.format !== 'zkinfer-ceremony/1') throw refuseTranscript('its format is not zkinfer-ceremony/1');
  const r1cs = needRecord(record.r1cs, ['sha256'], 'r1cs');
  const ptau = needRecord(record.ptau, ['blake2b', 'power'], 'ptau');
  if (!Number.isInteger(ptau.power)) throw refuseTranscript('ptau.power is not an integer');
  if (!Array.isArray(record.steps)) throw refuseTranscript('steps is not a list');
  return {
    format: 'zkinfer-ceremony/1',
    r1cs: { sha256: needText(r1cs.sha256, HEX32, 'r1cs.sha256') },
    ptau: { blake2b: needText(ptau.blake2b, HEX64, 'ptau.blake2b'), power: ptau.power as number },
    initialZkey: needText(record.initialZkey, HEX32, 'initialZkey'),
    circuitHash: needText(record.circuitHash, HEX64, 'circuitHash'),
    steps: record.steps.map(parseStep),
  };
}

function parseStep(value: unknown, index: number): CeremonyStep {
  const where = `step ${index + 1}`;
  const step = needRecord(value, ['kind', 'name', 'zkey', 'contributionHash'], where);
  return {
    kind: needText(step.kind, /^(contribution|beacon)$/, `kind of ${where}`) as CeremonyStep['kind'],
    name: needText(step.name, /^[^\p{Cc}]{1,64}$/u, `name of ${where}`),
    zkey: needText(step.zkey, HEX32, `zkey of ${where}`),
    contributionHash: needText(step.contributionHash, HEX64, `contributionHash of ${where}`),
  };
}

export function formatTranscript(transcript: CeremonyTranscript): string {
  return `${JSON.stringify(transcript, null, 2)}\n`;
}

/** The contributions of a key with the hash of each one's public key, hexadecimal. @throws ZkinferError `ARTIFACT_DAMAGED` */
export async function readSteps(
  zkey: Uint8Array,
): Promise<{ circuitHash: string; steps: (Contribution & { contributionHash: string })[] }> {
  const { circuitHash, contributions, publicKeys } = readContributions(
    zkey,
    needSection(readSections(zkey, 'zkey', 1), 'zkey', 10),
  );
  const curve = await shareCurve();
  const mark = curve.mark();
  const steps = contributions.map((contribution, index) => {
    const key = curve.load(publicKeys[index]);
    const bytes = curve.alloc(3 * G1_BYTES + G2_BYTES);
    for (const point of [0, 1, 2]) curve.call.g1m_LEMtoU(key + point * G1_BYTES, bytes + point * G1_BYTES);
    curve.call.g2m_LEMtoU(key + 3 * G1_BYTES, bytes + 3 * G1_BYTES);
    const hash = createHash('blake2b512').update(curve.bytes.subarray(bytes, bytes + 3 * G1_BYTES + G2_BYTES));
    return {
      ...contribution,
      contributionHash: hash.update(Buffer.from(contribution.transcript, 'hex')).digest('hex'),
    };
  });
  curve.release(mark);
  return { circuitHash, steps };
}

/** What a contributor publishes, so that others can find the step in the transcript. */
export function formatAttestation(transcript: CeremonyTranscript, index: number): string {
  const step = transcript.steps[index];
  return [
    `I made step ${index + 1} (${step.kind}) of a Groth16 setup ceremony under the name ${JSON.stringify(step.name)}.`,
    `circuit hash:      ${transcript.circuitHash}`,
    `constraints:       sha256 ${transcript.r1cs.sha256}`,
    `powers of tau:     blake2b ${transcript.ptau.blake2b}`,
    `key after my step: sha256 ${step.zkey}`,
    `contribution hash: ${step.contributionHash}`,
    '',
  ].join('\n');
}

function needRecord(value: unknown, keys: readonly string[], where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuseTranscript(`${where} is not an object`);
  const given = Object.keys(value);
  if (given.length !== keys.length || keys.some((key) => !Object.hasOwn(value, key))) {
    throw refuseTranscript(`${where} has not exactly the entries ${keys.join(', ')}`);
  }
  return value as Record<string, unknown>;
}

function needText(value: unknown, form: RegExp, where: string): string {
  if (typeof value !== 'string' || !form.test(value)) throw refuseTranscript(`${where} is malformed`);
  return value;
}

function refuseTranscript(problem: string): ZkinferError {
  return new ZkinferError({
    code: 'CEREMONY_TRANSCRIPT',
    kind: 'artifact',
    message: `The transcript of the ceremony is damaged: ${problem}.`,
    hint: 'Ask the one who started the ceremony for ceremony.json.',
  });
}
