import { countLimbs, joinsLastLimb } from '../core/limbs.js';
import type { ModelSpec } from './client/inference-client.js';

/**
 * Gas of the contracts' calls, as a formula: what test/snapshots/gas.json measured, by number of signals and bytes. A test
 * holds it to the snapshot.
 */
const VERIFY_BASE = 218_200;
/** One multiplication, one addition and what goes with them. */
const SIGNAL = 6_700;
/** A byte of calldata, as random as they come. */
const DATA_BYTE = 16;
/** A byte of a bound statement: calldata, its hash, and its share in the polynomial. */
const BOUND_BYTE = 24;
const BOUND_BASE = 1_600;
const RECORD = 26_600;
const BATCH_BASE = 192_300 - 2 * SIGNAL;
const BATCH_PROOF = 53_900;
const BATCH_SIGNAL = 350;
const STANDALONE_BASE = 209_700;

/** Public signals of a model with this spec. */
export function countSignals({ statement, inputLength, outputLength, inputCommitted }: ModelSpec): number {
  if (statement === 'bound') return 3;
  const limbs = countLimbs(inputLength) + countLimbs(outputLength);
  if (inputCommitted) return 1 + countLimbs(outputLength) + 1;
  return (joinsLastLimb(inputLength, outputLength) ? limbs - 1 : limbs) + 1;
}

/** Gas of `verifyInference` as a transaction of its own; within 2 %. */
export function predictVerifyGas(spec: ModelSpec): number {
  const bytes = spec.inputLength + spec.outputLength;
  const data = spec.statement === 'bound' ? BOUND_BASE + bytes * BOUND_BYTE : bytes * DATA_BYTE;
  return VERIFY_BASE + SIGNAL * countSignals(spec) + data;
}

/** Gas of `recordInference`. */
export function predictRecordGas(spec: ModelSpec): number {
  return predictVerifyGas(spec) + RECORD;
}

/** Gas of `verifyBatch` for `count` proofs, all of them together. */
export function predictBatchGas(spec: ModelSpec, count: number): number {
  const signals = countSignals(spec);
  const bytes = spec.inputLength + spec.outputLength - 1;
  const data = bytes * (spec.statement === 'bound' ? BOUND_BYTE : DATA_BYTE);
  return BATCH_BASE + SIGNAL * signals + count * (BATCH_PROOF + BATCH_SIGNAL * (signals - 2) + data);
}

/** Gas of a standalone verifier's `verifyProof`. */
export function predictStandaloneGas(signalCount: number): number {
  return STANDALONE_BASE + SIGNAL * signalCount;
}
