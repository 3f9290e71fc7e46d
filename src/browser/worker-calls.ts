import { ZkinferError } from '../core/error.js';
import type { CallName, Calls, Progress, Reply, Request } from './messages.js';

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (cause: unknown) => void;
  readonly onProgress?: (progress: Progress) => void;
}

/** Calls to one worker. */
export interface WorkerCalls {
  readonly call: <K extends CallName>(
    call: K,
    args: Calls[K]['args'],
    onProgress?: (progress: Progress) => void,
  ) => Promise<Calls[K]['value']>;
  /** Ends the worker at once, whatever it computes; calls that wait are rejected with `cause`. */
  readonly end: (cause: ZkinferError) => void;
}

/** Speaks with a worker. @param onEnd hears when it is gone, by `end` or by itself */
export function connectWorker(worker: Worker, onEnd: () => void): WorkerCalls {
  const waiting = new Map<number, Waiting>();
  let ended: ZkinferError | undefined;
  let lastId = 0;

  const end = (cause: ZkinferError) => {
    if (ended) return;
    ended = cause;
    worker.terminate();
    onEnd();
    for (const { reject } of waiting.values()) reject(cause);
    waiting.clear();
  };
  worker.onmessage = ({ data }: MessageEvent<Reply>) => {
    const call = waiting.get(data.id);
    if (!call) return;
    if (data.kind === 'progress') return call.onProgress?.(data.progress);
    waiting.delete(data.id);
    if (data.kind === 'done') call.resolve(data.value as never);
    else call.reject(new ZkinferError(data.error));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    end(
      new ZkinferError({
        code: 'BROWSER_WORKER_FAILED',
        kind: 'resource',
        message: 'the worker could not start, or ended',
        facts: [event.message || 'the browser does not say why'],
        hint: "check that the policy of the page allows the worker (worker-src 'self') and that its file is served as JavaScript",
      }),
    );
  };
  return {
    call: (call, args, onProgress) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        const id = ++lastId;
        waiting.set(id, { resolve, reject, onProgress });
        worker.postMessage({ id, call, ...args } as Request);
      }),
    end,
  };
}
