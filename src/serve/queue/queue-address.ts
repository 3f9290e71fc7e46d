import { ZkinferError } from '../../core/error.js';

/** Where a Redis server is, and how it lets one in. */
export interface RedisAddress {
  readonly kind: 'redis';
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
}

/** Where a PostgreSQL server is, and how it lets one in. */
export interface PostgresAddress {
  readonly kind: 'postgres';
  /** Name or number of a machine, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Without, whoever answers is believed. */
  readonly tls: 'none' | 'unverified' | 'verified';
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
}

export type QueueAddress = RedisAddress | PostgresAddress;

const HINT =
  'write redis://HOST:PORT/DB (rediss:// for TLS), or postgres://USER@HOST:PORT/DATABASE (?sslmode=require for TLS)';

function addressError(): ZkinferError {
  // The address itself is not quoted: it may hold a password.
  return new ZkinferError({
    code: 'QUEUE_ADDRESS',
    kind: 'usage',
    message: 'this is no address of a queue',
    hint: HINT,
  });
}

/** Spellings of libpq, where a certificate is always checked unless that is waived by name. */
const TLS_MODES: Readonly<Record<string, PostgresAddress['tls']>> = {
  disable: 'none',
  require: 'verified',
  'verify-full': 'verified',
  'no-verify': 'unverified',
};

/** Reads the address of a queue. @throws ZkinferError QUEUE_ADDRESS */
export function parseQueueAddress(text: string): QueueAddress {
  let url: URL;
  try {
    url = new URL(text);
    // What is no percent-encoding of UTF-8 throws.
    return /^rediss?:$/.test(url.protocol) ? readRedis(url) : readPostgres(url);
  } catch {
    throw addressError();
  }
}

function readRedis(url: URL): RedisAddress {
  const db = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1];
  if (url.hostname === '' || db === undefined) throw addressError();
  const { user, password } = readLogin(url);
  return {
    kind: 'redis',
    host: readHost(url),
    port: Number(url.port || 6379),
    isTls: url.protocol === 'rediss:',
    db: Number(db),
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
  };
}

function readPostgres(url: URL): PostgresAddress {
  const { host = readHost(url), sslmode = 'disable', ...others } = Object.fromEntries(url.searchParams);
  const tls = Object.hasOwn(TLS_MODES, sslmode) ? TLS_MODES[sslmode] : undefined;
  const database = /^\/?([^/]*)$/.exec(url.pathname)?.[1];
  const isPostgres = /^postgres(ql)?:$/.test(url.protocol);
  if (!isPostgres || host === '' || tls === undefined || database === undefined || Object.keys(others).length > 0)
    throw addressError();
  return {
    kind: 'postgres',
    host,
    port: Number(url.port || 5432),
    tls,
    ...readLogin(url),
    ...(database !== '' && { database: decodeURIComponent(database) }),
  };
}

function readHost({ hostname }: URL): string {
  return decodeURIComponent(hostname.replace(/^\[|\]$/g, ''));
}

function readLogin({ username, password }: URL): { readonly user?: string; readonly password?: string } {
  return {
    ...(username !== '' && { user: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  };
}

/** A place, for messages: nothing in it is secret. */
export function printPlace({ host, port }: QueueAddress): string {
  return `${host}:${port}`;
}

/** Whether an address holds a password, which then must not stand on a command line. */
export function holdsPassword(text: string): boolean {
  if (!URL.canParse(text)) return /:.*@|password/is.test(text);
  const { password, searchParams } = new URL(text);
  return password !== '' || searchParams.has('password');
}
