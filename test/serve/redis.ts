import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';

/** Whether this machine can start a Redis server. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis server of the test's own, on loopback, that keeps everything in a folder: as a queue wants it. */
export interface RedisServer {
  readonly url: string;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, with what it had kept. */
  start(): Promise<void>;
  close(): Promise<void>;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function startRedis(folder: string): Promise<RedisServer> {
  mkdirSync(folder, { recursive: true });
  const port = await findFreePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const start = async () => {
    const options = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''];
    const log = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
    child = spawn('redis-server', [...options, ...log], { stdio: 'ignore' });
    // Ready once it has read its log.
    const client = new Redis(url);
    client.on('error', () => {});
    await client.get('nothing');
    client.disconnect();
  };
  const kill = async () => {
    const ended = child && child.exitCode === null ? once(child, 'exit') : undefined;
    child?.kill('SIGKILL');
    await ended;
    child = undefined;
  };
  await start();
  return { url, kill, start, close: kill };
}
