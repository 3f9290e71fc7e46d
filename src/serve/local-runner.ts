import type { ProverName } from '../groth16/prove.js';
import { createProverPool } from '../prove/pool.js';
import { largestKeyBytes, type ServedModels } from './model.js';
import { proveJob } from './prove-job.js';
import type { Runner } from './runner.js';

export interface LocalRunnerOptions {
  readonly workers?: number;
  readonly backend?: ProverName;
  /** The external program, for the backend `rapidsnark`. */
  readonly binary?: string;
  readonly deadlineMs?: number;
}

/** Proves in the worker threads of this process. */
export function createLocalRunner(
  models: ServedModels,
  { workers, backend, binary, deadlineMs }: LocalRunnerOptions = {},
): Runner {
  const pool = createProverPool({ workers, backend, binary, zkeyBytes: largestKeyBytes(models) });
  return {
    kind: 'local',
    concurrency: pool.workers,
    workers: pool.workers,
    isReady: async () => null,
    checkRequest: () => {},
    run: (request, { id, signal, onBegin, onProgress }) => {
      onBegin();
      return proveJob(pool, request, { id, signal, deadlineMs, onProgress });
    },
    close: () => pool.close(),
  };
}
