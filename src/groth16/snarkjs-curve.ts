import { curves } from 'snarkjs';
import { closingFiles } from './open-files.js';

/** Where ffjavascript, below snarkjs, looks for a curve before it builds one. */
const shelf = globalThis as { curve_bn128?: { terminate(): Promise<void> } | null };

let queue: Promise<unknown> = Promise.resolve();
let single: { terminate(): Promise<void> } | undefined;

/**
 * Runs calls of snarkjs with a curve of ours, and leaves no thread and no open file behind. One at a time per process: snarkjs keeps its
 * curve in a global variable.
 * @param threads `one` computes on the calling thread and keeps the curve for the next call; `all` starts a thread per
 * core for this call and ends them after it
 */
export function withSnarkjsCurve<T>(threads: 'one' | 'all', work: () => Promise<T>): Promise<T> {
  const run = queue.then(async () => {
    const before = shelf.curve_bn128;
    if (threads === 'one') {
      single ??= await curves.getCurveFromName('bn128', { singleThread: true });
      shelf.curve_bn128 = single;
    } else {
      shelf.curve_bn128 = null;
    }
    try {
      return await closingFiles(work);
    } finally {
      if (threads === 'all' && shelf.curve_bn128) await shelf.curve_bn128.terminate();
      shelf.curve_bn128 = before ?? null;
    }
  });
  queue = run.catch(() => {});
  return run;
}
