import { type Command, Option } from 'commander';
import type { PickedProver, ProverChoice } from '../pipeline/pick-prover.js';
import type { Reporter } from './reporter.js';

const CHOICES: readonly ProverChoice[] = ['auto', 'resident', 'snarkjs', 'rapidsnark'];

/** What makes the proofs. */
export function addProverOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--prover <name>',
      'what makes the proofs: resident is our own; rapidsnark an external program, by its path in ZKINFER_RAPIDSNARK or by that name on PATH; auto takes rapidsnark where that variable is set, and resident elsewhere',
    )
      .choices(CHOICES)
      .default('auto'),
  );
}

/** The backend that the option and the environment name, tried out where it is an external program. */
export async function readProver(
  { prover }: Readonly<Record<string, unknown>>,
  reporter: Reporter,
): Promise<Omit<PickedProver, 'passedOver'>> {
  const { pickProver } = await import('../pipeline/pick-prover.js');
  const program = process.env.ZKINFER_RAPIDSNARK || undefined;
  const { passedOver, ...picked } = await pickProver(prover as ProverChoice, program);
  if (passedOver)
    reporter.warn(
      `the program of ZKINFER_RAPIDSNARK is not used: ${passedOver.message} (${passedOver.facts.join('; ')})`,
    );
  // Releases of rapidsnark that are built with OpenMP spin while they wait: two at once take three times as long.
  if (picked.backend === 'rapidsnark') process.env.OMP_WAIT_POLICY ??= 'PASSIVE';
  return picked;
}
