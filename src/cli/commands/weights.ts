import type { CommandResult, CommandSpec } from '../command.js';
import { formatCount } from '../format.js';
import { unknownAction, usage } from '../usage.js';

type Options = Readonly<Record<string, unknown>>;

const ACTIONS = ['commit', 'verify'] as const;

function need(options: Options, name: 'qmodel' | 'out'): string {
  const given = options[name];
  if (typeof given === 'string') return given;
  throw usage(`weights commit needs --${name}`);
}

export const weightsCommand: CommandSpec = {
  name: 'weights',
  summary: `Private weights under one setup: ${ACTIONS.join(', ')}`,
  examples: [
    'zkinfer weights commit artifacts/mnist-architecture --qmodel mnist.qmodel.json -o artifacts/mnist',
    'zkinfer weights verify artifacts/mnist --architecture artifacts/mnist-architecture',
  ],
  configure: (command) =>
    command
      .argument('<action>', ACTIONS.join(', '))
      .argument('<bundle>', 'commit: the architecture, with keys; verify: the model')
      .option('--qmodel <file>', 'commit: the model, as quantize wrote it')
      .option(
        '-o, --out <folder>',
        'commit: bundle of the model to write; weights.secret.json in it stays with you, and is never overwritten',
      )
      .option('--architecture <bundle>', 'verify: the architecture that the model has to be of'),
  run: async ([action, given], options, reporter) => {
    const bundle = given as string;
    switch (action as (typeof ACTIONS)[number]) {
      case 'commit': {
        const { commitToWeights } = await import('../../pipeline/commit-weights.js');
        const report = await commitToWeights({
          architectureDir: bundle,
          qmodelPath: need(options, 'qmodel'),
          outDir: need(options, 'out'),
          onProgress: (stage) => reporter.step(stage),
        });
        return {
          text: [
            `model ${report.model}`,
            `weights in ${formatCount(report.packs)} field elements, public signals: ${report.publicSignals}`,
            ...(report.profile === 'dev' ? ['keys: dev (development: fit for tests, never for value)'] : []),
            `written: ${report.bundle}`,
            `keep to yourself: ${report.opening}`,
          ],
          json: { ...report },
        };
      }
      case 'verify': {
        const { verifyWeights } = await import('../../pipeline/verify-weights.js');
        return describeReport(await verifyWeights(bundle, options.architecture as string | undefined));
      }
      default:
        throw unknownAction(action, ACTIONS);
    }
  },
};

function describeReport(
  report: Awaited<ReturnType<typeof import('../../pipeline/verify-weights.js').verifyWeights>>,
): CommandResult {
  const { valid, problems, model, profile, contributions } = report;
  return {
    text: [
      valid ? `valid: the key stands for weights that somebody knows, model ${model}` : 'NOT VALID:',
      ...problems.map((problem) => `  ${problem}`),
      profile === 'production'
        ? `setup: ${contributions} independent contributions, by the manifest; zkinfer ceremony verify replays them`
        : 'setup: dev: whoever made the keys can prove anything, for any weights',
    ],
    json: { ...report },
    exitCode: valid ? 0 : 1,
  };
}
