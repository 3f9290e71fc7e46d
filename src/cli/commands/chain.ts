import { addConnectionOptions, address, withConnection, word } from '../chain-options.js';
import type { CommandSpec } from '../command.js';
import { wholeNumber } from '../options.js';
import { waitForSignal } from '../signals.js';
import { usage } from '../usage.js';

type Options = Readonly<Record<string, unknown>>;

export const chainCommand: CommandSpec = {
  name: 'chain',
  summary: 'Run a local chain (dev), or print the context that a proof for a contract is bound to (context)',
  examples: ['zkinfer chain dev --port 8545', 'zkinfer chain context --verifier 0x… --model 0x… --agent 0x…'],
  configure: (command) =>
    addConnectionOptions(command.argument('<action>', 'dev or context'))
      .option('--port <n>', 'dev: port on 127.0.0.1', wholeNumber(0, 65_535), 8545)
      .option('--node <kind>', 'dev: auto, embedded or anvil', 'auto')
      .option('--accounts <n>', 'dev: accounts to open, with 10,000 ether each', wholeNumber(1, 100), 10)
      .option('--verifier <address>', 'context: InferenceVerifier', address)
      .option('--model <id>', 'context: model id', word)
      .option('--agent <address>', 'context: whom the proof is for', address)
      .option('--nonce <word>', 'context: 32 bytes; zero where left out', word),
  run: async ([action], options, reporter) => {
    if (action === 'dev') return runDevChain(options, (line) => reporter.step(line));
    if (action === 'context') return printContext(options);
    throw usage(`there is no action ${JSON.stringify(action)}`, 'dev or context');
  },
};

async function runDevChain(options: Options, say: (line: string) => void) {
  const kind = options.node as string;
  if (kind !== 'auto' && kind !== 'embedded' && kind !== 'anvil') {
    throw usage(`there is no node ${JSON.stringify(kind)}`, 'auto, embedded or anvil');
  }
  const { startDevNode } = await import('../../chain/dev-node/start.js');
  const node = await startDevNode(kind, { accounts: options.accounts as number, port: options.port as number });
  const url = await node.listen(options.port as number);
  say(`${node.kind} node, chain ${node.chainId}, on ${url}; end it with Ctrl-C`);
  node.accounts.forEach(({ address: at }, index) => {
    say(`  --dev-account ${index}  ${at}`);
  });
  await waitForSignal();
  await node.close();
  return { text: ['stopped'], json: { url, kind: node.kind, chainId: node.chainId } };
}

async function printContext(options: Options) {
  const { verifier, model, agent, nonce } = options as Record<string, string | undefined>;
  if (verifier === undefined || model === undefined || agent === undefined) {
    throw usage('the context needs --verifier, --model and --agent', 'add --help for examples');
  }
  const { bindOnChain, describeBinding } = await import('../../chain/commands/submit.js');
  const { computeContext } = await import('../../commitment/context.js');
  return withConnection(options, async ({ provider }) => {
    const binding = await bindOnChain(provider, { verifier, modelId: model, agent, nonce });
    const context = String(computeContext(binding));
    const proveWith = describeBinding(binding);
    return {
      text: [context],
      json: { context, proveWith, ...binding, chainId: Number(binding.chainId) },
    };
  });
}
