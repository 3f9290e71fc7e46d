import { ZkinferError } from '../../core/error.js';

/** Where a Redis server is, and how it lets one in. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
}

const HINT = 'write redis://HOST:PORT or redis://HOST:PORT/DB, with rediss:// for TLS';

function addressError(code: string, message: string, hint = HINT): ZkinferError {
  // The address itself is not quoted: it may hold a password.
  return new ZkinferError({ code, kind: 'usage', message, hint });
}

/** Reads the address of a queue. @throws ZkinferError QUEUE_ADDRESS */
export function parseQueueAddress(text: string): RedisAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw addressError('QUEUE_ADDRESS', 'this is no address of a queue');
  }
  const db = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1];
  if (!['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '' || db === undefined)
    throw addressError('QUEUE_ADDRESS', 'this is no address of a queue');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    isTls: url.protocol === 'rediss:',
    db: Number(db),
    ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
    ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
  };
}

/** Whether an address holds a password, which then must not stand on a command line. */
export function holdsPassword(text: string): boolean {
  return URL.canParse(text) && new URL(text).password !== '';
}
