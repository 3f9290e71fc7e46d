import { parseQueueAddress } from './queue-address.js';
import type { QueueHome } from './queue-home.js';

/**
 * Connects to the server of a queue. Later losses mend themselves.
 * @param url `redis://HOST:PORT`, `postgres://USER@HOST/DATABASE`
 * @param lanes how many queues there will be
 * @throws ZkinferError QUEUE_ADDRESS, QUEUE_PACKAGE_MISSING, QUEUE_UNREACHABLE, QUEUE_DENIED, QUEUE_RIGHTS, QUEUE_SCHEMA
 */
export async function openQueueHome(url: string, lanes: number): Promise<QueueHome> {
  const address = parseQueueAddress(url);
  if (address.kind === 'redis') {
    const { openRedisHome } = await import('./redis-home.js');
    return openRedisHome(address);
  }
  const { openPostgresHome } = await import('./postgres-home.js');
  return openPostgresHome(address, lanes);
}
