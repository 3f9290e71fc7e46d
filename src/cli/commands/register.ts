import { addKeyOptions, address, withSigner } from '../chain-options.js';
import type { CommandSpec } from '../command.js';

export const registerCommand: CommandSpec = {
  name: 'register',
  summary: 'Register a bundle’s model with an InferenceVerifier',
  examples: ['zkinfer register artifacts/mnist --verifier 0x5FbDB2315678afecb367f032d93F642f64180aa3 --dev-account 0'],
  configure: (command) =>
    addKeyOptions(command.argument('<bundle>', 'bundle folder with keys'))
      .requiredOption('--verifier <address>', 'InferenceVerifier', address)
      .option('--uri <uri>', 'where the bundle is described', ''),
  run: async ([bundleDir], options, reporter) => {
    const { registerBundle } = await import('../../chain/commands/register.js');
    return withSigner(options, async (connection, signer) => {
      reporter.step('registering');
      const { modelId, key, transactionHash, gasUsed } = await registerBundle(connection, signer, {
        bundleDir: bundleDir as string,
        verifier: options.verifier as string,
        uri: options.uri as string,
        confirmations: options.confirmations as number,
      });
      return {
        text: [`model ${modelId}`, `transaction ${transactionHash}, ${gasUsed.toLocaleString('en-US')} gas`],
        json: { modelId, key, transactionHash, gasUsed: Number(gasUsed), chainId: Number(connection.chainId) },
      };
    });
  },
};
