import { address, word } from '../chain-options.js';
import type { CommandSpec } from '../command.js';
import { usage } from '../usage.js';

export const calldataCommand: CommandSpec = {
  name: 'calldata',
  summary: 'Print a proof as a contract takes it',
  examples: ['zkinfer calldata proof.json', 'zkinfer calldata proof.json --model 0x… --agent 0x… --nonce 0x…'],
  configure: (command) =>
    command
      .argument('<proof>', 'proof file')
      .option('--model <id>', 'for an InferenceVerifier: the model id', word)
      .option('--agent <address>', 'for an InferenceVerifier: whom the proof was made for', address)
      .option('--nonce <word>', 'for an InferenceVerifier: 32 bytes; zero where left out', word)
      .option('--bound', 'the statement is a bound one'),
  run: async ([path], options) => {
    const { encodeStandaloneCall, encodeVerifierCall } = await import('../../chain/commands/calldata.js');
    const { readProofDocument } = await import('../../chain/commands/submit.js');
    const document = await readProofDocument(path as string);
    if ((options.model === undefined) !== (options.agent === undefined)) {
      throw usage('--model and --agent belong together', 'leave both out for a standalone verifier');
    }
    const call =
      options.model === undefined
        ? encodeStandaloneCall(document)
        : encodeVerifierCall(document, options.bound ? 'bound' : 'packed', {
            modelId: options.model as string,
            agent: options.agent as string,
            nonce: options.nonce as string | undefined,
          });
    return { text: [call.data], json: { ...call } };
  },
};
