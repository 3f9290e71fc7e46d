import { crc32, inflateRawSync } from 'node:zlib';
import { rowsError } from './rows.js';

/** Most bytes that one archive may inflate to, over all its members. */
export const INFLATE_CAP_BYTES = 256 * 2 ** 20;

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;

/**
 * Reads the members of a zip archive (stored or deflated, no zip64, no encryption), as numpy writes them.
 * @param capBytes bound on the sum of the inflated sizes, checked while inflating and not by what the archive claims
 * @throws ZkinferError ROWS_FORMAT, ROWS_TOO_LARGE, ROWS_DUPLICATE_KEY
 */
export function readZip(bytes: Buffer, where: string, capBytes = INFLATE_CAP_BYTES): Map<string, Buffer> {
  const fail = (reason: string) =>
    rowsError('ROWS_FORMAT', 'this archive is damaged or of an unknown kind', [`in ${where}`, reason]);
  const tooLarge = () =>
    rowsError(
      'ROWS_TOO_LARGE',
      'this archive inflates beyond the cap',
      [`in ${where}`, `cap ${capBytes} bytes`],
      'split it, or write NDJSON',
    );
  let end = bytes.length - 22;
  while (end >= 0 && bytes.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw fail('no end of central directory');
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  let left = capBytes;
  const members = new Map<string, Buffer>();
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== DIRECTORY_ENTRY)
      throw fail(`directory entry ${i} is missing`);
    const method = bytes.readUInt16LE(at + 10);
    const sum = bytes.readUInt32LE(at + 16);
    const packed = bytes.readUInt32LE(at + 20);
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    if ((bytes.readUInt16LE(at + 8) & 1) !== 0) throw fail(`member ${JSON.stringify(name)} is encrypted`);
    if (local + 30 > bytes.length || bytes.readUInt32LE(local) !== LOCAL_ENTRY)
      throw fail(`member ${JSON.stringify(name)} is missing`);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    if (start + packed > bytes.length) throw fail(`member ${JSON.stringify(name)} is cut short`);
    if (members.has(name))
      throw rowsError('ROWS_DUPLICATE_KEY', 'a member stands twice in one archive', [`in ${where}`, name]);
    const raw = bytes.subarray(start, start + packed);
    const data = inflateMember(raw, method, left, fail, tooLarge);
    if (crc32(data) !== sum) throw fail(`member ${JSON.stringify(name)} has another checksum than the directory says`);
    left -= data.length;
    members.set(name, data);
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return members;
}

function inflateMember(
  raw: Buffer,
  method: number,
  left: number,
  fail: (reason: string) => Error,
  tooLarge: () => Error,
): Buffer {
  if (method === 0) {
    if (raw.length > left) throw tooLarge();
    return raw;
  }
  if (method !== 8) throw fail(`compression method ${method}`);
  try {
    return inflateRawSync(raw, { maxOutputLength: Math.max(1, left) });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw fail((cause as Error).message);
  }
}
