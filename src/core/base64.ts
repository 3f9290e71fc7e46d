const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = '='.charCodeAt(0);

/** Value of each ASCII character; 64 where it is none of the alphabet. */
const VALUES = new Uint8Array(128).fill(64);
for (let value = 0; value < 64; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

/** Base64 of bytes, padded (RFC 4648). */
export function encodeBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const [a, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    const group = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    const letter = (index: number) => ALPHABET[(group >> (18 - 6 * index)) & 63];
    parts.push(letter(0) + letter(1) + (b === undefined ? '=' : letter(2)) + (c === undefined ? '=' : letter(3)));
  }
  return parts.join('');
}

/** Reads exactly what `encodeBase64` writes, so that each list of bytes has one text. @throws RangeError for any other text */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0) throw new RangeError('base64 comes in groups of four letters');
  let padding = 0;
  while (padding < 2 && text.charCodeAt(text.length - 1 - padding) === PAD) padding++;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const letters = text.length - padding;
  for (let from = 0, to = 0; from < text.length; from += 4, to += 3) {
    let group = 0;
    for (let index = from; index < from + 4; index++) {
      const value = index < letters ? (VALUES[text.charCodeAt(index)] ?? 64) : 0;
      if (value > 63) throw new RangeError(`letter ${index} is none of base64`);
      group = (group << 6) | value;
    }
    for (let part = 0; part < 3; part++) {
      const byte = (group >> (16 - 8 * part)) & 255;
      if (to + part < bytes.length) bytes[to + part] = byte;
      else if (byte !== 0) throw new RangeError('bits are set behind the last byte');
    }
  }
  return bytes;
}
