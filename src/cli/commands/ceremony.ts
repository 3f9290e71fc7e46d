import { createInterface } from 'node:readline/promises';
import type { CommandResult, CommandSpec } from '../command.js';
import { formatTable } from '../format.js';
import { wholeNumber } from '../options.js';
import { unknownAction, usage } from '../usage.js';

type Options = Readonly<Record<string, unknown>>;

const ACTIONS = ['start', 'contribute', 'beacon', 'verify', 'finish'] as const;

function need(options: Options, name: string, action: string): string {
  const given = options[name];
  if (typeof given === 'string') return given;
  throw usage(`ceremony ${action} needs --${name}`);
}

/** Text that the contributor types; nothing where nobody is there to type, as the system's randomness is used anyway. */
async function askEntropy(): Promise<string> {
  if (!process.stdin.isTTY) return '';
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await prompt.question('Type some random text, then Enter (it is mixed with the randomness of the system): ');
  } finally {
    prompt.close();
  }
}

export const ceremonyCommand: CommandSpec = {
  name: 'ceremony',
  summary: `Make production keys with others: ${ACTIONS.join(', ')}`,
  examples: [
    'zkinfer ceremony start ceremony --bundle artifacts/mnist --ptau powersOfTau28_hez_final_16.ptau',
    'zkinfer ceremony contribute ceremony --name "Ada"',
    'zkinfer ceremony beacon ceremony --name "block 21000000" --hash 0102…ef --iterations 10',
    'zkinfer ceremony verify ceremony --ptau powersOfTau28_hez_final_16.ptau',
    'zkinfer ceremony finish ceremony --bundle artifacts/mnist --ptau powersOfTau28_hez_final_16.ptau',
  ],
  configure: (command) =>
    command
      .argument('<action>', ACTIONS.join(', '))
      .argument('<folder>', 'folder of the ceremony, which participants pass on')
      .option('--bundle <folder>', 'start, finish: the bundle whose circuit it is')
      .option('--ptau <file>', 'start, verify, finish: prepared powers-of-tau file')
      .option('--name <name>', 'contribute, beacon: name in the transcript; public')
      .option('--hash <hex>', 'beacon: public randomness that nobody could know in advance')
      .option('--iterations <n>', 'beacon: it is hashed 2^n times', wholeNumber(10, 63), 10)
      .option('--pin <blake2b>', 'finish: trust a powers-of-tau file that is not a published one, by its digest'),
  run: async ([action, given], options, reporter) => {
    const folder = given as string;
    const ceremony = await import('../../pipeline/hold-ceremony.js');
    const onProgress = (stage: string) => reporter.step(stage);
    switch (action as (typeof ACTIONS)[number]) {
      case 'start': {
        const [bundle, ptauPath] = [need(options, 'bundle', 'start'), need(options, 'ptau', 'start')];
        return describeTranscript(await ceremony.beginCeremony({ folder, bundle, ptauPath, onProgress }));
      }
      case 'contribute': {
        const name = need(options, 'name', 'contribute');
        const entropy = await askEntropy();
        onProgress('adding a secret to the key, and forgetting it');
        return describeTranscript(await ceremony.addContribution(folder, name, entropy));
      }
      case 'beacon': {
        const [name, hash] = [need(options, 'name', 'beacon'), need(options, 'hash', 'beacon')];
        onProgress('adding public randomness to the key');
        return describeTranscript(await ceremony.addBeacon(folder, name, hash, options.iterations as number));
      }
      case 'verify':
        return describeReport(await ceremony.replayCeremony(folder, need(options, 'ptau', 'verify'), onProgress));
      case 'finish': {
        const [bundle, ptauPath] = [need(options, 'bundle', 'finish'), need(options, 'ptau', 'finish')];
        const pinnedBlake2b = options.pin as string | undefined;
        return describeReport(await ceremony.endCeremony({ folder, bundle, ptauPath, pinnedBlake2b, onProgress }));
      }
      default:
        throw unknownAction(action, ACTIONS);
    }
  },
};

function describeTranscript(
  transcript: Awaited<ReturnType<typeof import('../../pipeline/hold-ceremony.js').beginCeremony>>,
): CommandResult {
  const steps = transcript.steps.map(({ kind, name, contributionHash }, i) => [
    String(i + 1),
    kind,
    name,
    contributionHash,
  ]);
  return {
    text: [
      `circuit ${transcript.circuitHash.slice(0, 32)}…, powers of tau 2^${transcript.ptau.power}`,
      ...formatTable([['step', 'kind', 'name', 'contribution hash'], ...steps]),
      'pass the folder on to the next participant',
    ],
    json: { ...transcript },
  };
}

function describeReport(
  report: Awaited<ReturnType<typeof import('../../pipeline/hold-ceremony.js').replayCeremony>>,
): CommandResult {
  const { valid, problems, independentContributions, endsWithBeacon, publishedPtau } = report;
  return {
    text: [
      valid ? 'valid: the key follows from constraints and powers of tau by these steps' : 'not valid:',
      ...problems.map((problem) => `  ${problem}`),
      `independent contributions: ${independentContributions}${endsWithBeacon ? ', ends with a beacon' : ''}`,
      `powers of tau: ${publishedPtau ?? 'not one of the published files'}`,
      ...(report.ptauContributions === 0 ? ['nobody contributed to the powers of tau: this is a rehearsal'] : []),
    ],
    json: { ...report },
    exitCode: valid ? 0 : 1,
  };
}
