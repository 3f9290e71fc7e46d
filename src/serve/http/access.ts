import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ZkinferError } from '../../core/error.js';

/** Fewest characters of a token: 22 of base64 hold 128 bits. */
const MIN_TOKEN_LENGTH = 16;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Checks tokens before they are used. @throws ZkinferError TOKEN_WEAK, which quotes none */
export function checkTokens(tokens: readonly string[]): void {
  if (tokens.every((token) => token.length >= MIN_TOKEN_LENGTH && /^[\x21-\x7e]+$/.test(token))) return;
  throw new ZkinferError({
    code: 'TOKEN_WEAK',
    kind: 'usage',
    message: `a token has at least ${MIN_TOKEN_LENGTH} printable characters and no space`,
    hint: 'draw one: openssl rand -base64 24',
  });
}

/** Makes the check of a request's bearer token; every token is compared, in constant time. No tokens: everybody may. */
export function createTokenCheck(tokens: readonly string[]): (request: IncomingMessage) => void {
  const known = tokens.map(digest);
  return ({ headers }) => {
    if (known.length === 0) return;
    const given = digest(/^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? '');
    let fits = false;
    for (const one of known) fits = timingSafeEqual(one, given) || fits;
    if (!fits)
      throw new ZkinferError({
        code: 'TOKEN_WRONG',
        kind: 'policy',
        message: 'the bearer token is missing or wrong',
        hint: 'send Authorization: Bearer TOKEN',
      });
  };
}

/** Whether only this machine reaches a host. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/**
 * On a loopback address, a request for another host comes from a page that had its own name point here: it is refused.
 * @throws ZkinferError HOST_REFUSED
 */
export function checkHost({ headers }: IncomingMessage): void {
  if (isLoopback((headers.host ?? '').replace(/:\d+$/, ''))) return;
  throw new ZkinferError({
    code: 'HOST_REFUSED',
    kind: 'policy',
    message: 'the service is for this machine, and the request names another host',
    hint: 'use http://127.0.0.1 or http://localhost, or start the service with tokens',
  });
}
