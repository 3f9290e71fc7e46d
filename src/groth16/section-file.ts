import { ZkinferError } from '../core/error.js';

/** Where a section's content lies in its file. */
export interface Section {
  readonly offset: number;
  readonly size: number;
}

/** More sections than any of the four formats has; a header that claims more is damaged. */
const MAX_SECTIONS = 64;

/** Refuses a file, naming its format. */
export function refuseArtifact(format: string, problem: string, facts: readonly string[] = []): ZkinferError {
  return new ZkinferError({
    code: 'ARTIFACT_DAMAGED',
    kind: 'artifact',
    message: `The ${format} file is damaged or not a ${format} file: ${problem}.`,
    facts,
    hint: `Make the ${format} file again, or copy it again from where it came.`,
  });
}

/**
 * Reads the section table of the container that snarkjs and circom use (`r1cs`, `wtns`, `zkey`, `ptau`): magic, version,
 * then sections of 12 bytes of header and their content. Every section lies within the file, none is repeated, nothing
 * follows the last.
 * @throws ZkinferError `ARTIFACT_DAMAGED`
 */
export function readSections(bytes: Uint8Array, magic: string, version: number): Map<number, Section> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12) throw refuseArtifact(magic, `${bytes.length} bytes hold no header`);
  const found = String.fromCharCode(...bytes.subarray(0, 4));
  if (found !== magic)
    throw refuseArtifact(magic, 'it does not begin with the format name', [`begins with ${JSON.stringify(found)}`]);
  if (view.getUint32(4, true) !== version) {
    throw refuseArtifact(magic, `version ${view.getUint32(4, true)}, expected ${version}`);
  }
  const count = view.getUint32(8, true);
  if (count > MAX_SECTIONS) throw refuseArtifact(magic, `it claims ${count} sections`);
  const sections = new Map<number, Section>();
  let at = 12;
  for (let index = 0; index < count; index++) {
    if (at + 12 > bytes.length) throw refuseArtifact(magic, `it ends before section ${index + 1} of ${count}`);
    const type = view.getUint32(at, true);
    const size = view.getBigUint64(at + 4, true);
    at += 12;
    if (size > BigInt(bytes.length - at)) {
      throw refuseArtifact(magic, `section ${type} runs past the end`, [
        `claims ${size} bytes, ${bytes.length - at} are left`,
      ]);
    }
    if (sections.has(type)) throw refuseArtifact(magic, `section ${type} comes twice`);
    sections.set(type, { offset: at, size: Number(size) });
    at += Number(size);
  }
  if (at !== bytes.length) throw refuseArtifact(magic, `${bytes.length - at} bytes follow the last section`);
  return sections;
}

/** The section of that number, of exactly that size where one is given. @throws ZkinferError `ARTIFACT_DAMAGED` */
export function needSection(sections: Map<number, Section>, magic: string, type: number, size?: number): Section {
  const section = sections.get(type);
  if (!section) throw refuseArtifact(magic, `section ${type} is missing`);
  if (size !== undefined && section.size !== size) {
    throw refuseArtifact(magic, `section ${type} has ${section.size} bytes, expected ${size}`);
  }
  return section;
}

/** Puts sections into one file. */
export function writeSections(
  magic: string,
  version: number,
  sections: readonly (readonly [number, readonly Uint8Array[]])[],
): Uint8Array<ArrayBuffer> {
  const sizes = sections.map(([, parts]) => parts.reduce((sum, part) => sum + part.length, 0));
  const bytes = new Uint8Array(12 + sizes.reduce((sum, size) => sum + 12 + size, 0));
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < 4; index++) bytes[index] = magic.charCodeAt(index);
  view.setUint32(4, version, true);
  view.setUint32(8, sections.length, true);
  let at = 12;
  sections.forEach(([type, parts], index) => {
    view.setUint32(at, type, true);
    view.setBigUint64(at + 4, BigInt(sizes[index]), true);
    at += 12;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
  });
  return bytes;
}
