import type { Redis } from 'ioredis';
import { printPlace, type RedisAddress } from './queue-address.js';
import { KEEP_RESULT_SECONDS, NAMESPACE, type QueueHome, serverDenies, serverUnreachable } from './queue-home.js';
import { loadQueuePackages } from './queue-packages.js';
import { createResultStore, type ResultTexts } from './result-store.js';

const LONGEST_DELAY_MS = 2000;
/** How long one command waits for news. BullMQ gives it a second more, and a process that ends without Redis waits for that. */
const WAIT_MS = 500;

/**
 * Connects to Redis. Later losses mend themselves: commands wait until it is back.
 * @throws ZkinferError QUEUE_PACKAGE_MISSING, QUEUE_UNREACHABLE, QUEUE_DENIED
 */
export async function openRedisHome({ kind: _, isTls, ...address }: RedisAddress): Promise<QueueHome> {
  const { bullmq, client: ioredis } = await loadQueuePackages('bullmq@6 ioredis@5', () => import('ioredis'));
  let [isLeft, reason] = [false, ''];
  const client = new ioredis.Redis({
    ...address,
    ...(isTls && { tls: {} }),
    lazyConnect: true,
    disconnectTimeout: WAIT_MS,
    // Commands of BullMQ wait for Redis however long it is away.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isLeft ? null : Math.min(50 * times, LONGEST_DELAY_MS)),
  });
  client.on('error', (error: Error) => {
    reason = error.message;
  });
  // BullMQ blocks on copies, and does not end all of them while Redis is away.
  const copies: Redis[] = [];
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (override) => {
    const copy = duplicate(override);
    copies.push(copy);
    return copy;
  };
  const leave = async () => {
    isLeft = true;
    if (client.status === 'ready') await client.quit().catch(() => {});
    for (const one of [client, ...copies]) if (one.status !== 'end') one.disconnect();
  };
  try {
    await client.connect();
  } catch (cause) {
    await leave();
    const where = printPlace({ kind: 'redis', isTls, ...address });
    if (/^(NOAUTH|WRONGPASS|NOPERM)\b/.test(reason)) throw serverDenies('Redis', where, reason, cause);
    const hint = 'start redis-server with --appendonly yes, or check the address';
    throw serverUnreachable('Redis', where, reason, hint, cause);
  }
  return {
    title: 'Redis',
    bullmq,
    options: { connection: client, prefix: NAMESPACE, blockingTimeout: WAIT_MS, drainDelay: WAIT_MS / 1000 },
    backend: bullmq.createRedisBackend,
    results: createResultStore(createTexts(client)),
    isThere: async () => client.status === 'ready',
    leave,
  };
}

function createTexts(client: Redis): ResultTexts {
  const keyOf = (id: string) => `${NAMESPACE}:result:${id}`;
  return {
    read: (id) => client.get(keyOf(id)),
    add: async (id, text) => (await client.set(keyOf(id), text, 'EX', KEEP_RESULT_SECONDS, 'NX')) !== null,
    remove: async (id) => {
      await client.del(keyOf(id));
    },
  };
}
