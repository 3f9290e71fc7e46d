import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findFreePort, type QueueServer } from './queue-server.js';

/** Whether this machine can start a Redis server. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

const PASSWORD = 's3cret-of-redis';

export async function startRedis(): Promise<QueueServer> {
  const folder = mkdtempSync(join(tmpdir(), 'zkinfer-redis-'));
  const port = await findFreePort();
  const url = `redis://:${PASSWORD}@127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const withClient = async <T>(work: (client: Redis) => Promise<T>): Promise<T> => {
    const client = new Redis(url);
    client.on('error', () => {});
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  };
  const start = async () => {
    const options = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''];
    const log = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
    child = spawn('redis-server', [...options, ...log, '--requirepass', PASSWORD], { stdio: 'ignore' });
    // Ready once it has read its log.
    await withClient((client) => client.get('nothing'));
  };
  const kill = async () => {
    const ended = child && child.exitCode === null ? once(child, 'exit') : undefined;
    child?.kill('SIGKILL');
    await ended;
    child = undefined;
  };
  await start();
  const keyOf = (id: string) => `zkinfer:result:${id}`;
  return {
    url,
    password: PASSWORD,
    kill,
    start,
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
    clear: () => withClient(async (client) => void (await client.flushall())),
    readResult: (id) => withClient((client) => client.get(keyOf(id))),
    writeResult: (id, text) => withClient(async (client) => void (await client.set(keyOf(id), text))),
  };
}
