/** What Redis answers: RESP2. An error inside an array is a value. */
export type Reply = string | number | null | RedisError | Reply[];

/** An error that Redis answered with. */
export class RedisError extends Error {}

const CRLF = Buffer.from('\r\n');

/** A command as Redis reads it: an array of byte strings. */
export function encodeCommand(words: readonly (string | number | Uint8Array)[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = word instanceof Uint8Array ? word : Buffer.from(String(word));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF);
  }
  return Buffer.concat(parts);
}

interface Parsed {
  readonly value: Reply;
  /** Where the next reply begins. */
  readonly end: number;
}

function parseArray(bytes: Buffer, count: number, start: number): Parsed | null {
  const value: Reply[] = [];
  let end = start;
  for (let i = 0; i < count; i++) {
    const part = parseReply(bytes, end);
    if (part === null) return null;
    value.push(part.value);
    end = part.end;
  }
  return { value, end };
}

/** One reply; null where it has not come in whole. @throws RedisError for what is no reply */
function parseReply(bytes: Buffer, start: number): Parsed | null {
  const lineEnd = bytes.indexOf(CRLF, start);
  if (lineEnd < 0) return null;
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (String.fromCharCode(bytes[start])) {
    case '+':
      return { value: line, end };
    case '-':
      return { value: new RedisError(line), end };
    case ':':
      return { value: Number(line), end };
    case '$': {
      const length = Number(line);
      if (length < 0) return { value: null, end };
      if (bytes.length < end + length + 2) return null;
      return { value: bytes.toString('utf8', end, end + length), end: end + length + 2 };
    }
    case '*':
      return Number(line) < 0 ? { value: null, end } : parseArray(bytes, Number(line), end);
    default:
      throw new RedisError('what answers there is not Redis');
  }
}

/** Takes bytes as they come in and gives the replies that are whole. */
export class ReplyReader {
  private left: Buffer = Buffer.alloc(0);

  /** @throws RedisError for what is no reply */
  read(chunk: Buffer): Reply[] {
    const bytes = this.left.length === 0 ? chunk : Buffer.concat([this.left, chunk]);
    const replies: Reply[] = [];
    let at = 0;
    while (at < bytes.length) {
      const parsed = parseReply(bytes, at);
      if (parsed === null) break;
      replies.push(parsed.value);
      at = parsed.end;
    }
    this.left = bytes.subarray(at);
    return replies;
  }
}
