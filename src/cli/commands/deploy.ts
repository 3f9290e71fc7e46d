import { addKeyOptions, address, ether, withSigner } from '../chain-options.js';
import type { CommandSpec } from '../command.js';
import { usage } from '../usage.js';

export const deployCommand: CommandSpec = {
  name: 'deploy',
  summary: 'Deploy the contracts: the registry with its verifier, a market, or a standalone verifier of one bundle',
  examples: [
    'zkinfer deploy --dev-account 0',
    'zkinfer deploy --market --verifier 0x5FbDB2315678afecb367f032d93F642f64180aa3 --dev-account 0',
    'zkinfer deploy --standalone artifacts/mnist --dev-account 0',
  ],
  configure: (command) =>
    addKeyOptions(command)
      .option('--market', 'deploy an InferenceMarket that settles with --verifier')
      .option('--verifier <address>', 'InferenceVerifier of the market', address)
      .option('--bond <ether>', 'what a lock of the market costs (0.01)', ether)
      .option('--standalone <bundle>', 'deploy a verifier for this bundle alone'),
  run: async (_args, options, reporter) => {
    if (options.market && options.standalone !== undefined) throw usage('--market and --standalone exclude each other');
    if (options.market && options.verifier === undefined) throw usage('--market needs --verifier ADDRESS');
    const chain = await import('../../chain/commands/deploy.js');
    return withSigner(options, async (connection, signer) => {
      reporter.step('deploying');
      const confirmations = options.confirmations as number;
      const [contract, deployed] =
        options.standalone !== undefined
          ? await chain
              .deployStandalone(connection, signer, options.standalone as string, confirmations)
              .then((done) => [done.contractName, done] as const)
          : options.market
            ? ([
                'InferenceMarket',
                await chain.deployInferenceMarket(
                  signer,
                  options.verifier as string,
                  options.bond as bigint | undefined,
                  confirmations,
                ),
              ] as const)
            : (['InferenceVerifier', await chain.deployInferenceVerifier(signer, confirmations)] as const);
      const { address: at, transactionHash, gasUsed } = deployed;
      return {
        text: [`${contract}: ${at}`, `transaction ${transactionHash}, ${gasUsed.toLocaleString('en-US')} gas`],
        json: { contract, address: at, transactionHash, gasUsed: Number(gasUsed), chainId: Number(connection.chainId) },
      };
    });
  },
};
