import { ZkinferError } from '../core/error.js';

const [NEWLINE, COMMA, MINUS, ZERO] = [0x0a, 0x2c, 0x2d, 0x30];

/**
 * Reads circom's symbol file, `label,wire,component,name` a line; wire -1 is a signal that the compiler removed.
 * @param withRemoved whether to visit those too; most names of a large circuit are
 * @throws ZkinferError SYM_DAMAGED
 */
export function visitSymbols(bytes: Uint8Array, visit: (name: string, wire: number) => void, withRemoved = true): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < buffer.length; ) {
    let end = buffer.indexOf(NEWLINE, at);
    if (end < 0) end = buffer.length;
    if (end > at) {
      const first = buffer.indexOf(COMMA, at);
      const second = first < 0 ? -1 : buffer.indexOf(COMMA, first + 1);
      const third = second < 0 ? -1 : buffer.indexOf(COMMA, second + 1);
      if (third < 0 || third > end) throw damaged(at);
      let wire = 0;
      const negative = buffer[first + 1] === MINUS;
      for (let i = first + (negative ? 2 : 1); i < second; i++) {
        const digit = buffer[i] - ZERO;
        if (digit < 0 || digit > 9) throw damaged(at);
        wire = wire * 10 + digit;
      }
      if (withRemoved || !negative) visit(buffer.toString('latin1', third + 1, end), negative ? -wire : wire);
    }
    at = end + 1;
  }
}

/** Wire of every signal name. */
export function readSym(bytes: Uint8Array): Map<string, number> {
  const wires = new Map<string, number>();
  visitSymbols(bytes, (name, wire) => wires.set(name, wire));
  return wires;
}

function damaged(at: number): ZkinferError {
  return new ZkinferError({
    code: 'SYM_DAMAGED',
    kind: 'artifact',
    message: 'not a circom symbol file',
    facts: [`the line at byte ${at} is not label,wire,component,name`],
    hint: 'compile the circuit again',
  });
}
