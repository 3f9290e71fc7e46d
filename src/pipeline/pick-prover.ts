import { ZkinferError } from '../core/error.js';
import type { ProverName } from '../groth16/prove.js';
import { createRapidsnarkProver } from '../groth16/rapidsnark-prover.js';
import { testProver } from '../groth16/self-test.js';

/** A backend by name, or the fastest that is there. */
export type ProverChoice = 'auto' | ProverName;

/** A backend that works here. */
export interface PickedProver {
  readonly backend: ProverName;
  /** The external program, for `rapidsnark`. */
  readonly binary?: string;
  /** Why the external program that was named is not used, where the choice was `auto`. */
  readonly passedOver?: ZkinferError;
}

/**
 * Picks the backend. An external program proves two small statements before it is trusted with more. `auto` takes it where
 * one is named, as it hands the witness over in a file, and our own prover everywhere else.
 * @param binary the external program, by path or by a name on PATH
 * @throws ZkinferError `RAPIDSNARK_MISSING`, `PROVER_UNFIT`
 */
export async function pickProver(choice: ProverChoice = 'auto', binary?: string): Promise<PickedProver> {
  if (choice === 'resident' || choice === 'snarkjs') return { backend: choice };
  if (choice === 'auto' && binary === undefined) return { backend: 'resident' };
  const program = binary ?? 'rapidsnark';
  try {
    await testProgram(program);
    return { backend: 'rapidsnark', binary: program };
  } catch (error) {
    if (choice === 'rapidsnark' || !(error instanceof ZkinferError)) throw error;
    return { backend: 'resident', passedOver: error };
  }
}

/** Seconds are plenty for two constraints. */
const TEST_TIMEOUT_MS = 20_000;

async function testProgram(binary: string): Promise<void> {
  const prover = createRapidsnarkProver({ binary, timeoutMs: TEST_TIMEOUT_MS });
  try {
    await testProver(prover);
  } catch (cause) {
    if (!(cause instanceof ZkinferError) || cause.code === 'RAPIDSNARK_MISSING') throw cause;
    throw new ZkinferError({
      code: 'PROVER_UNFIT',
      kind: 'usage',
      message: 'the external prover does not prove what it is given',
      facts: [`program: ${binary}`, cause.message, ...(cause.facts ?? [])],
      hint: 'name a rapidsnark program that runs on this machine, or leave it out',
      cause,
    });
  } finally {
    await prover.close();
  }
}
