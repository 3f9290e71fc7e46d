import { rowsError } from './rows.js';

interface Frame {
  /** Keys so far of an object; null for an array. */
  readonly keys: Set<string> | null;
  key: string;
  index: number;
  expectsKey: boolean;
}

function printPath(frames: readonly Frame[]): string {
  const steps = frames.map((frame) => (frame.keys === null ? `[${frame.index}]` : printKey(frame.key)));
  return `$${steps.join('')}`;
}

/** A step into an object, as a JSON path writes it. */
export function printKey(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote;
    at = quote + 1;
  }
}

/** JSON path of the first key that stands twice in its object, or that is `__proto__`; null where there is none. */
export function findBadKey(validJson: string): { readonly path: string; readonly reason: 'twice' | 'reserved' } | null {
  const frames: Frame[] = [];
  for (let at = 0; at < validJson.length; at++) {
    const top = frames[frames.length - 1];
    switch (validJson[at]) {
      case '{':
        frames.push({ keys: new Set(), key: '', index: -1, expectsKey: true });
        break;
      case '[':
        frames.push({ keys: null, key: '', index: 0, expectsKey: false });
        break;
      case '}':
      case ']':
        frames.pop();
        break;
      case ',':
        if (top.keys === null) top.index++;
        else top.expectsKey = true;
        break;
      case '"': {
        const end = endOfString(validJson, at);
        if (top?.keys && top.expectsKey) {
          top.key = JSON.parse(validJson.slice(at, end + 1)) as string;
          top.expectsKey = false;
          if (top.keys.has(top.key)) return { path: printPath(frames), reason: 'twice' };
          if (top.key === '__proto__') return { path: printPath(frames), reason: 'reserved' };
          top.keys.add(top.key);
        }
        at = end;
        break;
      }
    }
  }
  return null;
}

/**
 * Parses JSON that a user wrote. Unlike JSON.parse it refuses an object that names a key twice or names `__proto__`.
 * @param where name of the file (and line) for messages
 * @throws ZkinferError ROWS_JSON, ROWS_DUPLICATE_KEY
 */
export function parseJsonText(text: string, where: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw rowsError(
      'ROWS_JSON',
      'this is not JSON',
      [`in ${where}`, (cause as Error).message],
      'NaN, Infinity and trailing commas are not JSON; rows may be JSON, NDJSON, CSV, .npy or .npz',
    );
  }
  const bad = findBadKey(text);
  if (bad !== null) {
    throw rowsError(
      'ROWS_DUPLICATE_KEY',
      bad.reason === 'twice' ? 'a key stands twice in one object' : 'the key "__proto__" is not allowed',
      [`at ${bad.path}`, `in ${where}`],
      'name each input once',
    );
  }
  return value;
}
