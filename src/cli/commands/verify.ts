import { EXIT } from '../../core/error.js';
import type { StatedOutput } from '../../verify/proof-file.js';
import { openVerifyingBundle, verifyProofFile } from '../../verify/verify-files.js';
import type { CommandSpec } from '../command.js';
import { formatNumbers } from '../format.js';
import { contextNumber } from '../options.js';

function describe(side: string, tensors: Readonly<Record<string, StatedOutput>> | undefined): string[] {
  return Object.entries(tensors ?? {}).map(([name, { real, label }]) => {
    const suffix = label === undefined ? '' : ` = ${label}`;
    return `  ${side} ${name}: ${formatNumbers(real)}${suffix}`;
  });
}

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
        ...describe('input', verdict.inputs),
        ...describe('output', verdict.outputs),
      ],
      json: { ...verdict },
      exitCode: verdict.valid ? EXIT.ok : EXIT.checkFailed,
    };
  },
};
