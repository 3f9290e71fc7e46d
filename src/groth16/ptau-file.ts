import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ZkinferError } from '../core/error.js';
import { Q } from '../core/field.js';
import { FIELD_BYTES, G1_BYTES, G2_BYTES, readInteger } from './curve.js';
import { refuseArtifact, type Section } from './section-file.js';

/** Facts of a powers-of-tau file. */
export interface PtauInfo {
  /** The file serves circuits with constraints + public signals below 2^power. */
  readonly power: number;
  /** Prepared for phase 2: holds the Lagrange forms that a setup reads. */
  readonly prepared: boolean;
  /** Steps of phase 1 by name, beacons included, in order. */
  readonly contributions: readonly { readonly kind: 'contribution' | 'beacon'; readonly name: string }[];
}

const MAX_POWER = 28;
const CONTRIBUTION_BYTES = 9 * G1_BYTES + 5 * G2_BYTES + 216 + 64;
const MAX_CONTRIBUTIONS = 10_000;

/**
 * Reads the structure of a powers-of-tau file without loading it: section table, sizes for its power, contributions.
 * @throws ZkinferError `ARTIFACT_DAMAGED`, `FILE_UNREADABLE`
 */
export async function readPtauInfo(path: string): Promise<PtauInfo> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw new ZkinferError({
      code: 'FILE_UNREADABLE',
      kind: 'usage',
      message: 'The powers-of-tau file cannot be read.',
      facts: [path],
      cause,
    });
  }
  try {
    return await readInfo(handle);
  } finally {
    await handle.close();
  }
}

/** The blake2b-512 digest of a file, hexadecimal: what ceremonies publish. About 1 GB a second. */
export async function digestPtau(path: string): Promise<string> {
  const hash = createHash('blake2b512');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function readInfo(handle: FileHandle): Promise<PtauInfo> {
  const sections = await readSectionTable(handle);
  const need = (type: number): Section => {
    const section = sections.get(type);
    if (!section) throw refuseArtifact('ptau', `section ${type} is missing`);
    return section;
  };
  const header = need(1);
  if (header.size !== 4 + FIELD_BYTES + 8) throw refuseArtifact('ptau', `its header has ${header.size} bytes`);
  const bytes = await readBytes(handle, header.offset, header.size);
  if (bytes.readUInt32LE(0) !== FIELD_BYTES || readInteger(bytes, 4) !== Q) {
    throw refuseArtifact('ptau', 'its curve is not BN254');
  }
  const power = bytes.readUInt32LE(4 + FIELD_BYTES);
  if (power < 1 || power > MAX_POWER) throw refuseArtifact('ptau', `power ${power} is not between 1 and ${MAX_POWER}`);
  const points = 2 ** power;
  const expect = (type: number, size: number) => {
    if (need(type).size !== size) {
      throw refuseArtifact('ptau', `section ${type} has ${need(type).size} bytes, expected ${size} for power ${power}`);
    }
  };
  expect(2, (2 * points - 1) * G1_BYTES);
  expect(3, points * G2_BYTES);
  expect(4, points * G1_BYTES);
  expect(5, points * G1_BYTES);
  expect(6, G2_BYTES);
  const prepared = [12, 13, 14, 15].some((type) => sections.has(type));
  if (prepared) {
    // The Lagrange forms of all powers up to the file's, and of one more for tau in G1 where the field has the roots.
    if (power < MAX_POWER) expect(12, (4 * points - 1) * G1_BYTES);
    expect(13, (2 * points - 1) * G2_BYTES);
    expect(14, (2 * points - 1) * G1_BYTES);
    expect(15, (2 * points - 1) * G1_BYTES);
  }
  return { power, prepared, contributions: await readSteps(handle, need(7)) };
}

async function readSectionTable(handle: FileHandle): Promise<Map<number, Section>> {
  const { size: fileSize } = await handle.stat();
  const head = await readBytes(handle, 0, Math.min(12, fileSize));
  if (/^[\t\n\r\x20-\x7e]*$/.test(head.toString('latin1'))) throw refuseText();
  if (head.length < 12 || head.toString('latin1', 0, 4) !== 'ptau') {
    throw refuseArtifact('ptau', 'it does not begin with the format name');
  }
  if (head.readUInt32LE(4) !== 1) throw refuseArtifact('ptau', `version ${head.readUInt32LE(4)}, expected 1`);
  const count = head.readUInt32LE(8);
  if (count > 32) throw refuseArtifact('ptau', `it claims ${count} sections`);
  const sections = new Map<number, Section>();
  let at = 12;
  for (let index = 0; index < count; index++) {
    if (at + 12 > fileSize) throw refuseArtifact('ptau', `it ends before section ${index + 1} of ${count}`);
    const entry = await readBytes(handle, at, 12);
    const type = entry.readUInt32LE(0);
    const size = entry.readBigUInt64LE(4);
    at += 12;
    if (size > BigInt(fileSize - at)) throw refuseArtifact('ptau', `section ${type} runs past the end`);
    if (sections.has(type)) throw refuseArtifact('ptau', `section ${type} comes twice`);
    sections.set(type, { offset: at, size: Number(size) });
    at += Number(size);
  }
  if (at !== fileSize) throw refuseArtifact('ptau', `${fileSize - at} bytes follow the last section`);
  return sections;
}

/** A file of text, or none at all, is no damaged artifact but another file. */
function refuseText(): ZkinferError {
  return new ZkinferError({
    code: 'PTAU_NOT_ONE',
    kind: 'usage',
    message: 'This is not a powers-of-tau file: it holds text, or nothing.',
    hint: 'See zkinfer ptau list for the published files, and zkinfer ptau make for one to develop with.',
  });
}

async function readSteps(handle: FileHandle, section: Section): Promise<PtauInfo['contributions']> {
  const fail = () => refuseArtifact('ptau', 'its list of contributions is damaged');
  if (section.size < 4 || section.size > MAX_CONTRIBUTIONS * (CONTRIBUTION_BYTES + 512)) throw fail();
  const bytes = await readBytes(handle, section.offset, section.size);
  const steps: PtauInfo['contributions'][number][] = [];
  let at = 4;
  for (let index = bytes.readUInt32LE(0); index > 0; index--) {
    at += CONTRIBUTION_BYTES;
    if (at + 8 > bytes.length) throw fail();
    const kind = bytes.readUInt32LE(at) === 1 ? 'beacon' : 'contribution';
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    if (end > bytes.length) throw fail();
    const parameters = bytes.subarray(at + 8, end);
    const name = parameters[0] === 1 ? parameters.toString('utf8', 2, 2 + parameters[1]) : '';
    steps.push({ kind, name });
    at = end;
  }
  if (at !== bytes.length) throw fail();
  return steps;
}

async function readBytes(handle: FileHandle, offset: number, size: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, offset);
  if (bytesRead !== size) throw refuseArtifact('ptau', 'it ends too early');
  return buffer;
}
