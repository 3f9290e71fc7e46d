import { ZkinferError } from '../../core/error.js';
import { RedisClient } from './redis-client.js';
import type { RedisAddress } from './redis-socket.js';

export type BullMq = typeof import('bullmq');

/** Beginning of every key of BullMQ in Redis. */
export const PREFIX = 'zkinfer';

/** Loads BullMQ, which only users of a queue install. @throws ZkinferError QUEUE_PACKAGE_MISSING */
export async function loadBullMq(load: () => Promise<BullMq> = () => import('bullmq')): Promise<BullMq> {
  try {
    return await load();
  } catch (cause) {
    throw new ZkinferError({
      code: 'QUEUE_PACKAGE_MISSING',
      kind: 'usage',
      message: 'a queue needs the package bullmq, which is not installed',
      hint: 'npm install bullmq@6',
      cause,
    });
  }
}

/** Connects to Redis. @throws ZkinferError QUEUE_UNREACHABLE */
export async function connectQueue(address: RedisAddress): Promise<RedisClient> {
  const client = new RedisClient(address);
  // Later failures show as commands that wait, and in isReady; they are no reason to end.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (cause) {
    client.disconnect();
    const { host, port } = address;
    throw new ZkinferError({
      code: 'QUEUE_UNREACHABLE',
      kind: 'resource',
      message: 'Redis cannot be reached',
      facts: [`${host}:${port}`, cause instanceof Error ? cause.message : String(cause)],
      hint: 'start redis-server with --appendonly yes, or check address and password',
      cause,
    });
  }
}
