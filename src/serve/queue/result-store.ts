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

/** Texts by name on the server of a queue, each kept for a while. */
export interface ResultTexts {
  read(id: string): Promise<string | null>;
  /** Writes where nothing is. @returns whether nothing was */
  add(id: string, text: string): Promise<boolean>;
  remove(id: string): Promise<void>;
}

/** Results beside the queue. */
export function createResultStore(texts: ResultTexts): ResultStore {
  return {
    read: async (id) => {
      const text = await texts.read(id);
      if (text === null) return null;
      const report = parseReport(text);
      // What is no result would keep one from being stored.
      if (report === null) await texts.remove(id);
      return report;
    },
    write: (id, report) => texts.add(id, JSON.stringify(report)),
    remove: (id) => texts.remove(id),
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
