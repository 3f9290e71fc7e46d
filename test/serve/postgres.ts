import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findFreePort, type QueueServer } from './queue-server.js';

/** Where Debian has the programs of the newest server, or undefined. */
function findPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
function findUser(): { uid: number; gid: number } | undefined | null {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' });
  const [uid, gid] = [idOf('-u'), idOf('-g')];
  return uid.status === 0 && gid.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : null;
}

const programs = findPrograms();
const user = findUser();

/** Whether this machine can start a PostgreSQL server. */
export const hasPostgres = programs !== undefined && user !== null;

/** A server of PostgreSQL, with more doors than a queue needs. */
export interface PostgresServer extends QueueServer {
  readonly port: number;
  /** The same by its Unix socket. */
  readonly socketUrl: string;
  /** Has it speak TLS, with a certificate that nobody vouches for. @returns false where there is no openssl */
  useTls(): Promise<boolean>;
  query(text: string, values?: unknown[], url?: string): Promise<Record<string, unknown>[]>;
}

const PASSWORD = 's3cret-of-postgres';
const START_MS = 20_000;

export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'zkinfer-postgres-'));
  const how = { cwd: folder, ...(user ?? {}) };
  if (user) chownSync(folder, user.uid, user.gid);
  const [data, passwordFile] = [join(folder, 'data'), join(folder, 'password')];
  writeFileSync(passwordFile, PASSWORD);
  const words = ['-D', data, '-U', 'zk', '-A', 'scram-sha-256', '--pwfile', passwordFile];
  const made = spawnSync(
    join(programs ?? '', 'initdb'),
    [...words, '-E', 'UTF8', '--locale', 'C', '--no-sync', '--wal-segsize', '1'],
    {
      ...how,
      encoding: 'utf8',
    },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stdout}${made.stderr}`);
  const port = await findFreePort();
  const url = `postgres://zk:${PASSWORD}@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;
  const query = async (text: string, values: unknown[] = [], at = url) => {
    const client = new pg.Client(at);
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query(text, values)).rows;
    } finally {
      await client.end().catch(() => {});
    }
  };
  const start = async () => {
    const options = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
    // What was written outlives the process without it, if not the machine.
    options.push('-c', 'fsync=off');
    const run = () => spawn(join(programs ?? '', 'postgres'), options, { ...how, stdio: 'ignore' });
    child = run();
    for (const end = Date.now() + START_MS; ; ) {
      const isReady = await query('SELECT 1').then(
        () => true,
        () => false,
      );
      if (isReady) return;
      if (Date.now() > end) throw new Error('PostgreSQL does not start');
      // It refuses to while processes of the one that was killed are still there.
      if (child.exitCode !== null) child = run();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    const ended = child && child.exitCode === null ? once(child, 'exit') : undefined;
    child?.kill(signal);
    await ended;
    child = undefined;
  };
  await start();
  return {
    url,
    password: PASSWORD,
    port,
    socketUrl: url.replace('127.0.0.1', encodeURIComponent(folder)),
    useTls: async () => {
      const [key, certificate] = ['server.key', 'server.crt'].map((name) => join(data, name));
      const words = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ];
      const made = spawnSync('openssl', [...words, '-subj', '/CN=localhost', '-keyout', key, '-out', certificate], how);
      if (made.status !== 0) return false;
      await query('ALTER SYSTEM SET ssl = on');
      await query('SELECT pg_reload_conf()');
      return true;
    },
    query,
    start,
    kill: () => end('SIGKILL'),
    close: async () => {
      await end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
    clear: async () => void (await query('DROP SCHEMA IF EXISTS zkinfer CASCADE')),
    readResult: async (id) =>
      ((await query('SELECT report FROM zkinfer.zkinfer_result WHERE id = $1', [id]))[0]?.report as string) ?? null,
    writeResult: async (id, text) => {
      const rest = 'ON CONFLICT (id) DO UPDATE SET report = EXCLUDED.report';
      await query(`INSERT INTO zkinfer.zkinfer_result VALUES ($1, $2, now() + interval '1 day') ${rest}`, [id, text]);
    },
  };
}
