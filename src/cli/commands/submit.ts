import type { SubmitReport } from '../../chain/commands/submit.js';
import { addKeyOptions, address, withConnection, withSigner, word } from '../chain-options.js';
import type { CommandResult, CommandSpec } from '../command.js';

export const submitCommand: CommandSpec = {
  name: 'submit',
  summary: 'Show a proof to an InferenceVerifier: verify it as a call, or record it in a transaction',
  examples: [
    'zkinfer submit proof.json --verifier 0x… --model 0x… --agent 0x…',
    'zkinfer submit proof.json --verifier 0x… --model 0x… --agent 0x… --record --dev-account 0',
  ],
  configure: (command) =>
    addKeyOptions(command.argument('<proof>', 'proof file'))
      .requiredOption('--verifier <address>', 'InferenceVerifier', address)
      .requiredOption('--model <id>', 'model id, as register printed it', word)
      .requiredOption('--agent <address>', 'whom the proof was made for', address)
      .option('--nonce <word>', '32 bytes that the proof was made with; zero where left out', word)
      .option('--record', 'record the inference in a transaction'),
  run: async ([proofPath], options, reporter) => {
    const { submitProof } = await import('../../chain/commands/submit.js');
    const request = {
      proofPath: proofPath as string,
      verifier: options.verifier as string,
      modelId: options.model as string,
      agent: options.agent as string,
      nonce: options.nonce as string | undefined,
      confirmations: options.confirmations as number,
    };
    if (!options.record) {
      return withConnection(options, async ({ provider }) =>
        describe(await submitProof(provider, { ...request, record: false })),
      );
    }
    return withSigner(options, async (_connection, signer) => {
      reporter.step('recording');
      return describe(await submitProof(signer, { ...request, record: true }));
    });
  },
};

function describe({ modelId, agent, nonce, output, gas, recorded }: SubmitReport): CommandResult {
  return {
    text: [
      `accepted: output ${output}`,
      recorded
        ? `recorded as ${recorded.nullifier} in ${recorded.transactionHash}, ${gas.toLocaleString('en-US')} gas`
        : `${gas.toLocaleString('en-US')} gas as a transaction`,
    ],
    json: {
      valid: true,
      modelId,
      agent,
      nonce,
      output,
      gas: Number(gas),
      ...(recorded && { nullifier: recorded.nullifier, transactionHash: recorded.transactionHash }),
    },
  };
}
