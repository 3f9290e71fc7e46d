import type { CommandSpec } from '../command.js';
import { describeSetup, reportShare } from '../compile-step.js';

export const setupCommand: CommandSpec = {
  name: 'setup',
  summary: 'Make the proving and verification keys of a bundle',
  examples: ['zkinfer setup artifacts/mnist', 'zkinfer setup artifacts/mnist --ptau powersOfTau28_hez_final_16.ptau'],
  configure: (command) =>
    command
      .argument('<bundle>', 'bundle folder that compile wrote')
      .option('--ptau <file>', 'prepared powers-of-tau file; a development key is made where left out'),
  run: async ([dir], options, reporter) => {
    const { setupBundle } = await import('../../pipeline/setup-bundle.js');
    const report = await setupBundle({
      dir: dir as string,
      ptauPath: options.ptau as string | undefined,
      onProgress: reportShare(reporter),
    });
    return { text: describeSetup(report), json: { ...report } };
  },
};
