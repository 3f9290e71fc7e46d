import type { CommandSpec } from '../command.js';
import { formatCount, formatTable } from '../format.js';

export const gasCommand: CommandSpec = {
  name: 'gas',
  summary: 'Estimate what a bundle costs on chain, before anything is sent',
  examples: ['zkinfer gas artifacts/mnist', 'zkinfer gas artifacts/mnist --gas-price 20 --json'],
  configure: (command) =>
    command
      .argument('<bundle>', 'bundle folder with keys')
      .option('--gas-price <gwei>', 'also say it in ether at this price', Number.parseFloat),
  run: async ([bundleDir]: readonly unknown[], options) => {
    const { estimateBundleGas } = await import('../../chain/commands/estimate-gas.js');
    const lines = await estimateBundleGas(bundleDir as string);
    const gwei = options.gasPrice as number | undefined;
    const cost = (gas: number) => (gwei === undefined ? [] : [`${((gas * gwei) / 1e9).toFixed(6)} ether`]);
    return {
      text: formatTable([
        ['call', 'gas', ...(gwei === undefined ? [] : [`at ${gwei} gwei`]), ''],
        ...lines.map(({ call, gas, measured }) => [
          call,
          formatCount(gas),
          ...cost(gas),
          measured ? 'measured' : 'by formula',
        ]),
      ]),
      json: { lines },
    };
  },
};
