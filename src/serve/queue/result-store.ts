import type { Redis } from 'ioredis';
import type { ProveReport } from '../../pipeline/pooled-bundle.js';

/** Results by job, for everybody at the queue. The first one stays: a job that runs twice is stored once. */
export interface ResultStore {
  /** Null where there is none. */
  read(id: string): Promise<ProveReport | null>;
  /** @returns whether it was the first */
  write(id: string, report: ProveReport): Promise<boolean>;
  /** Makes room for another, where the one that is there is of no use. */
  remove(id: string): Promise<void>;
}

const DAY_SECONDS = 86_400;

/** Results beside the queue in Redis; a service that takes one over keeps it in its own folder. */
export function createResultStore(client: Redis, keepSeconds = DAY_SECONDS): ResultStore {
  const keyOf = (id: string) => `zkinfer:result:${id}`;
  return {
    read: async (id) => {
      const text = await client.get(keyOf(id));
      if (text === null) return null;
      const report = parseReport(text);
      // What is no result would keep one from being stored.
      if (report === null) await client.del(keyOf(id));
      return report;
    },
    write: async (id, report) =>
      (await client.set(keyOf(id), JSON.stringify(report), 'EX', keepSeconds, 'NX')) !== null,
    remove: async (id) => {
      await client.del(keyOf(id));
    },
  };
}

/** Whatever others wrote, if it has the form of a result. */
function parseReport(text: string): ProveReport | null {
  try {
    const report = JSON.parse(text) as ProveReport | null;
    const isReport = typeof report?.proof === 'object' && Number.isFinite(report.ms?.total);
    return isReport && Array.isArray(report.saturated) ? report : null;
  } catch {
    return null;
  }
}
