import { EXIT } from '../../core/error.js';
import { openVerifyingBundle, verifyProofFile } from '../../verify/verify-files.js';
import type { CommandSpec } from '../command.js';
import { describeTensors } from '../describe-tensors.js';
import { contextNumber } from '../options.js';

export const verifyCommand: CommandSpec = {
  name: 'verify',
  summary: 'Verify a proof against a bundle',
  examples: [
    'zkinfer verify proof.json --bundle artifacts/mnist',
    'zkinfer verify proof.json --bundle artifacts/mnist --context 0x2a --json',
  ],
  configure: (command) =>
    command
      .argument('<proof>', 'proof file (zkinfer-proof/1)')
      .requiredOption('--bundle <folder>', 'folder with manifest.json and verification-key.json')
      .option('--context <number>', 'the context that the proof has to be bound to, decimal or 0x', contextNumber),
  run: async ([path], options) => {
    const bundle = await openVerifyingBundle(options.bundle as string);
    const verdict = await verifyProofFile(path as string, bundle, { context: options.context as string | undefined });
    const word = verdict.valid ? 'valid' : 'NOT VALID';
    return {
      text: [
        `${word}: ${verdict.reason}`,
        ...describeTensors('input', verdict.inputs),
        ...describeTensors('output', verdict.outputs),
      ],
      json: { ...verdict },
      exitCode: verdict.valid ? EXIT.ok : EXIT.checkFailed,
    };
  },
};
