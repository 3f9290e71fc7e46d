import type { MarketRequest } from '../../chain/client/market-client.js';
import type { Mined } from '../../chain/client/transaction.js';
import { addKeyOptions, address, ether, withConnection, withSigner, word } from '../chain-options.js';
import type { CommandResult, CommandSpec } from '../command.js';
import { formatTable } from '../format.js';
import { wholeNumber } from '../options.js';
import { unknownAction, usage } from '../usage.js';

type Options = Readonly<Record<string, unknown>>;

const ACTIONS = ['post', 'list', 'show', 'lock', 'fulfil', 'cancel', 'withdraw'] as const;

export const marketCommand: CommandSpec = {
  name: 'market',
  summary: `Use an InferenceMarket: ${ACTIONS.join(', ')}`,
  examples: [
    'zkinfer market post --market 0x… --model 0x… --input digit.json --bundle artifacts/mnist --bounty 0.05 --minutes 60 --dev-account 0',
    'zkinfer market list --market 0x…',
    'zkinfer market show --market 0x… --request 1 --agent 0x…',
    'zkinfer market lock --market 0x… --request 1 --dev-account 1',
    'zkinfer market fulfil --market 0x… --request 1 --proof proof.json --dev-account 1',
    'zkinfer market withdraw --market 0x… --dev-account 1',
  ],
  configure: (command) =>
    addKeyOptions(command.argument('<action>', ACTIONS.join(', ')))
      .requiredOption('--market <address>', 'InferenceMarket', address)
      .option('--request <id>', 'id of a request', wholeNumber(1, Number.MAX_SAFE_INTEGER))
      .option('--model <id>', 'post: model id', word)
      .option('--bundle <folder>', 'post: the model’s bundle, which quantizes --input')
      .option('--input <file>', 'post: one row, as for prove')
      .option('--salt <file>', 'post: salt of a committed input, as for prove')
      .option('--bounty <ether>', 'post: what is paid', ether)
      .option('--minutes <n>', 'post: how long the request stands', wholeNumber(1, 525_600), 60)
      .option('--proof <file>', 'fulfil: proof file')
      .option('--agent <address>', 'show, fulfil: whom the proof is for; the signer where left out', address),
  run: async ([action], options, reporter) => {
    switch (action as (typeof ACTIONS)[number]) {
      case 'list':
        return listRequests(options);
      case 'show':
        return showRequest(options);
      case 'post':
      case 'lock':
      case 'fulfil':
      case 'cancel':
      case 'withdraw':
        reporter.step(String(action));
        return change(action as string, options);
      default:
        throw unknownAction(action, ACTIONS);
    }
  },
};

async function change(action: string, options: Options): Promise<CommandResult> {
  const { MarketClient } = await import('../../chain/client/market-client.js');
  return withSigner(options, async (_connection, signer) => {
    const confirmations = options.confirmations as number;
    const market = new MarketClient(signer, options.market as string, { confirmations });
    if (action === 'post') return post(market, options);
    if (action === 'withdraw') {
      const amount = await market.balanceOf(await signer.getAddress());
      return describeMined(await market.withdraw(), { amountWei: String(amount) }, `withdrew ${amount} wei`);
    }
    const id = needRequest(options);
    if (action === 'lock') return describeMined(await market.lock(id), { id: Number(id) }, `locked request ${id}`);
    if (action === 'cancel')
      return describeMined(await market.cancel(id), { id: Number(id) }, `cancelled request ${id}`);
    const proofPath = need(options, 'proof', 'fulfil');
    const { fulfilRequest } = await import('../../chain/commands/market.js');
    const agent = (options.agent as string | undefined) ?? (await signer.getAddress());
    const mined = await fulfilRequest(signer, { market: market.address, id, proofPath, agent, confirmations });
    return describeMined(mined, { id: Number(id), agent }, `fulfilled request ${id} for ${agent}`);
  });
}

async function post(
  market: InstanceType<typeof import('../../chain/client/market-client.js').MarketClient>,
  options: Options,
): Promise<CommandResult> {
  const bounty = options.bounty as bigint | undefined;
  if (bounty === undefined) throw usage('post needs --bounty ETHER', 'add --help for examples');
  const modelId = need(options, 'model', 'post');
  const { encodeStatementInput } = await import('../../pipeline/statement-input.js');
  const { readSalt } = await import('../binding-options.js');
  const input = await encodeStatementInput(
    need(options, 'bundle', 'post'),
    need(options, 'input', 'post'),
    await readSalt(options.salt as string | undefined),
  );
  const block = await market.runner.provider?.getBlock('latest');
  const deadline = (block?.timestamp ?? Math.floor(Date.now() / 1000)) + 60 * (options.minutes as number);
  const { id, ...mined } = await market.post(modelId, input, deadline, bounty);
  return describeMined(mined, { id: Number(id), deadline }, `posted request ${id}`);
}

async function listRequests(options: Options): Promise<CommandResult> {
  const { MarketClient } = await import('../../chain/client/market-client.js');
  return withConnection(options, async ({ provider }) => {
    const requests = await new MarketClient(provider, options.market as string).listRequests();
    const rows = requests.map((request) => {
      const { id, status, bounty, deadline, modelId } = request;
      return [String(id), status, `${bounty} wei`, new Date(deadline * 1000).toISOString(), modelId];
    });
    return {
      text:
        requests.length === 0 ? ['no requests'] : formatTable([['id', 'status', 'bounty', 'until', 'model'], ...rows]),
      json: { requests: requests.map(toJson) },
    };
  });
}

async function showRequest(options: Options): Promise<CommandResult> {
  const { describeTask } = await import('../../chain/commands/market.js');
  const agent = need(options, 'agent', 'show');
  return withConnection(options, async ({ provider }) => {
    const { request, ...task } = await describeTask(provider, {
      market: options.market as string,
      id: needRequest(options),
      agent,
    });
    return {
      text: [
        `request ${request.id}: ${request.status}, ${request.bounty} wei until ${new Date(request.deadline * 1000).toISOString()}`,
        `input bytes ${task.input}`,
        `prove with ${task.proveWith}`,
      ],
      json: { ...toJson(request), ...task },
    };
  });
}

function toJson(request: MarketRequest): Record<string, unknown> {
  return { ...request, id: Number(request.id), bounty: String(request.bounty) };
}

function describeMined(mined: Mined, json: Record<string, unknown>, line: string): CommandResult {
  const { transactionHash, gasUsed } = mined;
  return {
    text: [line, `transaction ${transactionHash}, ${gasUsed.toLocaleString('en-US')} gas`],
    json: { ...json, transactionHash, gasUsed: Number(gasUsed) },
  };
}

function need(options: Options, name: string, action: string): string {
  const value = options[name] as string | undefined;
  if (value === undefined) throw usage(`${action} needs --${name}`, 'add --help for examples');
  return value;
}

function needRequest(options: Options): bigint {
  if (options.request === undefined) throw usage('--request ID is needed', 'zkinfer market list shows the ids');
  return BigInt(options.request as number);
}
