import { setTimeout as pause } from 'node:timers/promises';
import type { BackendFactory, QueueEventsOptions, QueueOptions, WorkerOptions } from 'bullmq';
import { ZkinferError } from '../../core/error.js';
import type { Bullmq } from './queue-packages.js';
import type { ResultStore } from './result-store.js';

/** Where a queue and its results live: a server that services and workers have in common. */
export interface QueueHome {
  readonly title: 'Redis' | 'PostgreSQL';
  readonly bullmq: Bullmq;
  /** What BullMQ's classes take to work there; what they ask for waits while the server is away. */
  readonly options: Pick<
    QueueOptions & QueueEventsOptions & WorkerOptions,
    'connection' | 'prefix' | 'blockingTimeout' | 'drainDelay'
  >;
  readonly backend: BackendFactory;
  readonly results: ResultStore;
  /** Whether the server answers now. */
  isThere(): Promise<boolean>;
  /** Ends every connection, whether or not the server is there; what waits for it fails. */
  leave(): Promise<void>;
}

/** The name under which everything of zkinfer lies on a server: prefix of keys in Redis, schema in PostgreSQL. */
export const NAMESPACE = 'zkinfer';
/** How long a result is kept, in seconds; a service that takes one over keeps it in its own folder. */
export const KEEP_RESULT_SECONDS = 86_400;

const TELL_AGAIN_MS = 60_000;

/**
 * What is told of the errors of a queue, which mend themselves where a server was away, and do not where it refuses something.
 * @returns takes every error; tells each message at most once a minute
 */
export function createTroubleReport(onTrouble?: (message: string) => void): (error: Error) => void {
  const told = new Map<string, number>();
  return ({ message }) => {
    const now = performance.now();
    for (const [text, at] of told) if (now - at > TELL_AGAIN_MS) told.delete(text);
    if (told.has(message)) return;
    told.set(message, now);
    onTrouble?.(message);
  };
}

const ASK_EVERY_MS = 1000;

/**
 * Closes what works at a home, and leaves it. Without its server, that would wait for an answer that does not come.
 * @param close begins to close everything; told whether the server is there
 */
export async function closeQueueHome(
  home: QueueHome,
  close: (isThere: boolean) => readonly Promise<unknown>[],
): Promise<void> {
  const isThere = await home.isThere();
  let isWaiting = isThere;
  const closed = Promise.allSettled(close(isThere)).then(() => {
    isWaiting = false;
  });
  while (isWaiting) {
    await Promise.race([closed, pause(ASK_EVERY_MS, undefined, { ref: false })]);
    if (isWaiting) isWaiting = await home.isThere();
  }
  await home.leave();
}

/** The server is not there, or does not answer. */
export function serverUnreachable(
  title: QueueHome['title'],
  where: string,
  reason: string,
  hint: string,
  cause: unknown,
) {
  return new ZkinferError({
    code: 'QUEUE_UNREACHABLE',
    kind: 'resource',
    message: `${title} cannot be reached`,
    facts: [where, ...(reason === '' ? [] : [reason])],
    hint,
    cause,
  });
}

/** The server is there, but not for this user. */
export function serverDenies(title: QueueHome['title'], where: string, reason: string, cause: unknown) {
  return new ZkinferError({
    code: 'QUEUE_DENIED',
    kind: 'policy',
    message: `${title} does not let zkinfer in`,
    facts: [where, reason],
    hint: 'check user, password and database; an address with a password belongs into ZKINFER_QUEUE',
    cause,
  });
}
