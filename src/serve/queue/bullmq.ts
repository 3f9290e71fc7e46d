import type { Redis } from 'ioredis';
import { ZkinferError } from '../../core/error.js';
import { parseQueueAddress } from './queue-address.js';

/** The packages that only users of a queue install. */
export interface QueuePackages {
  readonly bullmq: typeof import('bullmq');
  readonly ioredis: Pick<typeof import('ioredis'), 'Redis'>;
}

/** Beginning of every key of BullMQ in Redis. */
export const PREFIX = 'zkinfer';

async function importPackages(): Promise<QueuePackages> {
  const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')]);
  return { bullmq, ioredis };
}

/** Loads BullMQ and its client of Redis. @throws ZkinferError QUEUE_PACKAGE_MISSING */
export async function loadQueuePackages(load = importPackages): Promise<QueuePackages> {
  try {
    return await load();
  } catch (cause) {
    throw new ZkinferError({
      code: 'QUEUE_PACKAGE_MISSING',
      kind: 'usage',
      message: 'a queue needs the packages bullmq and ioredis, and they are not installed',
      hint: 'npm install bullmq@6 ioredis@5',
      cause,
    });
  }
}

/** A connection to Redis, with all that BullMQ makes of it. */
export interface QueueConnection {
  readonly client: Redis;
  /** Ends it, whether or not Redis is there to say farewell to. */
  leave(): Promise<void>;
}

const LONGEST_DELAY_MS = 2000;

/**
 * Connects to Redis. Later losses mend themselves: commands wait until it is back.
 * @param url `redis://HOST:PORT`
 * @throws ZkinferError QUEUE_ADDRESS, QUEUE_UNREACHABLE
 */
export async function connectQueue({ ioredis }: QueuePackages, url: string): Promise<QueueConnection> {
  const { isTls, ...address } = parseQueueAddress(url);
  let [isLeft, reason] = [false, ''];
  const client = new ioredis.Redis({
    ...address,
    ...(isTls && { tls: {} }),
    lazyConnect: true,
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
    for (const one of [client, ...copies]) one.disconnect();
  };
  try {
    await client.connect();
    return { client, leave };
  } catch (cause) {
    await leave();
    throw new ZkinferError({
      code: 'QUEUE_UNREACHABLE',
      kind: 'resource',
      message: 'Redis cannot be reached',
      facts: [`${address.host}:${address.port}`, ...(reason === '' ? [] : [reason])],
      hint: 'start redis-server with --appendonly yes, or check address and password',
      cause,
    });
  }
}
