import { hasPostgres, startPostgres } from './postgres.js';
import { hasRedis, startRedis } from './redis.js';

/** What a queue can live on, and whether this machine can start one. */
export const QUEUE_SERVERS = [
  { title: 'Redis', program: 'redis-server', isHere: hasRedis, start: startRedis },
  { title: 'PostgreSQL', program: 'PostgreSQL server', isHere: hasPostgres, start: startPostgres },
] as const;
