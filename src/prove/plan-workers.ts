import type { ProverName } from '../groth16/prove.js';

const MEGABYTE = 2 ** 20;

/** What one worker needs beyond the shared key: the runtime with its compiled curve, and room that grows with the key. */
const NEEDS: Record<ProverName, { readonly fixedBytes: number; readonly perKeyByte: number }> = {
  snarkjs: { fixedBytes: 130 * MEGABYTE, perKeyByte: 5 },
  resident: { fixedBytes: 50 * MEGABYTE, perKeyByte: 1 },
  rapidsnark: { fixedBytes: 60 * MEGABYTE, perKeyByte: 3 },
};

/** Estimates the peak memory of one worker, without the key that all share. */
export function estimateWorkerBytes(backend: ProverName, zkeyBytes: number): number {
  const { fixedBytes, perKeyByte } = NEEDS[backend];
  return fixedBytes + perKeyByte * zkeyBytes;
}

/**
 * How many workers fit: at most one per core, at least one, and no more than the memory holds.
 * @param memoryBudgetBytes for all workers and the shared key together
 */
export function planWorkers(plan: {
  readonly cores: number;
  readonly memoryBudgetBytes: number;
  readonly zkeyBytes: number;
  readonly backend: ProverName;
}): number {
  const free = plan.memoryBudgetBytes - plan.zkeyBytes;
  const fitting = Math.floor(free / estimateWorkerBytes(plan.backend, plan.zkeyBytes));
  return Math.max(1, Math.min(plan.cores, fitting));
}
